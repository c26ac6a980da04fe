#include "runtime/config/qualified_name.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

/// In ASCII, whatever the locale.
bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

bool is_simple_name(std::string_view text) noexcept {
  return !text.empty() && is_alphanumeric(text.front())
         && std::all_of(text.begin(), text.end(), [](char c) {
              return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
            });
}

} // namespace

bool is_qualified_name(std::string_view text) noexcept {
  if (text.size() > qualified_name_bytes_max)
    return false;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return is_simple_name(text);
  return is_simple_name(text.substr(0, slash))
         && is_simple_name(text.substr(slash + 1));
}

} // namespace troupe::runtime
