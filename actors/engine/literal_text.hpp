#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace troupe::engine {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_name_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

[[nodiscard]] constexpr bool is_name_part(char c) noexcept {
  return is_name_start(c) || is_digit(c);
}

/// Whether a path can say ".name": letters, digits and underscores, with single
/// dashes between them, not beginning with a digit.
[[nodiscard]] bool is_plain_name(std::string_view name) noexcept;

/// How many bytes at the beginning of the text are such a name; 0: none.
[[nodiscard]] std::size_t plain_name_length(std::string_view text) noexcept;

/// The text as an expression writes it, in single quotes.
[[nodiscard]] std::string quote(std::string_view text);

/// A JSON value without objects as an expression writes it.
[[nodiscard]] std::string print_literal(const nlohmann::json& literal);

} // namespace troupe::engine
