#pragma once

#include "cluster/computing/kept_columns.hpp"
#include "cluster/transport/link_limits.hpp"
#include "messages/column_block.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::cluster {

// A message with a block as the body of an envelope:
//
//     version, bytes of the message, bytes of the layout, 0   4 bytes each
//     the session, 8 bytes; 0 in answers
//     the message, the layout (BlockLayout), zeros up to a multiple of 8
//     the columns, each followed by zeros up to a multiple of 8
//
// Numbers are little-endian. Columns are at places where they can be read as
// they are, so that writing copies each byte once and reading copies none; but
// for those that are much shorter as distances (packed_values.hpp).

/// Nodes that write it in another way do not understand each other.
inline constexpr auto block_frame_version = std::uint32_t{6};

/// What a link carries at most, as the body of one envelope.
inline constexpr auto block_frame_bytes_max
  = link_limits{}.envelope_bytes_max - envelope_head_bytes_max;

/// More are refused; no batch has so many.
inline constexpr auto block_frame_columns_max = std::size_t{1} << 16;

/// What packed columns of a frame take together when they are read; those
/// beyond are written as they are, and more is refused.
inline constexpr auto block_frame_unpacked_bytes_max
  = 4 * block_frame_bytes_max;

/// What a frame has. The message and the columns lie in the body, packed ones
/// aside.
struct block_frame {
  std::uint64_t session = 0;
  std::string_view message;
  messages::column_block block;
};

/// Columns that share their memory are written once; those that the session
/// keeps not at all, nor those of the same values as one that was `given`: what
/// the frame that this one answers has.
[[nodiscard]] std::string write_frame(std::uint64_t session,
                                      std::string_view message,
                                      const messages::column_block& block,
                                      const kept_columns& kept = {},
                                      const messages::column_block& given = {});

/// Whose it is, without looking further; 0: nobody's.
[[nodiscard]] std::uint64_t session_of_frame(std::string_view body);

/// `owner` keeps the body alive, and the columns keep `owner`. `invalid_input`
/// if the body contradicts itself; nothing in it is trusted.
[[nodiscard]] runtime::outcome<block_frame>
read_frame(std::string_view body, const std::shared_ptr<const void>& owner,
           const kept_columns& kept = {},
           const messages::column_block& given = {});

/// The message of a frame; `invalid_input` if it has none.
template <class Message>
[[nodiscard]] runtime::outcome<Message> message_of(const block_frame& frame) {
  auto message = Message{};
  if (!message.ParseFromArray(frame.message.data(),
                              static_cast<int>(frame.message.size())))
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "no " + Message::descriptor()->name()
                           + " is in a block of another node",
                         "run the same version on all nodes");
  return message;
}

} // namespace troupe::cluster
