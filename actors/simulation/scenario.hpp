#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::simulation {

/// Rates and multipliers are whole parts per million: 1,000,000 is "all" or
/// "times one".
using ppm = std::int64_t;
inline constexpr ppm ppm_whole = 1'000'000;

/// Money is whole cents. No pay is above this, which keeps every product and
/// sum of a year within 64 bits.
using cents = std::int64_t;
inline constexpr cents pay_max = 100'000'000'000;

inline constexpr std::size_t level_count = 5;
/// See band_rules.
inline constexpr std::size_t age_band_count = 6;
inline constexpr std::size_t tenure_band_count = 5;
/// By age <30, <45, <60, 60+.
inline constexpr std::size_t age_segment_count = 4;
/// By pay <50,000, <100,000, <200,000, 200,000+.
inline constexpr std::size_t income_segment_count = 4;

/// How the headcounts of a year follow from its start; see headcount.hpp.
enum class headcount_method : std::uint8_t { ceil, exact_target };

enum class enrollment_scope : std::uint8_t {
  all_eligible_employees,
  /// Hired on the cutoff or later.
  new_hires_only,
};

enum class leaver_selection : std::uint8_t {
  /// Everybody is as likely to leave as everybody else.
  uniform,
  /// In proportion to a weight, see draw_weight.
  hazard_weighted,
};

/// Which of those who start a year leave; how many follows from other rules.
struct selection_rules {
  leaver_selection method = leaver_selection::uniform;
  /// A weight is the product of three; of no effect where all are equal. Who
  /// has the weight 0 leaves only when nobody else is left.
  std::array<ppm, age_band_count> age_multipliers{
    ppm_whole, ppm_whole, ppm_whole, ppm_whole, ppm_whole, ppm_whole};
  std::array<ppm, tenure_band_count> tenure_multipliers{
    ppm_whole, ppm_whole, ppm_whole, ppm_whole, ppm_whole};
  std::array<ppm, level_count> level_multipliers{
    ppm_whole, ppm_whole, ppm_whole, ppm_whole, ppm_whole};
};

struct workforce_rules {
  headcount_method method = headcount_method::ceil;
  ppm termination_rate = 120'000;
  ppm new_hire_termination_rate = 250'000;
  selection_rules selection{};
  /// Of each level as many leave as its share of the headcount is.
  bool level_quotas = false;
};

/// Pay of hires, in whole units of money.
struct hire_band {
  std::int64_t low = 0;
  std::int64_t high = 0;

  friend bool operator==(const hire_band&, const hire_band&) = default;
};

struct compensation_rules {
  ppm cola_rate = 0;
  std::array<ppm, level_count> merit_by_level{};
  std::array<hire_band, level_count> hire_band_by_level{};
};

struct promotion_rules {
  ppm base_rate = 0;
  ppm level_dampener = 0;
  std::array<ppm, age_band_count> age_multipliers{};
  std::array<ppm, tenure_band_count> tenure_multipliers{};
};

struct enrollment_rules {
  enrollment_scope scope = enrollment_scope::all_eligible_employees;
  /// Absent: every hire date counts as later than it.
  std::optional<std::chrono::sys_days> hire_date_cutoff;
  std::array<ppm, age_segment_count> rate_by_age_segment{};
  std::array<ppm, income_segment_count> income_multipliers{};
  std::array<ppm, age_segment_count> deferral_by_age_segment{};
  ppm opt_out_rate_young = 0;
  std::array<ppm, income_segment_count> opt_out_income_multipliers{};
};

struct eligibility_rules {
  std::int32_t waiting_period_days = 365;
  std::int32_t minimum_age = 21;
};

/// Where the bands of age and of tenure begin, but for the first, in completed
/// years: ascending, from 1 to the years that are told apart.
struct band_rules {
  std::array<std::int32_t, age_band_count - 1> age{25, 35, 45, 55, 65};
  std::array<std::int32_t, tenure_band_count - 1> tenure{2, 5, 10, 20};

  friend bool operator==(const band_rules&, const band_rules&) = default;
};

/// A rate that holds in one year only.
struct year_rate {
  std::int32_t year = 0;
  ppm rate = 0;

  friend bool operator==(const year_rate&, const year_rate&) = default;
};

/// All that a projection depends on beside its census: equal scenarios over
/// equal people have equal results, to the byte.
struct scenario {
  std::int32_t start_year = 0;
  std::int32_t end_year = 0;
  std::uint64_t seed = 0;
  /// Of the headcount, a year; may be negative.
  ppm growth_rate = 0;
  workforce_rules workforce;
  eligibility_rules eligibility;
  compensation_rules compensation;
  promotion_rules promotion;
  enrollment_rules enrollment;
  band_rules bands{};
  /// By ascending year; they win over growth_rate and compensation.cola_rate.
  std::vector<year_rate> growth_by_year{};
  std::vector<year_rate> cola_by_year{};
};

/// The scenario as it holds in one year: the rates of that year in the place of
/// those of all years, and no rates by year.
[[nodiscard]] scenario rules_of_year(const scenario& of, std::int32_t year);

} // namespace troupe::simulation
