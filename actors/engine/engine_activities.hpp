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
//              the step comes from one of these; its payload is true or false,
//              or an object with `approved`
//   workflow   with: {id: ID, inputs: {...}}          until that run is over

/// What such a task waits for. `now` is when it begins. A child's id is the
/// caller's to add. `invalid_input` with the key that is wrong.
[[nodiscard]] runtime::outcome<messages::TaskWaiting>
wait_of(const workflow& of, const task_key& task, const nlohmann::json& input,
        instant now);

/// It waits for a signal, be it an approval.
[[nodiscard]] bool waits_for_signal(const task_work& work) noexcept;

/// Whether whoever waits for a signal of this name accepts it from its sender.
[[nodiscard]] bool may_take(const task_work& waiting,
                            const messages::SignalReceived& signal);

/// What a signal means to whoever waited for it.
struct signal_answer {
  /// The payload; of an approval {approved, by, payload}.
  nlohmann::json output;
  std::optional<messages::TaskError> rejection;
};

[[nodiscard]] signal_answer answer_of(const task_work& waiting,
                                      const messages::SignalReceived& signal);

} // namespace troupe::engine
