#pragma once

#include "cluster/transport/link_frame.hpp"
#include "cluster/transport/link_limits.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// An envelope that has arrived whole, and its share of the window.
struct arrived_envelope {
  messages::Envelope envelope;
  link_lane lane = link_lane::bulk;
  std::size_t share = 0;
};

/// Puts the chunks of one link together as their bytes come, at most one
/// envelope per lane at a time, and holds the other end to the windows it was
/// granted. Pure.
class lane_inbox {
public:
  explicit lane_inbox(const link_limits& limits) noexcept;

  /// A chunk, of which `payload` is there already. The envelope, once the chunk
  /// is whole and its last. `invalid_input` for what an honest node does not
  /// send: end the link.
  [[nodiscard]] runtime::outcome<std::optional<arrived_envelope>>
  add(const frame_header& header, std::string_view payload);

  /// Bytes of the last chunk that are still to come, before any other frame.
  [[nodiscard]] std::size_t missing() const noexcept {
    return missing_;
  }

  /// More of the last chunk, at most `missing()`.
  [[nodiscard]] runtime::outcome<std::optional<arrived_envelope>>
  go_on(std::string_view payload);

  /// Where what is missing belongs, so that it can be read to there; empty as
  /// long as it is not only of a body. Until the next call only.
  [[nodiscard]] std::span<char> room() noexcept;

  /// So many bytes of `room()` were filled.
  [[nodiscard]] runtime::outcome<std::optional<arrived_envelope>>
  filled(std::size_t bytes);

  /// Whether the last chunk ends its envelope.
  [[nodiscard]] bool is_last() const noexcept {
    return chunk_.is_last;
  }

  /// So many bytes were dealt with, and the other end is told.
  void give_back(link_lane lane, std::size_t bytes) noexcept;

  /// Longest envelope, with its head, of that lane.
  [[nodiscard]] std::size_t envelope_bytes_max(link_lane lane) const noexcept {
    return envelope_bytes_max_[index_of(lane)];
  }

private:
  struct partial {
    bool is_open = false;
    bool is_announced = false; ///< Both lengths are known.
    std::size_t head_bytes = 0; ///< With the lengths before it.
    std::size_t body_bytes = 0;
    std::string head;
    std::string body; ///< With room for the rest of the chunk.
    std::size_t body_filled = 0;
  };

  [[nodiscard]] runtime::outcome<void> announce(partial& envelope);
  [[nodiscard]] runtime::outcome<void> take_head(partial& envelope,
                                                 std::string_view& payload);
  [[nodiscard]] runtime::outcome<std::optional<arrived_envelope>>
  end_chunk(partial& envelope);
  [[nodiscard]] partial& current() noexcept {
    return partials_[index_of(chunk_.lane)];
  }

  frame_header chunk_; ///< The last one.
  std::size_t missing_ = 0;
  lane_sizes windows_;
  lane_sizes envelope_bytes_max_;
  lane_sizes used_{};
  std::array<partial, 2> partials_;
};

} // namespace troupe::cluster
