#include "cluster/computing/packed_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::cluster {

using messages::column;
using kind = messages::column::kind;

namespace {

// Values are taken for their bits: integers of the same size. What loops over
// them has neither branches nor calls, so that several are done at once.

template <class Value>
using bits_of = std::conditional_t<
  sizeof(Value) == 8, std::uint64_t,
  std::conditional_t<
    sizeof(Value) == 4, std::uint32_t,
    std::conditional_t<sizeof(Value) == 2, std::uint16_t, std::uint8_t>>>;

template <class Value>
constexpr auto width = static_cast<unsigned>(8 * sizeof(Value));

constexpr auto widths = std::array{0U, 4U, 8U, 16U, 32U};

/// Where numbers of any size may lie.
constexpr auto place = std::size_t{8};

/// Of values that are listed, whoever they are.
using position = std::uint16_t;

std::size_t width_of(kind type) {
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

/// In this order, as the product may be too large.
std::size_t bytes_of(unsigned bits, std::size_t count) {
  return bits == 4 ? count / 2 + count % 2 : bits / 8 * count;
}

std::size_t list_bytes(const packed_form& form, kind type) {
  return (form.listed * (width_of(type) / 8) + place - 1) / place * place;
}

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
std::optional<packed_form> distances_of(std::span<const Value> values) {
  const auto needed = distance_bits(values);
  const auto bits = std::ranges::lower_bound(widths, needed);
  if (bits == widths.end() || *bits >= width<Value>)
    return std::nullopt;
  // The least that has so many bits; of none, the first itself.
  const auto below = (std::uint64_t{1} << *bits) / 2;
  const auto first = std::bit_cast<bits_of<Value>>(values.front());
  return packed_form{*bits, static_cast<bits_of<Value>>(first - below), 0,
                     false};
}

// -- writing -----------------------------------------------------------------

template <class Narrow, class Value>
void write_narrow(std::span<const Value> values, std::uint64_t base, char* to) {
  auto* const narrow = reinterpret_cast<Narrow*>(to);
  const auto least = static_cast<bits_of<Value>>(base);
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    narrow[at]
      = static_cast<Narrow>(std::bit_cast<bits_of<Value>>(values[at]) - least);
}

/// Two in a byte, the first of them low.
template <class Value>
void write_halves(std::span<const Value> values, std::uint64_t base, char* to) {
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
void write(std::span<const Value> values, unsigned bits, std::uint64_t base,
           char* to) {
  switch (bits) {
    case 0:
      return;
    case 4:
      return write_halves(values, base, to);
    case 8:
      return write_narrow<std::uint8_t>(values, base, to);
    case 16:
      return write_narrow<std::uint16_t>(values, base, to);
    default:
      return write_narrow<std::uint32_t>(values, base, to);
  }
}

constexpr auto listed_max = std::size_t{1'000};

/// Values that differ, in the order in which they come.
template <class Value>
class value_list {
public:
  /// Where they are in the list. False: more differ than `listed_end`.
  bool find(std::span<const Value> values, std::size_t listed_end,
            position* to) {
    for (auto at = std::size_t{0}; at < values.size(); ++at) {
      const auto value = std::bit_cast<bits>(values[at]);
      const auto slot = slot_of(value);
      // Nearly always: it was there before, and alone.
      if (count_ != 0 && listed_[slots_[slot]] == value) {
        to[at] = slots_[slot];
        continue;
      }
      const auto found = find_slowly(value, slot, listed_end);
      if (found == listed_end)
        return false;
      to[at] = static_cast<position>(found);
    }
    return true;
  }

  [[nodiscard]] std::span<const bits_of<Value>> listed() const {
    return std::span{listed_}.first(count_);
  }

private:
  using bits = bits_of<Value>;

  // Twice as many slots as values.
  static constexpr auto slot_bits = 11U;
  static constexpr auto slot_count = std::size_t{1} << slot_bits;

  static std::size_t slot_of(bits value) {
    constexpr auto factor = std::uint64_t{0x9e37'79b9'7f4a'7c15};
    return static_cast<std::size_t>((value * factor) >> (64 - slot_bits));
  }

  [[gnu::noinline]] std::size_t find_slowly(bits value, std::size_t slot,
                                            std::size_t listed_end) {
    for (; slots_[slot] != 0; slot = (slot + 1) % slot_count)
      if (listed_[slots_[slot]] == value)
        return slots_[slot];
    if (count_ != 0 && listed_[0] == value)
      return 0;
    if (count_ == listed_end)
      return listed_end;
    listed_[count_] = value;
    slots_[slot] = static_cast<position>(count_);
    return count_++;
  }

  /// 0 is that of the first, or none: who looks for the first finds it there.
  std::array<position, slot_count> slots_{};
  std::array<bits, listed_max> listed_;
  std::size_t count_ = 0;
};

/// Where few of the first differ, few of all may.
template <class Value>
std::optional<packed_column> list(kind type, std::span<const Value> values) {
  constexpr auto sample = std::size_t{64};
  auto some = std::array<position, sample>{};
  if (values.size() < sample
      || !value_list<Value>{}.find(values.first(sample), sample / 2,
                                   some.data()))
    return std::nullopt;
  auto all = value_list<Value>{};
  const auto positions
    = std::make_unique_for_overwrite<position[]>(values.size());
  if (!all.find(values, listed_max, positions.get()))
    return std::nullopt;
  const auto listed = all.listed();
  const auto needed = static_cast<unsigned>(std::bit_width(listed.size() - 1));
  const auto bits = *std::ranges::lower_bound(widths, std::max(needed, 4U));
  auto made = packed_column{};
  made.form = {bits, 0, static_cast<std::uint32_t>(listed.size()), false};
  const auto before = list_bytes(made.form, type);
  made.bytes.resize(before + bytes_of(bits, values.size()));
  std::memcpy(made.bytes.data(), listed.data(), listed.size_bytes());
  write(std::span<const position>{positions.get(), values.size()}, bits, 0,
        made.bytes.data() + before);
  return made;
}

/// Of values too far from each other for distances.
template <class Value>
std::optional<packed_column> steps(std::span<const Value> values) {
  using bits = bits_of<Value>;
  // Most that do not ascend show it soon.
  constexpr auto sample = std::size_t{16};
  if (!std::ranges::is_sorted(values.first(std::min(sample, values.size()))))
    return std::nullopt;
  auto all = bits{0};
  auto each = std::make_unique_for_overwrite<bits[]>(values.size());
  each[0] = 0;
  for (auto at = std::size_t{1}; at < values.size(); ++at) {
    each[at] = static_cast<bits>(std::bit_cast<bits>(values[at])
                                 - std::bit_cast<bits>(values[at - 1]));
    all |= each[at];
  }
  const auto needed = std::ranges::lower_bound(
    widths, static_cast<unsigned>(std::bit_width(all)));
  if (needed == widths.end() || *needed >= width<Value>)
    return std::nullopt;
  auto made = packed_column{};
  made.form = {*needed, std::bit_cast<bits>(values.front()), 0, true};
  made.bytes.resize(bytes_of(*needed, values.size()));
  write(std::span<const bits>{each.get(), values.size()}, *needed, 0,
        made.bytes.data());
  return made;
}

template <class Value>
std::optional<packed_column> pack(kind type, std::span<const Value> values) {
  if (values.empty())
    return std::nullopt;
  auto packed = std::optional<packed_column>{};
  if (const auto distances = distances_of(values))
    packed = packed_column{*distances};
  // A list would hardly be shorter than such distances, and takes longer.
  if (sizeof(Value) <= sizeof(position)
      || (packed && packed->form.bits <= width<position>))
    return packed;
  if (!packed)
    packed = steps(values);
  auto listed = list(type, values);
  const auto bytes = packed ? packed_bytes(packed->form, type, values.size())
                            : values.size_bytes();
  return listed && listed->bytes.size() < bytes ? listed : packed;
}

// -- reading -----------------------------------------------------------------

template <class Value>
Value value_at(bits_of<Value> base, bits_of<Value> distance) {
  return std::bit_cast<Value>(static_cast<bits_of<Value>>(base + distance));
}

template <class Narrow, class Value>
void read_narrow(std::string_view bytes, bits_of<Value> base,
                 std::span<Value> values) {
  const auto* const narrow = reinterpret_cast<const Narrow*>(bytes.data());
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    values[at] = value_at<Value>(base, static_cast<bits_of<Value>>(narrow[at]));
}

template <class Value>
void read_halves(std::string_view bytes, bits_of<Value> base,
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
void read(std::string_view bytes, unsigned bits, bits_of<Value> base,
          std::span<Value> values) {
  switch (bits) {
    case 0:
      std::ranges::fill(values, value_at<Value>(base, 0));
      return;
    case 4:
      return read_halves(bytes, base, values);
    case 8:
      return read_narrow<std::uint8_t>(bytes, base, values);
    case 16:
      return read_narrow<std::uint16_t>(bytes, base, values);
    default:
      return read_narrow<std::uint32_t>(bytes, base, values);
  }
}

/// False: there are positions behind the end of the list.
template <class Value>
bool read_listed(std::string_view bytes, unsigned bits,
                 std::span<const Value> listed, std::span<Value> values) {
  auto positions = std::vector<position>(values.size());
  read(bytes, bits, position{0}, std::span{positions});
  auto last = position{0};
  for (const auto each : positions)
    last = std::max(last, each);
  if (last >= listed.size())
    return false;
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    values[at] = listed[positions[at]];
  return true;
}

template <class Value>
std::optional<column> unpack(kind type, std::size_t count,
                             const packed_form& form, std::string_view bytes) {
  const auto owner = std::make_shared_for_overwrite<Value[]>(count);
  const auto values = std::span<Value>{owner.get(), count};
  if (form.has_steps) {
    read(bytes, form.bits, bits_of<Value>{0}, values);
    auto value = static_cast<bits_of<Value>>(form.base);
    for (auto& each : values)
      each
        = std::bit_cast<Value>(value = static_cast<bits_of<Value>>(
                                 value + std::bit_cast<bits_of<Value>>(each)));
  } else if (form.listed == 0) {
    read(bytes, form.bits, static_cast<bits_of<Value>>(form.base), values);
  } else {
    const auto listed = std::span{reinterpret_cast<const Value*>(bytes.data()),
                                  std::size_t{form.listed}};
    if (!read_listed(bytes.substr(list_bytes(form, type)), form.bits, listed,
                     values))
      return std::nullopt;
  }
  return column::borrow(std::span<const Value>{values}, owner);
}

} // namespace

std::optional<packed_column> pack(const column& of) {
  return with_values(of, [&](auto values) { return pack(of.type(), values); });
}

bool is_form_of(const packed_form& form, kind type) {
  if (form.bits >= width_of(type)
      || std::ranges::find(widths, form.bits) == widths.end())
    return false;
  return form.listed == 0
         || (!form.has_steps
             && form.bits
                  <= width<position> && (form.listed - 1) >> form.bits == 0);
}

std::size_t packed_bytes(const packed_form& form, kind type,
                         std::size_t count) {
  return list_bytes(form, type) + bytes_of(form.bits, count);
}

void append_packed(std::string& to, const column& from,
                   const packed_column& packed) {
  const auto& form = packed.form;
  if (form.listed != 0 || form.has_steps) {
    to.append(packed.bytes);
    return;
  }
  const auto begin = to.size();
  to.resize(begin + bytes_of(form.bits, from.size()));
  with_values(from, [&](auto values) {
    write(values, form.bits, form.base, to.data() + begin);
  });
}

std::optional<column> unpack(kind type, std::size_t count,
                             const packed_form& form, std::string_view bytes) {
  switch (type) {
    case kind::doubles:
      return unpack<double>(type, count, form, bytes);
    case kind::integers:
      return unpack<std::int64_t>(type, count, form, bytes);
    case kind::counts:
      return unpack<std::uint32_t>(type, count, form, bytes);
    default:
      return unpack<std::uint8_t>(type, count, form, bytes);
  }
}

} // namespace troupe::cluster
