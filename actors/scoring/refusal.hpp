#pragma once

#include "runtime/problem.hpp"

#include <string>
#include <utility>

namespace troupe::scoring {

/// Wrong input at `key`, and what to do about it.
[[nodiscard]] inline tl::unexpected<runtime::problem>
refuse(std::string message, std::string key, std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.key = std::move(key);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

} // namespace troupe::scoring
