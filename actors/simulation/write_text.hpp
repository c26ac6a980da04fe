#pragma once

#include <cstring>
#include <string_view>

namespace troupe::simulation {

/// Writes the text to `to`, which has room for it, and returns the end.
inline char* write_text(char* to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

} // namespace troupe::simulation
