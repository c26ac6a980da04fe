#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::runtime {

/// Which exits of a child call for a restart.
enum class restart_kind {
  permanent, ///< Every exit.
  transient, ///< Only an exit with an error.
  temporary, ///< None.
};

/// Who else is restarted with a failed child.
enum class restart_strategy { one_for_one, one_for_all, rest_for_one };

/// How a child is started, restarted and stopped. Plain data (Erlang/OTP's
/// child specification).
struct child_spec {
  std::string id;
  /// Spawns a fresh instance. Called on the supervisor's thread: must not
  /// block.
  std::function<caf::actor(caf::actor_system&)> start;
  restart_kind restart = restart_kind::permanent;
  /// How long the child may take to stop before it is killed.
  std::chrono::milliseconds shutdown{5'000};
};

struct supervisor_options {
  std::string name;
  restart_strategy strategy = restart_strategy::one_for_one;
  /// More restarts than this within `period` stop the supervisor with
  /// `supervision_error::intensity_exceeded`, so that its own supervisor acts.
  std::uint32_t restarts_max = 3;
  std::chrono::milliseconds period{10'000};
  /// First delay before a restart; doubles up to `delay_max`, with full jitter.
  std::chrono::milliseconds delay_initial{10};
  std::chrono::milliseconds delay_max{5'000};
  /// Seed of the jitter.
  std::uint64_t seed = 1;
};

} // namespace troupe::runtime
