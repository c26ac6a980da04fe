#pragma once

#include "actors/simulation/scenario.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::simulation {

/// Instead of a key: nobody.
inline constexpr auto no_key = ~std::uint64_t{0};

/// What can be expected of a kind of event before anybody leaves, which is what
/// its count is checked against. Sums stay within 64 bits for 70 million
/// people.
struct expected_events {
  std::int64_t candidates = 0;
  /// Sum of p, in ppm.
  std::uint64_t mean = 0;
  /// Sum of p * (1 - p), in ppm squared.
  std::uint64_t variance = 0;

  void add_candidate(ppm probability) noexcept {
    ++candidates;
    mean += static_cast<std::uint64_t>(probability);
    variance
      += static_cast<std::uint64_t>(probability * (ppm_whole - probability));
  }

  friend bool operator==(const expected_events&, const expected_events&)
    = default;
};

/// Figures of one year, counted from what happened, never from what was
/// planned. Those of blocks add up to those of all, in any order.
struct year_totals {
  std::int32_t year = 0;
  std::int64_t start_headcount = 0;
  std::int64_t terminations = 0;
  std::int64_t hires = 0;
  std::int64_t new_hire_terminations = 0;
  std::int64_t end_headcount = 0;
  std::array<std::int64_t, level_count> hires_by_level{};
  cents hires_pay = 0;
  std::int64_t hires_eligible_by_year_end = 0;
  std::int64_t promotions = 0;
  std::int64_t raises = 0;
  std::int64_t enrollments = 0;
  std::int64_t opt_outs = 0;
  std::int64_t events = 0;
  cents start_payroll = 0;
  cents end_payroll = 0;
  cents prorated_payroll = 0;
  std::int64_t end_enrolled = 0;
  std::array<std::int64_t, level_count> end_by_level{};
  /// Key sums are modulo 2^64: they tell whether two runs chose the same.
  std::uint64_t terminated_key_sum = 0;
  std::uint64_t experienced_terminated_key_sum = 0;

  expected_events expected_promotions;
  expected_events expected_enrollments;
  std::int64_t raise_candidates = 0;
  /// The lowest key of those with pay above pay_max, or no_key.
  std::uint64_t overpaid_key = no_key;

  /// Notes somebody whose pay is above pay_max.
  void note_pay(std::uint64_t key, cents pay) noexcept {
    if (pay > pay_max)
      overpaid_key = std::min(overpaid_key, key);
  }

  friend bool operator==(const year_totals&, const year_totals&) = default;
};

/// Adds the totals of another part of the same year.
void add(year_totals& totals, const year_totals& part);

} // namespace troupe::simulation
