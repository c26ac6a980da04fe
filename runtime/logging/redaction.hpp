#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// Hides secrets in text that is about to be shown: registered values, and
/// what follows names such as token= or Authorization: whatever it is. Better
/// to hide too much than too little. Not thread-safe.
class redactor {
public:
  /// Instead of what was hidden.
  static constexpr auto mask = std::string_view{"[redacted]"};

  /// Values shorter than this are not registered: hiding each "a" in a text
  /// would tell the secret rather than hide it.
  static constexpr auto value_bytes_min = std::size_t{4};

  /// Hides this value wherever it appears, whole or line by line.
  void add_value(std::string_view value);

  [[nodiscard]] std::string redact(std::string_view text) const;

  /// Whether a field of this name holds a secret: token, password, passwd,
  /// secret, api_key, authorization, cookie, credential, private_key, in any
  /// case and with any prefix or suffix.
  [[nodiscard]] static bool is_secret_name(std::string_view name);

private:
  std::vector<std::string> values_; // Longest first.
};

} // namespace troupe::runtime
