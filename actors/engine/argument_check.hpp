#pragma once

#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/text_template.hpp"
#include "runtime/problem.hpp"

#include <vector>

namespace troupe::engine {

/// The same as `check_arguments` before a run: templates that are one
/// expression may become anything, other templates are texts.
[[nodiscard]] std::vector<runtime::problem>
check_written_arguments(const activity_spec& spec, const value_template& with);

} // namespace troupe::engine
