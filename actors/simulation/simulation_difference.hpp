#pragma once

#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/year_measures.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// A setting that two runs do not share. Texts are JSON; empty: not there.
struct setting_change {
  std::string key; ///< "compensation.merit_by_level[2]", "growth_by_year[2026]"
  std::string before;
  std::string after;
};

/// A measure of a year in two runs.
struct measure_change {
  const year_measure* measure = nullptr;
  std::int64_t before = 0;
  std::int64_t after = 0;

  [[nodiscard]] std::int64_t difference() const noexcept {
    return after - before;
  }

  /// Of the value before; nothing if that is 0.
  [[nodiscard]] std::optional<double> percent() const noexcept;
};

/// Who left, by key: people of the census, and hires by their number.
struct leaver_change {
  std::uint64_t both = 0;
  std::uint64_t only_before = 0;
  std::uint64_t only_after = 0;
};

struct year_change {
  std::int32_t year = 0;
  std::vector<measure_change> measures; ///< All, in the order of year_measures.
  /// Absent: one of the runs has only totals.
  std::optional<leaver_change> leavers;
};

/// What became different from one run to another.
struct simulation_difference {
  stored_simulation before;
  stored_simulation after;
  std::vector<setting_change> settings; ///< By key.
  std::vector<year_change> years; ///< That both have.
};

/// The settings, by their path, that two canonical texts do not share.
/// `failed` when one of them is not JSON.
[[nodiscard]] runtime::outcome<std::vector<setting_change>>
compare_settings(std::string_view before, std::string_view after);

/// Compares two runs, named as for `find_run`.
[[nodiscard]] runtime::outcome<simulation_difference>
compare_simulations(simulation_history& history, std::string_view before,
                    std::string_view after);

} // namespace troupe::simulation
