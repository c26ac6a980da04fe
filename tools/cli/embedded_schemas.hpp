#pragma once

#include <string_view>

namespace troupe::tools {

/// The files of tools/schema as they were when the program was built.
extern const std::string_view api_schema;
extern const std::string_view node_schema;
extern const std::string_view schedule_schema;
extern const std::string_view scenario_schema;
extern const std::string_view scoring_schema;
extern const std::string_view workflow_schema;

} // namespace troupe::tools
