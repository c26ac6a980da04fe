#include "actors/engine/activity_failure.hpp"

#include "runtime/utf8.hpp"

namespace troupe::engine {

using runtime::problem_kind;

std::string to_utf8(std::string_view text) {
  auto result = std::string{};
  while (!text.empty()) {
    const auto first = runtime::first_utf8_character(text);
    if (first.is_valid)
      result += text.substr(0, first.length);
    else
      result += '?';
    text.remove_prefix(first.length);
  }
  return result;
}

activity_failure to_failure(const runtime::problem& reason) {
  auto failure = activity_failure{};
  failure.kind = to_string(reason.kind);
  failure.message = to_utf8(render(reason));
  failure.is_retryable = reason.kind == problem_kind::unavailable
                         || reason.kind == problem_kind::interrupted
                         || reason.kind == problem_kind::failed
                         || reason.kind == problem_kind::timeout;
  return failure;
}

} // namespace troupe::engine
