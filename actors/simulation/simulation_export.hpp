#pragma once

#include "actors/simulation/simulation_files.hpp"
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
/// the folder, to the byte as a simulation does, and the run's report as
/// run.json. No file gets its name before all are whole; a kill while they are
/// named, one after the other, leaves some, and the next export the rest.
/// `not_found` when no year counts, or when only totals are stored.
[[nodiscard]] runtime::outcome<exported_files>
export_simulation(simulation_history& history, const stored_simulation& run,
                  const std::filesystem::path& folder);

/// The same into files that are there already.
[[nodiscard]] runtime::outcome<exported_files>
export_simulation(simulation_history& history, const stored_simulation& run,
                  simulation_files files);

} // namespace troupe::simulation
