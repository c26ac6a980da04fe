#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// What is made of the value that a source points at.
enum class derivation : std::uint8_t {
  none,
  age_days, ///< Days from the date to the instant of the run.
  days_until, ///< Days from the instant of the run to the date.
  length, ///< Elements of a list, code points of a text.
  join, ///< Several values as one text, with '-' between; for ids.
};

/// One place in an item.
struct source_path {
  /// As written: "story_points", "custom_fields.x", "/a/b".
  std::string spelling;
  /// Keys from the outside in. Array elements are keyed "0", "1", ...
  std::vector<std::string> keys;

  /// Whether it is written with dots (which `compat` may read as nothing).
  [[nodiscard]] bool is_dotted() const;

  friend bool operator==(const source_path&, const source_path&) = default;
};

/// A parsed source: one place, or a function of one or more.
struct item_source {
  derivation what = derivation::none;
  std::vector<source_path> paths;

  friend bool operator==(const item_source&, const item_source&) = default;
};

/// Parses "key", "outer.inner", a JSON pointer (RFC 6901) "/outer/inner", or a
/// function of such places: "age_days(created)", "days_until(due)",
/// "length(labels)", "join(project, number)". Otherwise `invalid_input`.
[[nodiscard]] runtime::outcome<item_source> parse_source(std::string_view text);

} // namespace troupe::scoring
