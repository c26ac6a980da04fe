#pragma once

#include "actors/engine/run_state.hpp"

#include <optional>
#include <string_view>

namespace troupe::engine {

// Activities that are no worker's business: the engine itself waits for time,
// for a signal or for another run.
//
//   sleep      with: {for: 5m}                        until that has passed
//   signal     with: {name: NAME}                     until such a signal comes
//   approval   with: {roles: [ROLE, ...]}             until a signal named like
//              the step comes; its payload says {"approved": true} or false
//   workflow   with: {id: ID, inputs: {...}}          until that run is over

[[nodiscard]] bool is_of_engine(std::string_view activity) noexcept;

/// What such a task waits for. `now` is when it begins. A child's id is the
/// caller's to add. `invalid_input` with the key that is wrong.
[[nodiscard]] runtime::outcome<messages::TaskWaiting>
wait_of(const workflow& of, const task_key& task, const nlohmann::json& input,
        instant now);

/// What a signal means to whoever waited for it.
struct signal_answer {
  nlohmann::json output; ///< The payload, for an approval with `by`.
  std::optional<messages::TaskError> rejection;
};

[[nodiscard]] signal_answer answer_of(const task_work& waiting,
                                      const messages::SignalReceived& signal);

} // namespace troupe::engine
