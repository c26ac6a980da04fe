#pragma once

#include "actors/engine/workflow.hpp"
#include "actors/engine/workflow_check.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// A workflow, or all that is wrong with it in order of the file: at least one
/// problem, at most `workflow_bounds::problems_max` and one that counts the
/// rest.
using workflow_reading = tl::expected<workflow, std::vector<runtime::problem>>;

/// Reads a workflow from YAML or JSON. `file` appears in problems only.
[[nodiscard]] workflow_reading
parse_workflow(std::string_view text, const std::string& file,
               const workflow_surroundings& surroundings = {});

/// The same from a file.
[[nodiscard]] workflow_reading
read_workflow(const std::string& path,
              const workflow_surroundings& surroundings = {});

/// The one version of files there is.
inline constexpr auto workflow_version = std::string_view{"troupe/v1"};

} // namespace troupe::engine
