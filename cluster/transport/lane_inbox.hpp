#pragma once

#include "cluster/transport/link_frame.hpp"
#include "cluster/transport/link_limits.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// An envelope that has arrived whole, and its share of the window.
struct arrived_envelope {
  messages::Envelope envelope;
  std::size_t share = 0;
};

/// Puts the chunks of one link together, at most one envelope per lane at a
/// time, and holds the other end to the windows it was granted. Pure.
class lane_inbox {
public:
  explicit lane_inbox(const link_limits& limits) noexcept;

  /// The envelope, once the chunk is its last. `invalid_input` for what an
  /// honest node does not send: end the link.
  [[nodiscard]] runtime::outcome<std::optional<arrived_envelope>>
  add(const frame_header& header, std::string_view payload);

  /// So many bytes were dealt with, and the other end is told.
  void give_back(link_lane lane, std::size_t bytes) noexcept;

  /// Longest envelope, with its head, of that lane.
  [[nodiscard]] std::size_t envelope_bytes_max(link_lane lane) const noexcept {
    return envelope_bytes_max_[index_of(lane)];
  }

private:
  struct partial {
    bool is_open = false;
    std::size_t head_bytes = 0;
    std::size_t body_bytes = 0;
    std::string head;
    std::string body;
  };

  [[nodiscard]] runtime::outcome<void> begin(partial& envelope, link_lane lane,
                                             std::string_view& payload);

  lane_sizes windows_;
  lane_sizes envelope_bytes_max_;
  lane_sizes used_{};
  std::array<partial, 2> partials_;
};

} // namespace troupe::cluster
