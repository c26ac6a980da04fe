#pragma once

#include "runtime/problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::scheduler {

/// When something is due, as cron writes it. Plain data: bit n of a field says
/// that n is one of its values. Made by `parse_cron`.
struct cron_expression {
  std::uint64_t seconds = 1; ///< Bits 0 to 59; second 0 if five fields.
  std::uint64_t minutes = 0; ///< Bits 0 to 59.
  std::uint32_t hours = 0; ///< Bits 0 to 23.
  std::uint32_t months = 0; ///< Bits 1 to 12.

  /// Written as `*` or `?`. If only one of the two day fields is, the other one
  /// decides; if neither is, a day matches when either field does.
  bool is_any_day_of_month = false;
  bool is_any_day_of_week = false;

  std::uint32_t days = 0; ///< Bits 1 to 31.
  /// `nW`, bits 1 to 31: the weekday, Monday to Friday, nearest to day n within
  /// the month.
  std::uint32_t nearest_weekdays = 0;
  bool has_last_day = false; ///< `L`
  bool has_last_weekday = false; ///< `LW`

  std::uint8_t days_of_week = 0; ///< Bits 0 to 6; Sunday is 0.
  /// By day of the week: bits 1 to 5 are `n#k`, bit 0 is `nL`.
  std::array<std::uint8_t, 7> nth_of_month{};

  /// Whether it names one time of day: one second, one minute, one hour.
  [[nodiscard]] bool is_fixed_time() const noexcept;

  friend bool operator==(const cron_expression&, const cron_expression&)
    = default;
};

/// Longer texts are refused: no list of distinct values needs as much.
inline constexpr std::size_t cron_text_bytes_max = 1024;

/// Reads five fields (minute, hour, day-of-month, month, day-of-week), six
/// (second first), or a macro such as `@daily`. Any bytes may be given. An
/// error is `invalid_input` and names the field (`key`), the offending text,
/// its place in `text` (`column`) and what to write instead.
[[nodiscard]] runtime::outcome<cron_expression>
parse_cron(std::string_view text);

/// The canonical text: two expressions are equal when their texts are. Six
/// fields only where seconds matter.
[[nodiscard]] std::string to_string(const cron_expression& expression);

} // namespace troupe::scheduler
