#pragma once

#include "cluster/transport/transport.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// What a frame of a link is. The numbers are on the wire: append only.
enum class frame_kind : std::uint8_t {
  hello = 1, ///< LinkHello.
  accept = 2, ///< The hello of the other end was fine. No payload.
  refuse = 3, ///< It was not: why, as text. The link ends.
  chunk = 4, ///< A piece of an envelope.
  credit = 5, ///< So many bytes of a lane were dealt with: 8 bytes.
  ping = 6,
  pong = 7,
  goodbye = 8, ///< Why the link ends, as text.
};

inline constexpr auto frame_header_bytes = std::size_t{8};

/// Longest payload of a chunk. Short, so that what is urgent waits little.
inline constexpr auto chunk_bytes_max = std::size_t{64} << 10;

/// The eight bytes before each payload: its length (32 bits, lowest byte
/// first), kind, lane, whether it is the first (1) and the last (2) chunk of an
/// envelope, and a zero.
struct frame_header {
  std::uint32_t length = 0;
  frame_kind kind = frame_kind::ping;
  link_lane lane = link_lane::urgent;
  bool is_first = false;
  bool is_last = false;

  friend bool operator==(const frame_header&, const frame_header&) = default;
};

/// Where a link is in its life, which decides what may be said.
enum class link_phase : std::uint8_t { greeting, up };

/// Appends the header and leaves the payload to the caller.
void append_header(std::string& to, const frame_header& header);

/// Appends a whole frame; texts are cut to what is allowed.
void append_control(std::string& to, frame_kind kind,
                    std::string_view payload = {});

/// Reads eight bytes. `invalid_input` for what is no frame, too long for its
/// kind, or out of place in that phase: nothing is allocated for it.
[[nodiscard]] runtime::outcome<frame_header> read_header(const char* bytes,
                                                         link_phase phase);

/// 64 and 32 bits, lowest byte first.
void append_number(std::string& to, std::uint64_t number, std::size_t bytes);
[[nodiscard]] std::uint64_t read_number(const char* from, std::size_t bytes);

} // namespace troupe::cluster
