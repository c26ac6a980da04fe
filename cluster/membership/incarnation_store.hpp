#pragma once

#include "runtime/problem.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>

namespace troupe::cluster {

/// To be kept before the node says it.
struct store_incarnation {
  std::uint64_t incarnation = 0;
};

struct incarnation_stored {};

/// Keeps the incarnation of the node where it survives everything.
using incarnation_store_actor = caf::typed_actor<
  // Answered once it is kept; the same number may come again.
  caf::replies_to<store_incarnation>::with<incarnation_stored>>;

/// On a thread of its own, as `write` may block (`write_incarnation`).
[[nodiscard]] incarnation_store_actor spawn_incarnation_store(
  caf::actor_system& system,
  std::function<runtime::outcome<void>(std::uint64_t)> write);

} // namespace troupe::cluster

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::store_incarnation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::cluster::incarnation_stored)
