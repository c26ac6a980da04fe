#pragma once

#include "actors/engine/engine.hpp"
#include "cluster/node/node_steward.hpp"
#include "cluster/transport/node_exchange.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>

namespace troupe::cluster {

/// Time to ask the engine for its epoch. Never leaves the process.
struct ask_epoch {};

/// Opens the desk of an engine once that has its epoch, tells the steward, and
/// lives as long as the desk. The leadership has an epoch of its own.
using hosting_opener_actor = caf::typed_actor<caf::reacts_to<ask_epoch>>;

[[nodiscard]] hosting_opener_actor spawn_hosting_opener(
  caf::actor_system& system, const engine::engine_actor& engine,
  const node_exchange_actor& exchange, const node_steward_actor& steward,
  std::uint64_t leadership_epoch);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::ask_epoch)
