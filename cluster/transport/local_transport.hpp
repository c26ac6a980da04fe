#pragma once

#include "cluster/transport/link_limits.hpp"
#include "cluster/transport/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe::cluster {

/// Joins the nodes of one process: the transport of local mode, and of tests
/// without sockets. Events come one at a time, in the order of their causes.
class local_network {
public:
  /// Who calls the events.
  enum class delivery : std::uint8_t {
    on_own_thread,
    by_hand, ///< Whoever calls `deliver`.
  };

  explicit local_network(delivery by);
  local_network(const local_network&) = delete;
  local_network& operator=(const local_network&) = delete;

  /// All transports have to be gone.
  ~local_network();

  /// A node that listens at `host`:`port`, whatever these mean, once it is told
  /// to; port 0 becomes one of its own. Same promises as over sockets.
  [[nodiscard]] std::unique_ptr<transport>
  join(node_identity self, transport_events events, link_limits limits = {});

  /// Calls all events that are due, and those that they cause. How many; only
  /// by hand.
  std::size_t deliver();

private:
  struct shared_state;
  class local_transport;

  std::shared_ptr<shared_state> state_;
};

} // namespace troupe::cluster
