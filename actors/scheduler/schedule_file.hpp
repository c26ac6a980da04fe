#pragma once

#include "actors/scheduler/schedule_definition.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::scheduler {

/// A schedule, or all that is wrong with it in order of the file: at least one
/// problem, at most `runtime::problems_told_max` and one that counts the rest.
using schedule_reading
  = tl::expected<schedule_definition, std::vector<runtime::problem>>;

/// Reads a schedule from YAML or JSON. `file` appears in problems only. Time
/// zones are looked up on this machine.
[[nodiscard]] schedule_reading parse_schedule(std::string_view text,
                                              const std::string& file);

/// The same from a file.
[[nodiscard]] schedule_reading read_schedule(const std::string& path);

/// The one version of files there is.
inline constexpr auto schedule_version = std::string_view{"troupe/v1"};

} // namespace troupe::scheduler
