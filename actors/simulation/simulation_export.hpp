#pragma once

#include "actors/simulation/simulation_history.hpp"
#include "runtime/problem.hpp"

#include <cstdint>
#include <filesystem>

namespace troupe::simulation {

struct exported_files {
  std::uint64_t years = 0;
  std::uint64_t csv_bytes = 0; ///< Of events.csv and snapshots.csv.
};

/// Writes years.json, events.csv and snapshots.csv of all years that count into
/// the folder, to the byte as a simulation does, and
/// the run's report as run.json. All files or none. `not_found` when no year
/// counts, or when only totals are stored.
[[nodiscard]] runtime::outcome<exported_files>
export_simulation(simulation_history& history, const stored_simulation& run,
                  const std::filesystem::path& folder);

} // namespace troupe::simulation
