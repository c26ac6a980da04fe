#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::runtime {

/// One character of a text, or a byte that belongs to none.
struct utf8_character {
  /// The code point; the byte itself if it is not valid.
  std::uint32_t code = 0;
  /// Bytes it takes, at least 1.
  std::size_t length = 1;
  bool is_valid = false;
};

/// The first character of a text that is not empty. Overlong forms, surrogates
/// and code points above U+10FFFF are not valid (RFC 3629).
[[nodiscard]] utf8_character first_utf8_character(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// The longest beginning of at most `bytes_max` bytes that ends between two
/// characters.
[[nodiscard]] std::string_view clip_utf8(std::string_view text,
                                         std::size_t bytes_max);

} // namespace troupe::runtime
