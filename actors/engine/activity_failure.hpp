#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace troupe::engine {

/// Why an activity did not succeed.
struct activity_failure {
  /// For retry policies.
  std::string kind;
  /// Valid UTF-8.
  std::string message;
  /// Trying again may help.
  bool is_retryable = false;
  /// An object, or null.
  nlohmann::json details;
};

/// The failure of an activity that met this problem: the kind is the problem's,
/// and what may pass by itself (`unavailable`, `interrupted`, `timeout`,
/// `failed`) may be retried.
[[nodiscard]] activity_failure to_failure(const runtime::problem& reason);

/// The same text, with a question mark for every byte that is not UTF-8.
[[nodiscard]] std::string to_utf8(std::string_view text);

} // namespace troupe::engine
