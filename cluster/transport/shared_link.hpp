#pragma once

#include "cluster/transport/lane_outbox.hpp"
#include "cluster/transport/link_limits.hpp"
#include "cluster/transport/loop_signal.hpp"
#include "cluster/transport/transport.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace troupe::cluster {

/// The part of a link that threads share: those who send, those who give back
/// the room of what they received, and the one that owns the socket.
class shared_link : public std::enable_shared_from_this<shared_link> {
public:
  /// `hello` is that of the other end, `connection` the number to notify.
  shared_link(link_peer peer, const messages::LinkHello& hello,
              const node_identity& self, const link_limits& limits,
              std::shared_ptr<loop_signal> signal, std::uint64_t connection);

  [[nodiscard]] const link_peer& peer() const noexcept {
    return peer_;
  }

  /// As `transport::send`.
  [[nodiscard]] runtime::outcome<void> send(messages::Envelope envelope,
                                            link_lane lane);

  /// Something that gives back so many bytes of a lane when it is destroyed.
  [[nodiscard]] std::shared_ptr<const void> hold_room(link_lane lane,
                                                      std::size_t bytes);

  /// What `take` did besides appending.
  struct taken {
    lane_sizes credited{}; ///< Bytes that the other end was told of.
    bool is_empty = false; ///< Nothing is left; `notify` tells of more.
    bool has_room = false; ///< Somebody who was refused may send again.
  };

  /// Appends frames until `to` has `bytes_max` or nothing is ready. For the
  /// owner of the socket, as what follows.
  taken take(link_output& to, std::size_t bytes_max);

  /// The other end has dealt with so many bytes.
  void grant(link_lane lane, std::size_t bytes);

  /// From now on `send` says `not_found`.
  void close();

private:
  void give_back(link_lane lane, std::size_t bytes);
  [[nodiscard]] bool has_credit(std::size_t lane) const noexcept;

  link_peer peer_;
  node_identity self_;
  lane_sizes windows_;
  lane_sizes envelope_bytes_max_;
  std::shared_ptr<loop_signal> signal_;
  std::uint64_t connection_;

  std::mutex mutex_;
  lane_outbox outbox_;
  lane_sizes given_back_{}; // And not told yet.
  bool is_notified_ = false;
  bool is_closed_ = false;
  bool was_refused_ = false;
};

} // namespace troupe::cluster
