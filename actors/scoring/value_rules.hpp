#pragma once

#include "actors/scoring/item_source.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "runtime/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

/// A value as it stands in an item, before any rule. Texts are borrowed.
struct raw_value {
  enum class kind : std::uint8_t {
    absent,
    null,
    boolean, ///< `number` is 0 or 1.
    number,
    text, ///< Was a text in its source.
    cell, ///< Of a table, where a number and its text look the same.
    list, ///< `number` is the count of elements.
    object,
  };

  kind what = kind::absent;
  double number = 0.0;
  std::string_view text;

  /// Absent or null.
  [[nodiscard]] bool is_missing() const noexcept {
    return what == kind::absent || what == kind::null;
  }
};

/// The number a text means to Python's float(): white space around it, a sign,
/// '_' between digits, "inf", "infinity", "nan" in any case; too large is
/// infinite, too small is 0. Only ASCII digits. None for anything else.
[[nodiscard]] std::optional<double> parse_python_float(std::string_view text);

using instant = std::chrono::sys_time<std::chrono::microseconds>;

/// An ISO 8601 date, or date and time, of the years 1 to 9999: "2012-12-06",
/// "2012-12-06T10:21:53.000+0000", with 'T' or one space between, zone "Z",
/// "+01", "+0100" or "+01:00". No zone: UTC; no time: midnight.
[[nodiscard]] std::optional<instant> parse_instant(std::string_view text);

/// Turns a raw value into the number a criterion works with.
///
/// compat: a text through the mapping if there is one (unknown: 0), else
/// Python's float() (failing: 0); null and absent are 0. standard: a text
/// through the mapping, else as a finite number, else missing. A table's cell
/// goes through the mapping first and then counts as a number in both.
class reading_rule {
public:
  /// `as_of` matters for ages only.
  reading_rule(const planned_criterion& criterion, rule_set rules,
               derivation what, std::optional<instant> as_of);

  [[nodiscard]] double apply(const raw_value& value) const;

  /// Whether a number in the item is the value as it stands.
  [[nodiscard]] bool is_plain() const noexcept {
    return what_ == derivation::none && !has_mapping_;
  }

private:
  [[nodiscard]] double missing() const noexcept;
  [[nodiscard]] double from_number(double number) const noexcept;
  [[nodiscard]] double from_text(const raw_value& value) const;
  [[nodiscard]] double derive(const raw_value& value) const;
  [[nodiscard]] const double* look_up(std::string_view word) const;

  rule_set rules_;
  derivation what_;
  bool has_mapping_ = false;
  /// In ascending order of the word.
  std::vector<std::pair<std::string, double>> mapping_;
  std::optional<instant> as_of_;
};

} // namespace troupe::scoring
