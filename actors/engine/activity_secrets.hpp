#pragma once

#include "actors/engine/text_template.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/logging/redaction.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// The secret behind a reference.
using secret_resolver = std::function<runtime::outcome<runtime::secret>(
  const runtime::secret_reference&)>;

/// Where secrets may stand in what an activity is given.
struct secret_places {
  /// Gets a JSON pointer as text, for example "/env/TOKEN".
  std::function<bool(std::string_view)> is_one;
  /// What is said of a secret elsewhere, and what to do about it.
  std::string message;
  std::string hint;
};

/// What an activity is given, with secrets instead of their references.
struct opened_input {
  nlohmann::json with;
  std::vector<runtime::secret> secrets;
};

/// Resolves the texts of `with` that `references` names, and no others, however
/// they look. Problems have the place and the key, never a secret: the
/// resolver's own, or invalid_input for a reference that is none or stands
/// elsewhere.
[[nodiscard]] runtime::outcome<opened_input>
open_secrets(nlohmann::json with,
             const std::vector<nlohmann::json::json_pointer>& references,
             const secret_resolver& resolve, const secret_places& places,
             const source_place& place);

/// Hides these secrets in what others say.
[[nodiscard]] runtime::redactor
redactor_of(const std::vector<runtime::secret>& secrets);

/// The length of the longest: a text that was cut may have less than that of
/// one of them at its end, where no redactor finds it.
[[nodiscard]] std::size_t
longest_of(const std::vector<runtime::secret>& secrets);

} // namespace troupe::engine
