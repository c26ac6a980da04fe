#pragma once

#include "cluster/transport/transport.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::cluster {

/// What a link takes and sends. Everything is bounded.
struct link_limits {
  /// Longest envelope of the bulk lane; of the urgent one, a sixteenth of its
  /// window. At most half of `bulk_window_bytes`.
  std::size_t envelope_bytes_max = std::size_t{8} << 20;
  /// Bytes of a lane that may be under way without having been dealt with.
  std::size_t urgent_window_bytes = std::size_t{1} << 20;
  std::size_t bulk_window_bytes = std::size_t{32} << 20;
  /// Bytes that may wait to be sent, per lane; then `send` refuses.
  std::size_t urgent_queue_bytes_max = std::size_t{4} << 20;
  std::size_t bulk_queue_bytes_max = std::size_t{64} << 20;
  /// After so long without a byte from the other end it is asked for one.
  std::chrono::milliseconds ping_interval{2'000};
  /// After so long without a byte, or without one that it takes, it is gone.
  std::chrono::milliseconds silence_max{6'000};
  /// What whoever comes may take until its link is up.
  std::chrono::milliseconds greeting_max{5'000};
  /// Connections whose link is not up yet; one more pushes out the oldest.
  std::size_t greetings_max = 128;
  std::size_t links_max = 1'000;
  /// How often the certificates of those who are linked are held against the
  /// clock.
  std::chrono::milliseconds proof_interval{5'000};
};

/// One number per lane.
using lane_sizes = std::array<std::size_t, 2>;

[[nodiscard]] constexpr std::size_t index_of(link_lane lane) noexcept {
  return static_cast<std::size_t>(lane);
}

/// What an envelope counts beside its bytes, so that a window bounds also how
/// many there are.
inline constexpr auto envelope_overhead_bytes = std::size_t{128};

/// Longest encoding of an envelope without its body.
inline constexpr auto envelope_head_bytes_max = std::size_t{4} << 10;

} // namespace troupe::cluster
