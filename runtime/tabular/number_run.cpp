// Compiled once for each set of vector instructions; hwy/foreach_target.h
// includes this file again for every one of them.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "runtime/tabular/number_run.cpp"
#include "runtime/tabular/number_run.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();

namespace troupe::runtime {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

const hn::CappedTag<std::uint8_t, 64> bytes_tag;

constexpr std::size_t block_bytes = 64;
constexpr std::size_t window_bytes = 8 * block_bytes;
constexpr auto digits_max = 7U;
constexpr auto powers_of_ten = std::array<std::uint64_t, digits_max + 1>{
  1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
constexpr auto exact_powers_of_ten
  = std::array<double, digits_max + 1>{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

struct block_bits {
  std::uint64_t others = 0; ///< No digits.
  std::uint64_t line_feeds = 0;
};

HWY_INLINE block_bits classify(const char* block) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(block);
  auto result = block_bits{};
  const auto bits = [](auto mask) {
    auto part = std::uint64_t{0};
    hn::StoreMaskBits(bytes_tag, mask, reinterpret_cast<std::uint8_t*>(&part));
    return part;
  };
  for (std::size_t i = 0; i < block_bytes; i += hn::Lanes(bytes_tag)) {
    const auto values = hn::LoadU(bytes_tag, bytes + i);
    const auto digits = hn::Sub(values, hn::Set(bytes_tag, '0'));
    result.others |= bits(hn::Gt(digits, hn::Set(bytes_tag, 9))) << i;
    result.line_feeds |= bits(hn::Eq(values, hn::Set(bytes_tag, '\n'))) << i;
  }
  return result;
}

/// Offsets of the bytes that are no digits, from a place on: known beforehand,
/// no field has to wait until the one before it is read.
class separators {
public:
  /// Looks at one window, less if a line or the text ends before.
  HWY_INLINE void find(const char* at, const char* end) {
    auto count = std::size_t{0};
    auto seen = std::size_t{0};
    const auto size = static_cast<std::size_t>(end - at);
    while (seen < window_bytes && seen < size) {
      const auto block = classify(at + seen);
      count = add(block.others, seen, count);
      seen += block_bytes;
      if (block.line_feeds != 0)
        break;
    }
    // A field that reaches up to here ends here, or its last byte is refused.
    for (auto i = 0; i < 3; ++i)
      offsets_[count++] = static_cast<std::uint16_t>(seen);
  }

  [[nodiscard]] HWY_INLINE std::uint32_t operator[](std::size_t index) const {
    return offsets_[index];
  }

private:
  HWY_INLINE std::size_t add(std::uint64_t bits, std::size_t base,
                             std::size_t count) {
    const auto total = count + static_cast<std::size_t>(std::popcount(bits));
    constexpr auto usual = 16; // Without a branch; what is too much is dropped.
    for (auto i = 0; i < usual; ++i)
      put(bits, base, count++);
    while (count < total)
      put(bits, base, count++);
    return total;
  }

  HWY_INLINE void put(std::uint64_t& bits, std::size_t base,
                      std::size_t index) {
    offsets_[index] = static_cast<std::uint16_t>(
      base + static_cast<std::size_t>(std::countr_zero(bits)));
    bits &= bits - 1;
  }

  std::array<std::uint16_t, window_bytes + 16 + 3> offsets_;
};

/// The value of 1 to 7 digits, all at once: Daniel Lemire, "Quickly parsing
/// eight digits" (2018), with leading zeros shifted in.
HWY_INLINE std::uint64_t digits_value(const char* at, unsigned count) {
  auto word = std::uint64_t{0};
  std::memcpy(&word, at, sizeof(word));
  word = (word - 0x3030303030303030U) << ((8 - count) * 8);
  word = word * 10 + (word >> 8U);
  return ((word & 0x000000FF000000FFU) * 0x000F424000000064U
          + ((word >> 16U) & 0x000000FF000000FFU) * 0x0000271000000001U)
         >> 32U;
}

number_run read_run(std::string_view text, std::size_t count,
                    double* const* targets, std::size_t row) {
  const auto* at = text.data();
  separators ends;
  ends.find(at, at + text.size());
  auto run = number_run{};
  auto next = std::size_t{0};
  auto begin = std::uint32_t{0};
  while (run.count < count) {
    const auto is_negative = at[begin] == '-';
    if (is_negative) {
      ++next;
      ++begin;
    }
    auto end = ends[next++];
    const auto whole = end - begin;
    if (whole - 1 >= digits_max)
      break;
    auto digits = digits_value(at + begin, whole);
    auto decimals = 0U;
    if (at[end] == '.') {
      const auto point = end;
      end = ends[next++];
      decimals = end - point - 1;
      if (decimals - 1 >= digits_max)
        break;
      digits = digits * powers_of_ten[decimals]
               + digits_value(at + point + 1, decimals);
    }
    if (at[end] != ',' && at[end] != '\n')
      break;
    // Digits and power are exact as doubles, so their quotient is the nearest
    // double: Clinger, "How to read floating point numbers accurately" (1990).
    const auto magnitude
      = static_cast<double>(static_cast<std::int64_t>(digits))
        / exact_powers_of_ten[decimals];
    targets[run.count++][row] = is_negative ? -magnitude : magnitude;
    run.size = end;
    if (at[end] != ',')
      break;
    begin = end + 1;
  }
  return run;
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace troupe::runtime

HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace troupe::runtime {

HWY_EXPORT(read_run);

number_run read_number_run(std::string_view text, std::size_t count,
                           double* const* targets, std::size_t row) {
  return HWY_DYNAMIC_DISPATCH(read_run)(text, count, targets, row);
}

} // namespace troupe::runtime

#endif // HWY_ONCE
