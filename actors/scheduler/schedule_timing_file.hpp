#pragma once

#include "actors/scheduler/cron_expression.hpp"
#include "actors/scheduler/instant.hpp"
#include "actors/scheduler/schedule_definition.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"
#include "runtime/time_zone.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace troupe::scheduler {

/// Takes the keys that say when a schedule is due (cron, every with anchor,
/// frequency with at and days, once) from `in`, the reader of `root`. Exactly
/// one of these ways must be there; what is wrong goes to `problems`.
[[nodiscard]] schedule_timing read_schedule_timing(
  const runtime::yaml_value& root, runtime::mapping_reader& in,
  const runtime::time_zone& zone, std::vector<runtime::problem>& problems);

/// Getters for a `mapping_reader`.
[[nodiscard]] runtime::outcome<instant>
read_instant(const runtime::yaml_value& value);
[[nodiscard]] runtime::outcome<std::chrono::seconds>
read_time_of_day(const runtime::yaml_value& value);
[[nodiscard]] runtime::outcome<runtime::time_zone>
read_zone(const runtime::yaml_value& value);

/// A list, or one value, as the field of a cron expression: [MON, WED] is
/// "MON,WED". Empty if something is wrong with it.
[[nodiscard]] std::string
read_cron_list(const runtime::yaml_value& value,
               std::vector<runtime::problem>& problems);

/// Parses an expression that was made of this value.
[[nodiscard]] runtime::outcome<cron_expression>
parse_cron_of(const runtime::yaml_value& value, std::string_view text);

} // namespace troupe::scheduler
