#pragma once

#include "runtime/problem.hpp"
#include "runtime/tabular/output_writer.hpp"

#include <filesystem>

namespace troupe::simulation {

/// events.csv and snapshots.csv with their headers, years.json and run.json,
/// in a folder that is made if it is missing; none is visible yet. Problems
/// have the file and what to do. Blocks on the disk.
[[nodiscard]] runtime::outcome<runtime::output_files>
create_simulation_files(const std::filesystem::path& folder);

} // namespace troupe::simulation
