#include "actors/scoring/item_chunk.hpp"

#include <xxhash.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace troupe::scoring {

messages::ItemChunk head_of(const runtime::record_chunk& chunk,
                            bool can_be_read_again) {
  auto head = messages::ItemChunk{};
  head.set_first_line(chunk.first_line);
  head.set_records(chunk.records);
  head.set_text_bytes(chunk.size);
  if (can_be_read_again)
    head.set_first_byte(chunk.first_byte);
  return head;
}

runtime::outcome<messages::column_block>
read_again(const runtime::byte_ranges& ranges,
           const messages::ItemChunk& chunk) {
  constexpr auto padding = runtime::record_chunk::padding_bytes;
  auto text = std::string(chunk.text_bytes() + padding, '\0');
  const auto size
    = ranges(chunk.first_byte(), std::span{text}.first(chunk.text_bytes()));
  if (!size)
    return runtime::fail(size.error());
  text.resize(*size + padding);
  return messages::column_block{{messages::column{std::move(text)}}};
}

std::uint64_t digest_of_text(const messages::column_block& block,
                             std::uint64_t size) {
  const auto bytes = block[0].bytes();
  return XXH3_64bits(bytes.data(), std::min<std::size_t>(size, bytes.size()));
}

} // namespace troupe::scoring
