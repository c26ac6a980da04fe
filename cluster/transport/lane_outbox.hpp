#pragma once

#include "cluster/transport/link_frame.hpp"
#include "cluster/transport/link_limits.hpp"
#include "cluster/transport/link_output.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace troupe::cluster {

/// An envelope as it is sent: the sizes of its parts, the part without the
/// body, the body.
struct encoded_envelope {
  std::string head;
  std::shared_ptr<const std::string> body;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return head.size() + body->size();
  }
};

/// `head` holds two numbers of 32 bits, the lengths of the envelope without its
/// body and of the body, and the former.
[[nodiscard]] encoded_envelope encode_envelope(messages::Envelope envelope);

/// What an envelope takes of the window of its lane.
[[nodiscard]] constexpr std::size_t window_share(std::size_t bytes) noexcept {
  return bytes + envelope_overhead_bytes;
}

/// What waits to be sent over one link: two lanes, cut into chunks, of which
/// the urgent ones go first, and each within the window that the other end
/// grants. Pure: no sockets, no locks.
class lane_outbox {
public:
  /// Bytes that may wait, per lane.
  explicit lane_outbox(lane_sizes queue_bytes_max) noexcept
    : queue_bytes_max_{queue_bytes_max} {}

  /// False: too much waits in the lane, nothing was done. An empty lane takes
  /// anything.
  [[nodiscard]] bool push(link_lane lane, encoded_envelope envelope);

  /// The other end takes so many bytes more.
  void grant(link_lane lane, std::size_t bytes) noexcept;

  /// Whether `take` would append something.
  [[nodiscard]] bool is_ready() const noexcept;

  /// Appends whole chunks until `to` has `bytes_max` or nothing is ready.
  void take(link_output& to, std::size_t bytes_max);

  /// Bytes that wait in the lane.
  [[nodiscard]] std::size_t waiting(link_lane lane) const noexcept {
    return lanes_[index_of(lane)].waiting;
  }

  /// Whether less than half of what may wait in the lane does.
  [[nodiscard]] bool has_room(link_lane lane) const noexcept {
    return waiting(lane) <= queue_bytes_max_[index_of(lane)] / 2;
  }

private:
  struct lane_queue {
    std::deque<encoded_envelope> envelopes;
    std::size_t waiting = 0;
    std::size_t granted = 0;
    std::size_t sent = 0; ///< Of the first envelope.
  };

  [[nodiscard]] static bool is_ready(const lane_queue& lane) noexcept;
  static void take_chunk(lane_queue& lane, link_lane name, link_output& to);

  lane_sizes queue_bytes_max_;
  std::array<lane_queue, 2> lanes_;
};

} // namespace troupe::cluster
