// Compiled once for each set of vector instructions; hwy/foreach_target.h
// includes this file again for every one of them.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "runtime/tabular/record_scan.cpp"
#include "runtime/tabular/record_scan.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <bit>

HWY_BEFORE_NAMESPACE();

namespace troupe::runtime {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<std::uint8_t, 64> bytes_tag;
using byte_vector = hn::Vec<decltype(bytes_tag)>;

constexpr std::size_t block_bytes = 64;

/// Bit i tells whether byte i of the block equals `wanted`.
HWY_INLINE std::uint64_t equal_bits(const std::uint8_t* block,
                                    std::uint8_t wanted) {
  const auto pattern = hn::Set(bytes_tag, wanted);
  auto bits = std::uint64_t{0};
  for (std::size_t i = 0; i < block_bytes; i += hn::Lanes(bytes_tag)) {
    const auto found = hn::Eq(hn::LoadU(bytes_tag, block + i), pattern);
    auto part = std::uint64_t{0};
    hn::StoreMaskBits(bytes_tag, found, reinterpret_cast<std::uint8_t*>(&part));
    bits |= part << i;
  }
  return bits;
}

/// Bit i becomes the parity of bits 0 to i.
HWY_INLINE std::uint64_t prefix_parity(std::uint64_t bits) {
  for (auto shift = 1U; shift < 64; shift *= 2)
    bits ^= bits << shift;
  return bits;
}

HWY_INLINE void note_bytes(const std::uint8_t* block, byte_vector& smallest,
                           byte_vector& united) {
  for (std::size_t i = 0; i < block_bytes; i += hn::Lanes(bytes_tag)) {
    const auto bytes = hn::LoadU(bytes_tag, block + i);
    smallest = hn::Min(smallest, bytes);
    united = hn::Or(united, bytes);
  }
}

HWY_INLINE unsigned seen_bits(byte_vector smallest, byte_vector united) {
  auto seen = 0U;
  if (!hn::AllFalse(bytes_tag, hn::Eq(smallest, hn::Zero(bytes_tag))))
    seen |= seen_nul;
  const auto high = hn::And(united, hn::Set(bytes_tag, 0x80));
  if (!hn::AllFalse(bytes_tag, hn::Ne(high, hn::Zero(bytes_tag))))
    seen |= seen_non_ascii;
  return seen;
}

/// Scans whole blocks, up to the one that holds record end `records_max`.
void scan_blocks(std::string_view text, record_format format,
                 std::size_t records_max, scan_state& state) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto has_quotes = format == record_format::csv;
  auto smallest = hn::Set(bytes_tag, 0xFF);
  auto united = hn::Zero(bytes_tag);
  auto next = state;
  while (text.size() - next.at >= block_bytes) {
    const auto* block = bytes + next.at;
    const auto line_feeds = equal_bits(block, '\n');
    const auto quotes = has_quotes ? equal_bits(block, '"') : 0;
    auto inside = next.in_quotes ? ~std::uint64_t{0} : std::uint64_t{0};
    if (quotes != 0)
      inside ^= prefix_parity(quotes);
    const auto ends = line_feeds & ~inside;
    const auto end_count = static_cast<std::size_t>(std::popcount(ends));
    if (end_count >= records_max - next.records)
      break;
    note_bytes(block, smallest, united);
    if (ends != 0) {
      const auto top = static_cast<unsigned>(63 - std::countl_zero(ends));
      next.end = next.at + top + 1;
      next.lines
        = next.lines_at
          + static_cast<std::size_t>(std::popcount(line_feeds << (63 - top)));
    }
    next.records += end_count;
    next.lines_at += static_cast<std::size_t>(std::popcount(line_feeds));
    next.in_quotes = (inside >> 63U) != 0;
    next.at += block_bytes;
  }
  next.seen |= seen_bits(smallest, united);
  state = next;
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace troupe::runtime

HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace troupe::runtime {

HWY_EXPORT(scan_blocks);

void scan_records(std::string_view text, record_format format,
                  std::size_t records_max, scan_state& state) {
  if (state.records < records_max)
    HWY_DYNAMIC_DISPATCH(scan_blocks)(text, format, records_max, state);
  scan_records_plain(text, format, records_max, state);
}

void scan_records_plain(std::string_view text, record_format format,
                        std::size_t records_max, scan_state& state) {
  while (state.at < text.size() && state.records < records_max) {
    const auto byte = static_cast<unsigned char>(text[state.at]);
    ++state.at;
    if (byte == 0)
      state.seen |= seen_nul;
    if (byte >= 0x80)
      state.seen |= seen_non_ascii;
    if (byte == '"' && format == record_format::csv)
      state.in_quotes = !state.in_quotes;
    if (byte != '\n')
      continue;
    ++state.lines_at;
    if (state.in_quotes)
      continue;
    ++state.records;
    state.end = state.at;
    state.lines = state.lines_at;
  }
}

} // namespace troupe::runtime

#endif // HWY_ONCE
