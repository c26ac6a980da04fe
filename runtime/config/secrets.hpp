#pragma once

#include "runtime/problem.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::runtime {

/// The variables of a process, by name.
using environment_map = std::map<std::string, std::string, std::less<>>;

/// A value that must not be shown. It neither prints nor converts, so that
/// every use of the text is a visible call of `reveal`.
class secret {
public:
  explicit secret(std::string text) noexcept : text_{std::move(text)} {}

  [[nodiscard]] const std::string& reveal() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

/// Where a secret is: what configuration files hold instead of it.
struct secret_reference {
  enum class source { environment, file };
  source kind = source::environment;
  /// Name of a variable, or absolute path of a file.
  std::string name;
};

/// Reads "secret://env/NAME" or "secret://file/PATH", where PATH is absolute:
/// "secret://file/etc/troupe/token" is /etc/troupe/token. An error does not
/// quote the text, which may be a secret that somebody put there.
[[nodiscard]] outcome<secret_reference>
parse_secret_reference(std::string_view text);

/// The secret itself. `not_found` when the variable or file is absent or
/// empty; `denied` when others than the file's owner have access to it. One
/// line break at the end of a file does not belong to the secret.
[[nodiscard]] outcome<secret>
resolve_secret(const secret_reference& reference,
               const environment_map& environment);

} // namespace troupe::runtime
