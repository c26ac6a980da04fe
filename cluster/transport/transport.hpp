#pragma once

#include "messages/cluster_link.pb.h"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::cluster {

/// Nodes that speak different versions do not talk to each other.
inline constexpr auto link_protocol_version = std::uint32_t{1};

struct node_credentials;

/// Who a node is.
struct node_identity {
  std::string name; ///< As in its certificate; see `is_node_name`.
  std::uint64_t incarnation = 0; ///< Grows with each start.
  std::string build; ///< Version of the program.

  friend bool operator==(const node_identity&, const node_identity&) = default;
};

/// Which end opened a link.
enum class link_origin : std::uint8_t { dialed, accepted };

/// The other end of a link that is up.
struct link_peer {
  node_identity node;
  std::uint32_t protocol_version = link_protocol_version;
  std::string address; ///< HOST:PORT of the other end, or "local".
  link_origin origin = link_origin::dialed;

  friend bool operator==(const link_peer&, const link_peer&) = default;
};

/// A link that did not come up.
struct link_refusal {
  /// The node that was dialed, or the name that whoever came has proved or, if
  /// there is none, claims; may be empty.
  std::string node;
  std::string address;
  std::string reason; ///< A sentence without a full stop.
  link_origin origin = link_origin::dialed;
  /// How many more of the kind came since the last that was told.
  std::uint64_t untold = 0;
};

/// A link that was up and is no more. Nothing that was sent over it and is
/// unanswered will be answered.
struct link_loss {
  node_identity node;
  std::string reason;
};

/// Envelopes of a lane arrive in the order in which they were sent. The urgent
/// lane overtakes the other after at most 128 kB of it.
enum class link_lane : std::uint8_t {
  urgent, ///< Beats, leases, answers that somebody waits for: small.
  bulk, ///< Work and its results.
};

/// An envelope, and the room that it takes until this is destroyed: keep it, or
/// at least `room`, until it is dealt with, so that the sender waits.
struct incoming_envelope {
  messages::Envelope envelope;
  link_lane lane = link_lane::bulk;
  std::shared_ptr<const void> room;
};

/// What a transport tells its owner, one call at a time, on a thread of its
/// own. Return soon, do not block, and do not destroy the transport in a call.
/// For one node `up` comes first, then `received` any number of times, then
/// `lost`. All have to be set.
struct transport_events {
  std::function<void(const link_peer&)> up;
  /// Always for a node that was dialed; for those who came, rate-limited.
  std::function<void(const link_refusal&)> refused;
  std::function<void(const link_loss&)> lost;
  std::function<void(incoming_envelope)> received;
  /// After `send` said "overloaded" there is room again for that node.
  std::function<void(const std::string& node)> room;
};

/// Links to other nodes. All functions may be called on any thread; events come
/// as long as the transport lives.
class transport {
public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  /// Lets other nodes in at a numeric address; port 0: any that is free. The
  /// port. `denied` where links have to be secured and are not, `unavailable`
  /// if the address is taken.
  [[nodiscard]] virtual runtime::outcome<std::uint16_t>
  listen(const std::string& host, std::uint16_t port) = 0;

  /// Begins to dial the node at that address, once. Its end is an event, `up`
  /// or `refused`, at the latest after `deadline`. `conflict` if there is a
  /// link or a dialing already, `denied` as for `listen`.
  [[nodiscard]] virtual runtime::outcome<void>
  connect(const std::string& node, const std::string& host, std::uint16_t port,
          std::chrono::milliseconds deadline)
    = 0;

  /// Sends at most once; the link sets version, sender and incarnation.
  /// `not_found` without a link to the node, `unavailable` when too much waits
  /// for it (then `room` follows), `invalid_input` when it is longer than the
  /// other end takes.
  [[nodiscard]] virtual runtime::outcome<void>
  send(const std::string& node, messages::Envelope envelope, link_lane lane)
    = 0;

  /// Ends the link to that node, if there is one; `lost` follows at both ends.
  virtual void disconnect(const std::string& node, const std::string& reason)
    = 0;

  /// What links prove from now on, and to whom. Those that are up stay, but for
  /// those to nodes that are revoked now. `invalid_input`, and nothing changes,
  /// when they are of another node, or nothing is proved here.
  [[nodiscard]] virtual runtime::outcome<void>
  use_credentials(const node_credentials& credentials) = 0;

  /// The links that are up, by name.
  [[nodiscard]] virtual std::vector<link_peer> links() const = 0;
};

} // namespace troupe::cluster
