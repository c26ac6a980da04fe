#include "runtime/utf8.hpp"

#include <array>

namespace troupe::runtime {

utf8_character first_utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const auto lead = byte(0);
  if (lead < 0x80)
    return {lead, 1, true};
  const auto length = lead >= 0xF0   ? std::size_t{4}
                      : lead >= 0xE0 ? std::size_t{3}
                                     : std::size_t{2};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
    return {lead, 1, false};
  auto code = lead & (0xFFu >> (length + 1));
  for (auto i = std::size_t{1}; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u)
      return {lead, 1, false};
    code = code << 6u | (byte(i) & 0x3Fu);
  }
  constexpr auto smallest
    = std::array<std::uint32_t, 5>{0, 0, 0x80, 0x800, 0x1'0000};
  const auto is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest.at(length) || code > 0x10'FFFF || is_surrogate)
    return {lead, 1, false};
  return {code, length, true};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto each = first_utf8_character(text);
    if (!each.is_valid)
      return false;
    text.remove_prefix(each.length);
  }
  return true;
}

std::string_view clip_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u)
    --end;
  return text.substr(0, end);
}

} // namespace troupe::runtime
