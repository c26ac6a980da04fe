#pragma once

#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/workflow.hpp"
#include "runtime/problem.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// What is known where a workflow is checked. All of it must outlive the check.
struct workflow_surroundings {
  const activity_catalog* activities = &built_in_activities();
  /// Names of the guards there are; absent: not known here, any will do.
  std::optional<std::vector<std::string>> guards;
  /// Whether a time zone exists; empty: only its spelling is checked.
  std::function<bool(std::string_view)> zone_exists;
};

/// All that is wrong with a workflow beside its order: names, limits,
/// activities and their arguments, and every expression: what it refers to has
/// to be known when it is evaluated, and of a type that it can use. `key` says
/// where, for example "steps[3].with.url"; expressions have their own place.
/// Without an order, it is not asked whether a step comes before another.
[[nodiscard]] std::vector<runtime::problem>
check_workflow(const workflow& of, const workflow_surroundings& surroundings);

/// Whether a JSON value is of an input's type.
[[nodiscard]] bool has_type(const nlohmann::json& value, input_type type);

} // namespace troupe::engine
