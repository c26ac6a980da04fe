#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// What a run would do with a step, as far as that shows before it.
enum class plan_decision : std::uint8_t {
  run,
  skip,
  unknown, ///< Depends on what other steps return.
};

[[nodiscard]] std::string_view to_text(plan_decision decision) noexcept;

struct planned_step {
  step_index step = 0;
  plan_decision decision = plan_decision::run;
  /// Why, as a sentence without a full stop.
  std::string reason;
  /// How often it runs; absent: depends on what other steps return.
  std::optional<std::size_t> repetitions;
};

/// What a run with certain inputs would do. Nothing is started or changed.
struct workflow_plan {
  /// As the run would see them: defaults filled in.
  nlohmann::json inputs;
  /// In the order of the workflow.
  std::vector<planned_step> steps;
  /// Of the runs that go at once; empty: no limit.
  std::string concurrency_key;
};

/// Decides on each step by what the inputs tell. The inputs have been checked.
/// A problem of a condition that the inputs alone decide is an error here as it
/// would be in the run.
[[nodiscard]] tl::expected<workflow_plan, std::vector<runtime::problem>>
plan_workflow(const workflow& of, nlohmann::json inputs);

/// The plan as JSON: {id, digest, inputs, concurrency?, timeout?, deadline?,
/// steps: [{id, layer, needs, activity, decision, reason, repetitions, ...}]}.
[[nodiscard]] nlohmann::ordered_json to_json(const workflow& of,
                                             const workflow_plan& plan);

} // namespace troupe::engine
