#pragma once

#include "actors/simulation/ensemble.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace troupe::tools {

/// An ensemble and what was asked of it.
struct ensemble_report {
  std::uint64_t first_seed = 0;
  simulation::ensemble of;
  std::span<const simulation::exceedance> exceedances;
};

/// A row per figure and year with its band, money in whole units, then a row
/// per threshold and year; ends in LF.
[[nodiscard]] std::string render_ensemble(const ensemble_report& report);

/// {first_seed, members, years, percentiles, bands, exceedances}
[[nodiscard]] nlohmann::ordered_json
ensemble_json(const ensemble_report& report);

} // namespace troupe::tools
