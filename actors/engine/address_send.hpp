#pragma once

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace troupe::engine {

/// Tells an actor something from any thread, if it still lives. By its address
/// alone: whoever keeps a handle keeps the actor alive.
template <class Message>
void send_to_address(const caf::actor_addr& address, Message message) {
  if (const auto handle = caf::actor_cast<caf::actor>(address))
    caf::anon_send(handle, std::move(message));
}

} // namespace troupe::engine
