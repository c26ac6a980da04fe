#include "cluster/computing/packed_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>

namespace troupe::cluster {

using messages::column;
using kind = messages::column::kind;

namespace {

// Values are taken for their bits: integers of the same size. What loops over
// them has neither branches nor calls, so that several are done at once.

template <class Value>
using bits_of = std::conditional_t<
  sizeof(Value) == 8, std::uint64_t,
  std::conditional_t<sizeof(Value) == 4, std::uint32_t, std::uint8_t>>;

template <class Value>
constexpr auto width = static_cast<unsigned>(8 * sizeof(Value));

constexpr auto widths = std::array{0U, 4U, 8U, 16U, 32U};

/// Calls `use` with the values, whatever they are; of texts with none.
template <class Use>
auto with_values(const column& of, Use use) {
  switch (of.type()) {
    case kind::doubles:
      return use(of.doubles());
    case kind::integers:
      return use(of.integers());
    case kind::counts:
      return use(of.counts());
    case kind::bytes:
      return use(of.bytes());
    default:
      return use(std::span<const std::uint8_t>{});
  }
}

/// How many bits signed distances from the first value take; after some that
/// take all bits of a value, the rest do not matter.
template <class Value>
unsigned distance_bits(std::span<const Value> values) {
  using bits = bits_of<Value>;
  constexpr auto stride = std::size_t{1'024};
  const auto first = std::bit_cast<bits>(values.front());
  auto all = bits{0};
  for (auto at = std::size_t{0};
       at < values.size() && std::bit_width(all) <= widths.back(); at += stride)
    for (const auto each :
         values.subspan(at, std::min(stride, values.size() - at))) {
      const auto distance
        = static_cast<bits>(std::bit_cast<bits>(each) - first);
      const auto sign = static_cast<bits>(0 - (distance >> (width<Value> - 1)));
      all |= static_cast<bits>(static_cast<bits>(distance << 1U) ^ sign);
    }
  return static_cast<unsigned>(std::bit_width(all));
}

template <class Value>
std::optional<packed_form> form_of(std::span<const Value> values) {
  if (values.empty())
    return std::nullopt;
  const auto needed = distance_bits(values);
  const auto bits = std::ranges::lower_bound(widths, needed);
  if (bits == widths.end() || *bits >= width<Value>)
    return std::nullopt;
  // The least that has so many bits; of none, the first itself.
  const auto below = (std::uint64_t{1} << *bits) / 2;
  const auto first = std::bit_cast<bits_of<Value>>(values.front());
  return packed_form{*bits, static_cast<bits_of<Value>>(first - below)};
}

template <class Narrow, class Value>
void pack(std::span<const Value> values, std::uint64_t base, char* to) {
  auto* const narrow = reinterpret_cast<Narrow*>(to);
  const auto least = static_cast<bits_of<Value>>(base);
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    narrow[at]
      = static_cast<Narrow>(std::bit_cast<bits_of<Value>>(values[at]) - least);
}

/// Two in a byte, the first of them low.
template <class Value>
void pack_halves(std::span<const Value> values, std::uint64_t base, char* to) {
  auto* const pairs = reinterpret_cast<std::uint8_t*>(to);
  const auto least = static_cast<std::uint8_t>(base);
  const auto half = [&](std::size_t at) {
    return static_cast<std::uint8_t>(
      static_cast<std::uint8_t>(std::bit_cast<bits_of<Value>>(values[at]))
      - least);
  };
  const auto count = values.size() / 2;
  for (auto at = std::size_t{0}; at < count; ++at)
    pairs[at]
      = static_cast<std::uint8_t>(half(2 * at) | half(2 * at + 1) << 4U);
  if (values.size() % 2 != 0)
    pairs[count] = half(values.size() - 1);
}

template <class Value>
void pack(std::span<const Value> values, const packed_form& form, char* to) {
  switch (form.bits) {
    case 0:
      return;
    case 4:
      return pack_halves(values, form.base, to);
    case 8:
      return pack<std::uint8_t>(values, form.base, to);
    case 16:
      return pack<std::uint16_t>(values, form.base, to);
    default:
      return pack<std::uint32_t>(values, form.base, to);
  }
}

template <class Value>
Value value_at(bits_of<Value> base, bits_of<Value> distance) {
  return std::bit_cast<Value>(static_cast<bits_of<Value>>(base + distance));
}

template <class Narrow, class Value>
void unpack(std::string_view bytes, bits_of<Value> base,
            std::span<Value> values) {
  const auto* const narrow = reinterpret_cast<const Narrow*>(bytes.data());
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    values[at] = value_at<Value>(base, static_cast<bits_of<Value>>(narrow[at]));
}

template <class Value>
void unpack_halves(std::string_view bytes, bits_of<Value> base,
                   std::span<Value> values) {
  const auto* const pairs = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto count = values.size() / 2;
  for (auto at = std::size_t{0}; at < count; ++at) {
    values[2 * at] = value_at<Value>(base, pairs[at] & 0xfU);
    values[2 * at + 1] = value_at<Value>(base, pairs[at] >> 4U);
  }
  if (values.size() % 2 != 0)
    values.back() = value_at<Value>(base, pairs[count] & 0xfU);
}

template <class Value>
column unpack(std::size_t count, const packed_form& form,
              std::string_view bytes) {
  const auto owner = std::make_shared_for_overwrite<Value[]>(count);
  const auto values = std::span<Value>{owner.get(), count};
  const auto base = static_cast<bits_of<Value>>(form.base);
  switch (form.bits) {
    case 0:
      std::ranges::fill(values, value_at<Value>(base, 0));
      break;
    case 4:
      unpack_halves(bytes, base, values);
      break;
    case 8:
      unpack<std::uint8_t>(bytes, base, values);
      break;
    case 16:
      unpack<std::uint16_t>(bytes, base, values);
      break;
    default:
      unpack<std::uint32_t>(bytes, base, values);
      break;
  }
  return column::borrow(std::span<const Value>{values}, owner);
}

unsigned width_of(kind type) {
  switch (type) {
    case kind::doubles:
    case kind::integers:
      return width<std::int64_t>;
    case kind::counts:
      return width<std::uint32_t>;
    case kind::bytes:
      return width<std::uint8_t>;
    default:
      return 0;
  }
}

} // namespace

std::optional<packed_form> find_form(const column& of) {
  return with_values(of, [](auto values) { return form_of(values); });
}

bool is_form_of(const packed_form& form, kind type) {
  return form.bits < width_of(type)
         && std::ranges::find(widths, form.bits) != widths.end();
}

std::size_t packed_bytes(const packed_form& form, std::size_t count) {
  // In this order, as the product may be too large.
  return form.bits == 4 ? count / 2 + count % 2 : form.bits / 8 * count;
}

void append_packed(std::string& to, const column& from,
                   const packed_form& form) {
  const auto begin = to.size();
  to.resize(begin + packed_bytes(form, from.size()));
  with_values(from,
              [&](auto values) { pack(values, form, to.data() + begin); });
}

column unpack(kind type, std::size_t count, const packed_form& form,
              std::string_view bytes) {
  switch (type) {
    case kind::doubles:
      return unpack<double>(count, form, bytes);
    case kind::integers:
      return unpack<std::int64_t>(count, form, bytes);
    case kind::counts:
      return unpack<std::uint32_t>(count, form, bytes);
    default:
      return unpack<std::uint8_t>(count, form, bytes);
  }
}

} // namespace troupe::cluster
