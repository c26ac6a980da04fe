#pragma once

#include "messages/protobuf_messages.hpp"
#include "runtime/supervision/restart_policy.hpp"
#include "runtime/supervision/supervision_error.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Keeps its children running, and stops them in order. An exit message with
/// any reason but `kill` is the same as `StopTree`.
using supervisor_actor = caf::typed_actor<
  // Shows the supervisor, its children and their subtrees.
  caf::replies_to<messages::GetTree>::with<messages::Tree>,
  // Hands out the running instance of a child, for `child_handle`. Never keep
  // it longer than it takes to use it: ask again after an error. Errors:
  // `not_found`, `unavailable` while the child is not running.
  caf::replies_to<messages::GetChild>::with<caf::actor>,
  // Stops the children in reverse order, then the supervisor. Answered when all
  // have ended.
  caf::replies_to<messages::StopTree>::with<messages::TreeStopped>>;

/// What a child is, for the display of the tree.
enum class child_kind {
  worker,
  supervisor, ///< Answers `GetTree` for its subtree.
};

/// How a child is started, restarted and stopped. Plain data (Erlang/OTP's
/// child specification).
struct child_spec {
  /// Unique among its siblings.
  std::string id;
  /// Spawns a fresh instance. Called on the supervisor's thread: must not
  /// block. May throw; that counts as a crash of the child.
  std::function<caf::actor(caf::actor_system&)> start;
  restart_kind restart = restart_kind::permanent;
  /// How long the child may take to stop before it is killed.
  std::chrono::milliseconds shutdown{5'000};
  child_kind kind = child_kind::worker;
};

struct supervisor_options {
  std::string name;
  restart_strategy strategy = restart_strategy::one_for_one;
  /// More restarts than `intensity.restarts_max` within `intensity.period`
  /// stop the supervisor with `supervision_error::intensity_exceeded`, so that
  /// its own supervisor acts.
  restart_intensity_limits intensity;
  restart_delay_limits delay;
  /// Seed of the jitter.
  std::uint64_t seed = 1;
};

/// Starts the children from left to right, each as soon as its left neighbour
/// is spawned. Ids must be unique and `start` must be set.
[[nodiscard]] supervisor_actor
spawn_supervisor(caf::actor_system& system, supervisor_options options,
                 std::vector<child_spec> children);

/// A supervisor as the child of another one. It may take as long to stop as its
/// children together.
[[nodiscard]] child_spec supervisor_child(supervisor_options options,
                                          std::vector<child_spec> children);

/// A start function for a spawner of a typed actor.
template <class Spawn>
[[nodiscard]] std::function<caf::actor(caf::actor_system&)>
start_function(Spawn spawn) {
  return [spawn = std::move(spawn)](caf::actor_system& system) {
    return caf::actor_cast<caf::actor>(spawn(system));
  };
}

/// The typed handle in a reply to `GetChild`. The caller knows the type from
/// the child's id; a wrong one surfaces as `unexpected_message`.
template <class Handle>
[[nodiscard]] Handle child_handle(const caf::actor& child) {
  return caf::actor_cast<Handle>(child);
}

} // namespace troupe::runtime
