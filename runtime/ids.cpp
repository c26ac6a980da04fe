#include "runtime/ids.hpp"

#include <memory>
#include <random>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr std::uint32_t counter_max = 0xFFF;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F')
    return digit - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

} // namespace

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  auto bytes = std::array<std::uint8_t, 16>{};
  auto nibble = std::size_t{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-')
        return std::nullopt;
      continue;
    }
    const auto value = hex_value(text[i]);
    if (value < 0)
      return std::nullopt;
    auto& byte = bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  return uuid{bytes};
}

std::string to_string(const uuid& id) {
  static constexpr std::string_view digits = "0123456789abcdef";
  auto text = std::string{};
  text.reserve(36);
  for (const auto byte : id.bytes()) {
    if (is_dash_position(text.size()))
      text += '-';
    text += digits[byte >> 4];
    text += digits[byte & 0xF];
  }
  return text;
}

uuid_generator::uuid_generator(const clock& time, random_source random)
  : time_{&time}, random_{std::move(random)} {}

uuid_generator::uuid_generator(const clock& time)
  : uuid_generator{time, [device = std::make_shared<std::random_device>()] {
                     return std::uint64_t{(*device)()} << 32 | (*device)();
                   }} {}

uuid uuid_generator::next() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(time_->now());
  const auto millisecond
    = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (millisecond > last_millisecond_) {
    last_millisecond_ = millisecond;
    counter_ = 0;
  } else if (++counter_ > counter_max) {
    ++last_millisecond_; // Runs ahead of the clock rather than repeat.
    counter_ = 0;
  }
  const auto random = random_();
  auto bytes = std::array<std::uint8_t, 16>{};
  for (std::size_t i = 0; i < 6; ++i)
    bytes[i] = static_cast<std::uint8_t>(last_millisecond_ >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  bytes[7] = static_cast<std::uint8_t>(counter_);
  for (std::size_t i = 8; i < 16; ++i)
    bytes[i] = static_cast<std::uint8_t>(random >> (8 * (i - 8)));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return uuid{bytes};
}

} // namespace troupe::runtime
