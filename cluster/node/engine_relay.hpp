#pragma once

#include "actors/engine/engine_desk.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace troupe::cluster {

/// Where nodes ask the engine of the one that leads.
inline constexpr auto engine_target = "engine";

/// The engine runs on this node, below `root`.
struct engine_is_here {
  runtime::supervisor_actor root;
};

/// It does not, or no more.
struct engine_is_gone {};

/// Who leads, as far as is known; empty: nobody.
struct leader_is {
  std::string node;
};

/// Nobody waits for the answers to that asker any more.
struct asker_left {
  engine::asker_id who = 0;
};

/// Takes questions to the engine to whichever node has it: those of programs on
/// this machine, and those of other nodes while it is here. While nobody leads
/// they wait; whoever waits for the end of a run is not told of a change of the
/// leader.
using engine_relay_actor
  = engine::engine_desk_actor::extend_with<link_watcher_actor>::extend<
    // From the exchange, for `engine_target`: an EngineCall; the answer is an
    // EngineAnswer. `conflict` while the engine is not here.
    caf::replies_to<node_question>::with<node_answer>,
    caf::reacts_to<engine_is_here>, caf::reacts_to<engine_is_gone>,
    caf::reacts_to<leader_is>, caf::reacts_to<asker_left>>;

struct engine_relay_options {
  std::string self; ///< The name of this node.
  node_exchange_actor exchange;
  /// Takes the answers to questions of this machine.
  engine::desk_answers answers;
  /// Gets the questions of this machine that are about the cluster, and answers
  /// them itself.
  engine::engine_desk_actor cluster;
  /// How long a question may wait for a leader.
  std::chrono::milliseconds patience{10'000};
  /// How long the leader may take to answer.
  std::chrono::milliseconds call_timeout{25'000};
  /// Questions that wait, and that are under way; more are refused. Counted
  /// apart: those for ends of runs stay for as long as the runs, also when
  /// nobody waits any more, and must not keep out the others.
  std::size_t questions_max = 10'000;
  std::size_t awaits_max = 5'000;
};

/// Serves `engine_target` at the exchange.
[[nodiscard]] engine_relay_actor
spawn_engine_relay(caf::actor_system& system, engine_relay_options options);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::engine_is_here)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::engine_is_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::leader_is)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::asker_left)
