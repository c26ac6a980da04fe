#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::runtime {

/// What went wrong, by what the receiver can do about it. The values are the
/// exit codes of the command line, stable across versions.
enum class problem_kind : int {
  /// The operation was tried and failed.
  failed = 1,
  /// The request or its input is wrong: correct it, then try again.
  invalid_input = 2,
  not_found = 3,
  /// Somebody else changed or holds what was asked for.
  conflict = 4,
  timeout = 5,
  /// Something needed is not there now (disk full, store locked): try later.
  unavailable = 6,
  denied = 7,
  interrupted = 130,
};

[[nodiscard]] std::string_view to_string(problem_kind kind) noexcept;

/// An error as a person wants it: what, where and what to do next. Plain data;
/// empty text and a zero line or column mean "does not apply".
struct problem {
  problem_kind kind = problem_kind::failed;
  /// One sentence without a full stop, for example "weights sum to 1.1".
  std::string message;
  std::string file;
  /// 1-based line and column in `file`.
  std::size_t line = 0;
  std::size_t column = 0;
  /// Path of the offending key, for example "criteria[3].weight".
  std::string key;
  /// What to do next.
  std::string hint;

  friend bool operator==(const problem&, const problem&) = default;
};

/// A value, or the reason why there is none.
template <class T>
using outcome = tl::expected<T, problem>;

/// Shortens `return fail(problem{...})` in functions that return an outcome.
[[nodiscard]] inline tl::unexpected<problem> fail(problem reason) {
  return tl::unexpected<problem>{std::move(reason)};
}

[[nodiscard]] tl::unexpected<problem>
fail(problem_kind kind, std::string message, std::string hint = {});

/// "FILE:LINE:COLUMN: MESSAGE (key KEY)\n  hint: HINT", without absent parts.
[[nodiscard]] std::string render(const problem& reason);

/// The same as one JSON object {kind, message, file, line, column, key, hint},
/// without absent parts.
[[nodiscard]] std::string render_json(const problem& reason);

} // namespace troupe::runtime
