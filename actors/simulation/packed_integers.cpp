#include "actors/simulation/packed_integers.hpp"

#include <lz4.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace troupe::simulation {

// Numbers are stored with the lowest byte first, as they are in memory.
static_assert(std::endian::native == std::endian::little);

namespace {

/// Set in the byte of the bits where the run went through LZ4.
constexpr auto compressed_flag = 0x80U;
constexpr auto value_bits = 64U;

template <class Number>
Number number_at(std::string_view bytes) {
  auto number = Number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

/// Small numbers of either sign become small ones without.
std::uint64_t fold_sign(std::uint64_t number) {
  return number << 1U ^ (number >> 63U != 0 ? ~std::uint64_t{0} : 0);
}

std::uint64_t unfold_sign(std::uint64_t folded) {
  return folded >> 1U ^ ((folded & 1U) != 0 ? ~std::uint64_t{0} : 0);
}

/// Seven bits a byte, the lowest first, as most are small.
void append_least(std::string& to, std::uint64_t least) {
  auto rest = fold_sign(least);
  for (; rest >= 0x80U; rest >>= 7U)
    to.push_back(static_cast<char>(rest | 0x80U));
  to.push_back(static_cast<char>(rest));
}

constexpr std::size_t bytes_of_bits(std::size_t count, unsigned bits) {
  return (count * bits + 7) / 8;
}

} // namespace

std::span<std::int64_t> integer_packer::room(std::size_t count) {
  count_ = count;
  if (values_.size() < count)
    values_.resize(count);
  return std::span{values_}.first(count);
}

void integer_packer::add_room() {
  if (count_ == 0)
    return;
  const auto values = std::span{values_}.first(count_);
  auto least = values.front();
  auto most = values.front();
  for (const auto value : values) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const auto base = static_cast<std::uint64_t>(least);
  const auto bits = static_cast<unsigned>(
    std::bit_width(static_cast<std::uint64_t>(most) - base));
  if (!add_compressed(base, bits))
    add_bits(base, bits);
}

bool integer_packer::add_compressed(std::uint64_t least, unsigned bits) {
  const auto room = bytes_of_bits(count_, bits);
  const auto source = count_ * ((bits + 7) / 8);
  if (room <= sizeof(std::uint32_t) || source > LZ4_MAX_INPUT_SIZE)
    return false;
  if (planes_.size() < source)
    planes_.resize(source);
  auto* plane = planes_.data();
  for (auto shift = 0U; shift < bits; shift += 8)
    for (auto at = std::size_t{0}; at < count_; ++at)
      *plane++ = static_cast<char>(
        (static_cast<std::uint64_t>(values_[at]) - least) >> shift);
  const auto begin = to_->size();
  to_->push_back(static_cast<char>(bits | compressed_flag));
  append_least(*to_, least);
  const auto head = to_->size();
  to_->resize(head + room);
  const auto size = LZ4_compress_default(
    planes_.data(), to_->data() + head + sizeof(std::uint32_t),
    static_cast<int>(source), static_cast<int>(room - sizeof(std::uint32_t)));
  if (size <= 0) {
    to_->resize(begin);
    return false;
  }
  const auto stored = static_cast<std::uint32_t>(size);
  std::memcpy(to_->data() + head, &stored, sizeof stored);
  to_->resize(head + sizeof stored + stored);
  return true;
}

void integer_packer::add_bits(std::uint64_t least, unsigned bits) {
  to_->push_back(static_cast<char>(bits));
  append_least(*to_, least);
  const auto head = to_->size();
  const auto size = bytes_of_bits(count_, bits);
  // Words are written whole.
  to_->resize(head + size + sizeof(std::uint64_t));
  auto* target = to_->data() + head;
  auto word = std::uint64_t{0};
  auto filled = 0U;
  for (auto at = std::size_t{0}; bits != 0 && at < count_; ++at) {
    const auto value = static_cast<std::uint64_t>(values_[at]) - least;
    word |= value << filled;
    filled += bits;
    if (filled < value_bits)
      continue;
    std::memcpy(target, &word, sizeof word);
    target += sizeof word;
    filled -= value_bits;
    // Shifting by all of its bits is not allowed.
    word = filled == 0 ? 0 : value >> (bits - filled);
  }
  std::memcpy(target, &word, sizeof word);
  to_->resize(head + size);
}

std::optional<std::string_view> integer_unpacker::take(std::size_t size) {
  if (bytes_.size() < size)
    return std::nullopt;
  const auto taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

std::optional<std::uint64_t> integer_unpacker::take_least() {
  auto folded = std::uint64_t{0};
  for (auto shift = 0U; shift < value_bits; shift += 7) {
    const auto byte = take(1);
    if (!byte)
      return std::nullopt;
    const auto part = static_cast<unsigned char>(byte->front());
    folded |= std::uint64_t{part & 0x7FU} << shift;
    if (part < 0x80U)
      return unfold_sign(folded);
  }
  return std::nullopt;
}

std::optional<std::span<const std::int64_t>>
integer_unpacker::next(std::size_t count) {
  values_.resize(count);
  if (count == 0)
    return std::span<const std::int64_t>{};
  const auto form = take(1);
  const auto least = take_least();
  if (!form || !least)
    return std::nullopt;
  const auto flags = static_cast<unsigned char>(form->front());
  const auto bits = flags & ~compressed_flag;
  if (bits > value_bits)
    return std::nullopt;
  const auto is_read = (flags & compressed_flag) != 0
                         ? read_compressed(*least, bits)
                         : read_bits(*least, bits);
  if (!is_read)
    return std::nullopt;
  return values_;
}

bool integer_unpacker::read_compressed(std::uint64_t least, unsigned bits) {
  const auto count = values_.size();
  const auto target = count * ((bits + 7) / 8);
  const auto size = take(sizeof(std::uint32_t));
  if (!size || target == 0 || target > LZ4_MAX_INPUT_SIZE)
    return false;
  const auto stored = take(number_at<std::uint32_t>(*size));
  // LZ4 makes at most 255 bytes of one.
  if (!stored || stored->size() < target / 256)
    return false;
  if (planes_.size() < target)
    planes_.resize(target);
  const auto made = LZ4_decompress_safe(stored->data(), planes_.data(),
                                        static_cast<int>(stored->size()),
                                        static_cast<int>(target));
  if (made < 0 || static_cast<std::size_t>(made) != target)
    return false;
  std::ranges::fill(values_, static_cast<std::int64_t>(least));
  const auto* plane = reinterpret_cast<const unsigned char*>(planes_.data());
  for (auto shift = 0U; shift < bits; shift += 8)
    for (auto& value : values_)
      value = static_cast<std::int64_t>(
        static_cast<std::uint64_t>(value)
        + (static_cast<std::uint64_t>(*plane++) << shift));
  return true;
}

bool integer_unpacker::read_bits(std::uint64_t least, unsigned bits) {
  const auto packed = take(bytes_of_bits(values_.size(), bits));
  if (!packed)
    return false;
  if (bits == 0) {
    std::ranges::fill(values_, static_cast<std::int64_t>(least));
    return true;
  }
  const auto mask = ~std::uint64_t{0} >> (value_bits - bits);
  auto rest = *packed;
  auto word = std::uint64_t{0};
  auto left = 0U;
  for (auto& value : values_) {
    auto number = word;
    if (left < bits) {
      word = 0;
      const auto size = std::min(rest.size(), sizeof word);
      std::memcpy(&word, rest.data(), size);
      rest.remove_prefix(size);
      number |= word << left;
      const auto used = bits - left;
      word = used == value_bits ? 0 : word >> used;
      left = value_bits - used;
    } else {
      word >>= bits;
      left -= bits;
    }
    value = static_cast<std::int64_t>(least + (number & mask));
  }
  return true;
}

} // namespace troupe::simulation
