#pragma once

#include "actors/simulation/draw.hpp"
#include "actors/simulation/draw_weight.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/rounding.hpp"
#include "actors/simulation/scenario.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::simulation {

/// Ages and tenures beyond count as this.
inline constexpr std::int32_t completed_years_max = 127;

/// Above it there is no level to be promoted to.
inline constexpr std::uint8_t level_max = level_count;
inline constexpr std::int32_t promotion_tenure_min = 1;
/// From this age on nobody is promoted.
inline constexpr std::int32_t promotion_age_end = 65;
/// No promotion is likelier than this.
inline constexpr ppm promotion_probability_max = 500'000;
inline constexpr std::int32_t raise_tenure_min = 1;

/// Days that every year has, see make_year_plan.
struct year_days {
  day_number first = 0; ///< 1 January.
  day_number enrollment = 0; ///< 15 January.
  day_number promotion = 0; ///< 1 February.
  day_number opt_out = 0; ///< 15 June.
  day_number raise = 0; ///< 15 July.
  day_number last = 0; ///< 31 December.
  /// 365 or 366.
  std::int32_t count = 0;
};

/// Pay for the year, from the sum of the pay of each calendar day. Both
/// divisors are known to the compiler.
[[nodiscard]] constexpr cents prorate(const year_days& days,
                                      cents sum) noexcept {
  return days.count == 366 ? half_up<cents>(sum, 366)
                           : half_up<cents>(sum, 365);
}

using year_table = std::array<std::uint8_t, completed_years_max + 1>;

/// A scenario worked out for one year: all that its kernels look at.
struct year_plan {
  std::int32_t year = 0;
  year_draws draws{0, 0};
  year_days days;
  /// 1 January of the year that is so many years earlier.
  std::array<day_number, completed_years_max + 2> new_years{};

  year_table age_bands{};
  year_table tenure_bands{};
  year_table age_segments{};

  ppm termination_rate = 0;
  ppm new_hire_termination_rate = 0;
  std::int32_t waiting_period_days = 0;
  std::int32_t minimum_age = 0;
  /// Who was hired earlier is never asked to enrol.
  day_number hire_date_first = 0;

  /// By level - 1, age band and tenure band.
  std::array<
    std::array<std::array<std::int32_t, tenure_band_count>, age_band_count>,
    level_count>
    promotion_probability{};
  /// New pay for a million of old, by level - 1.
  std::array<std::int64_t, level_count> raise_factor{};
  /// By age segment and income segment.
  std::array<std::array<std::int32_t, income_segment_count>, age_segment_count>
    enrollment_probability{};
  /// By income segment; for the first age segment.
  std::array<std::int32_t, income_segment_count> opt_out_probability{};
  std::array<std::int32_t, age_segment_count> deferral{};
  /// By level - 1 and the last digit of the sequence.
  std::array<std::array<cents, 10>, level_count> hire_pay{};

  leaver_selection selection = leaver_selection::uniform;
  /// Each level has its own share of those who leave.
  bool has_level_quotas = false;
  /// By level - 1, age band and tenure band; only where selection goes by it.
  std::array<
    std::array<std::array<draw_weight, tenure_band_count>, age_band_count>,
    level_count>
    leaving_weight{};

  /// Groups that leavers are chosen of, see leaver_search.
  [[nodiscard]] std::size_t leaver_groups() const noexcept {
    return has_level_quotas ? level_count : 1;
  }
};

[[nodiscard]] year_plan make_year_plan(const scenario& parameters,
                                       std::int32_t year);

/// Whole years from a date to 1 January; a later date counts as none.
[[nodiscard]] inline std::int32_t completed_years(const year_plan& plan,
                                                  day_number since) noexcept {
  // Divided by the longest year, the days are right or one short.
  const auto days
    = static_cast<std::uint32_t>(std::max(plan.days.first - since, 0));
  const auto years = std::min(days / 366U, std::uint32_t{completed_years_max});
  return std::min(static_cast<std::int32_t>(
                    years + (since <= plan.new_years[years + 1] ? 1U : 0U)),
                  completed_years_max);
}

/// By pay <50,000, <100,000, <200,000, else.
[[nodiscard]] inline std::size_t income_segment(cents pay) noexcept {
  return std::size_t{pay >= 5'000'000} + std::size_t{pay >= 10'000'000}
         + std::size_t{pay >= 20'000'000};
}

/// Keys of hires follow all keys of earlier years.
[[nodiscard]] constexpr std::uint64_t hire_key(std::int32_t year,
                                               std::int64_t sequence) noexcept {
  return (static_cast<std::uint64_t>(year) << 32U)
         + static_cast<std::uint64_t>(sequence);
}

} // namespace troupe::simulation
