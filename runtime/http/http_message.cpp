#include "runtime/http/http_message.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::runtime {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter_or_digit(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

bool equals(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_plain(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\';
  });
}

/// Reads what follows the host: nothing, or ":PORT".
bool read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty())
    return true;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, port);
  return text.front() == ':' && read.ec == std::errc{} && read.ptr == end
         && port != 0;
}

} // namespace

std::string_view to_string(http_method method) noexcept {
  switch (method) {
    case http_method::get:
      return "GET";
    case http_method::head:
      return "HEAD";
    case http_method::post:
      return "POST";
    case http_method::put:
      return "PUT";
    case http_method::patch:
      return "PATCH";
    case http_method::remove:
      return "DELETE";
  }
  return "GET";
}

std::string header_key(std::string_view name) {
  auto key = std::string{name};
  std::transform(key.begin(), key.end(), key.begin(), lower);
  return key;
}

std::string_view http_reply::header(std::string_view name) const noexcept {
  for (const auto& one : headers)
    if (equals(one.name, name))
      return one.value;
  return {};
}

bool http_origin::is_loopback() const noexcept {
  const auto is_number = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.';
  });
  return host == "localhost" || host == "::1"
         || (is_number && host.starts_with("127."));
}

std::optional<http_origin> origin_of(std::string_view url) {
  auto origin = http_origin{};
  const auto colon = url.find("://");
  if (colon == std::string_view::npos || !is_plain(url))
    return std::nullopt;
  const auto scheme = url.substr(0, colon);
  origin.is_encrypted = equals(scheme, "https");
  if (!origin.is_encrypted && !equals(scheme, "http"))
    return std::nullopt;
  auto rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  // A user before the host is a way to make one host look like another.
  if (rest.find('@') != std::string_view::npos)
    return std::nullopt;
  auto host = rest.substr(0, rest.find(':'));
  auto after = rest.substr(host.size());
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    host = rest.substr(1, end - 1);
    after = rest.substr(end + 1);
  }
  if (host.empty() || !read_port(after, origin.port))
    return std::nullopt;
  origin.host = host;
  std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(),
                 lower);
  return origin;
}

std::string percent_encode(std::string_view text) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto result = std::string{};
  for (const auto c : text) {
    if (is_letter_or_digit(c)
        || std::string_view{"-._~"}.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += digits[byte >> 4U];
    result += digits[byte & 15U];
  }
  return result;
}

std::string basic_authorization(std::string_view user,
                                std::string_view password) {
  constexpr auto letters = std::string_view{
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
  const auto text = std::string{user} + ":" + std::string{password};
  auto result = std::string{"Basic "};
  for (std::size_t at = 0; at < text.size(); at += 3) {
    const auto have = std::min<std::size_t>(3, text.size() - at);
    auto bits = std::uint32_t{0};
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8U
             | (i < have ? static_cast<unsigned char>(text[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      result += i <= have ? letters[bits >> (18U - 6U * i) & 63U] : '=';
  }
  return result;
}

} // namespace troupe::runtime
