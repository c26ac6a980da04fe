#pragma once

#include "actors/simulation/measure_threshold.hpp"
#include "actors/simulation/projector.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/year_measures.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::simulation {

/// The seeds of an ensemble: `first`, `first` + 1 and so on; after the highest
/// comes 0. No two are equal.
[[nodiscard]] std::vector<std::uint64_t> ensemble_seeds(std::uint64_t first,
                                                        std::size_t count);

/// The value that at least `percent` (1 to 100) of all are not above, which is
/// one of them, never between two: nearest rank, the ceil(percent * n / 100)-th
/// smallest of n >= 1. Definition 1 in R. J. Hyndman and Y. Fan, Sample
/// Quantiles in Statistical Packages, The American Statistician 50 (1996).
[[nodiscard]] std::int64_t percentile(std::span<const std::int64_t> ascending,
                                      std::size_t percent);

/// The mean to the nearest whole number, halves up; exact for any values, of
/// which there is at least one.
[[nodiscard]] std::int64_t exact_mean(std::span<const std::int64_t> values);

/// How a measure of one year spreads over the members, in its unit.
struct measure_band {
  const year_measure* measure = nullptr;
  std::int32_t year = 0;
  /// If not, all values are equal, and that was checked.
  bool depends_on_draws = true;
  std::int64_t minimum = 0;
  std::int64_t p5 = 0;
  std::int64_t p25 = 0;
  std::int64_t p50 = 0;
  std::int64_t p75 = 0;
  std::int64_t p95 = 0;
  std::int64_t maximum = 0;
  std::int64_t mean = 0;
};

struct ensemble {
  std::size_t members = 0;
  std::vector<std::int32_t> years;
  /// By measure in the order of year_measures(), then by year.
  std::vector<measure_band> bands;

  /// Of one measure, by year.
  [[nodiscard]] std::span<const measure_band>
  bands_of(const year_measure& measure) const;
};

/// The spread of every measure over projections that differ in their seed only.
/// `invalid_input`: none, or not all of the same years. `failed`: a measure
/// that does not depend on draws differs, which its text names.
[[nodiscard]] runtime::outcome<ensemble>
find_bands(std::span<const projected_years> members);

/// In how many members a threshold holds.
struct exceedance {
  measure_threshold threshold;
  std::int32_t year = 0;
  std::size_t members = 0;
  std::size_t holding = 0;
  /// holding / members, halves up.
  ppm probability = 0;
};

/// One for each year that a threshold is about, in the order of both. Problems:
/// those of find_bands with `invalid_input`; a year that is not projected.
[[nodiscard]] runtime::outcome<std::vector<exceedance>>
find_exceedances(std::span<const projected_years> members,
                 std::span<const measure_threshold> thresholds);

/// {measure, unit, year, depends_on_draws, minimum, p5, ..., maximum, mean}
[[nodiscard]] nlohmann::ordered_json to_json(const measure_band& band);

/// {threshold, year, members, holding, probability_ppm}
[[nodiscard]] nlohmann::ordered_json to_json(const exceedance& of);

/// {members, years, percentiles, bands}
[[nodiscard]] nlohmann::ordered_json to_json(const ensemble& of);

} // namespace troupe::simulation
