#pragma once

#include "actors/engine/evaluation.hpp"
#include "actors/engine/run_state.hpp"

#include <memory>
#include <optional>
#include <string>

namespace troupe::engine {

/// What the expressions of a run see: its inputs, its steps as far as they got,
/// and, within a fan-out, the element. Refers to the run.
class run_scope final : public expression_context {
public:
  explicit run_scope(const run_state& run) : run_{run} {}

  /// With `item`, which must outlive the scope.
  run_scope(const run_state& run, const nlohmann::json& item)
    : run_{run}, item_{&item} {}

  [[nodiscard]] path_value find(const value_path& path) const override;

private:
  [[nodiscard]] path_value find_in_step(const value_path& path) const;

  const run_state& run_;
  const nlohmann::json* item_ = nullptr;
};

/// What a step's activity returned: of a fan-out the list, null for an element
/// without result. Nothing unless the step succeeded.
[[nodiscard]] std::optional<nlohmann::json> output_of(const run_state& run,
                                                      step_index step);

/// The elements of a step's fan-out, a list; computed once.
[[nodiscard]] runtime::outcome<std::shared_ptr<const nlohmann::json>>
elements_of(const run_state& run, step_index step);

/// What the activity of a task, or of its compensation, is given: an object.
[[nodiscard]] runtime::outcome<nlohmann::json> input_of(const run_state& run,
                                                        const task_key& task);

/// What the placement of a step comes to for one of its tasks, or for the
/// compensation of one; empty: nothing.
struct placement_texts {
  std::string data;
  std::string spread;
};

[[nodiscard]] runtime::outcome<placement_texts>
placement_of(const run_state& run, const task_key& task);

} // namespace troupe::engine
