#pragma once

#include "actors/simulation/measure_text.hpp"
#include "actors/simulation/projector.hpp"
#include "actors/simulation/sweep.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe::tools {

/// A column of a sweep.
struct sweep_figure {
  const simulation::year_measure* measure = nullptr;
  std::int32_t year = 0;
};

/// What came of each point of a sweep.
struct sweep_report {
  simulation::sweep of;
  std::vector<sweep_figure> figures;
  /// By point, then by figure.
  std::vector<std::vector<std::int64_t>> values;
};

/// `results` has the years of each point. Measures without a year are those of
/// the last; no measures at all means headcount, payroll and participation.
/// `invalid_input` for a year that a point does not have, `failed` if there are
/// not as many results as points.
[[nodiscard]] runtime::outcome<sweep_report>
make_sweep_report(simulation::sweep of,
                  std::span<const simulation::measure_in_year> measures,
                  std::span<const simulation::projected_years> results);

/// A row per point: its parameters, then the figures; ends in LF.
[[nodiscard]] std::string render_sweep(const sweep_report& report);

/// A list of {label, parameters, figures: [{measure, year, value}]}.
[[nodiscard]] nlohmann::ordered_json sweep_json(const sweep_report& report);

} // namespace troupe::tools
