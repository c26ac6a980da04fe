#pragma once

#include "actors/simulation/ensemble.hpp"
#include "actors/simulation/year_totals.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::simulation {

/// Something about the run that the reader may need to know.
struct report_fact {
  std::string name;
  std::string value;
};

struct simulation_report {
  std::string title;
  /// One or two sentences under the title; may be empty.
  std::string summary;
  /// All years of one projection, at least one.
  std::vector<year_totals> years;
  /// Of many seeds; `years` is then that of the first.
  std::optional<ensemble> spread;
  std::vector<exceedance> exceedances;
  std::vector<report_fact> facts;
};

/// The report as one HTML page that needs nothing else: no scripts, no network,
/// light or dark as the reader's system is, and fit for print. Money is in
/// whole units.
[[nodiscard]] std::string render_html(const simulation_report& report);

} // namespace troupe::simulation
