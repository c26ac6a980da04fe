#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// What identifies bytes by what they are: their SHA-256.
using content_digest = std::array<std::uint8_t, 32>;

[[nodiscard]] content_digest digest_of(std::string_view bytes);

/// 64 hexadecimal digits.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> digest);

} // namespace troupe::runtime
