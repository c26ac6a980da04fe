#pragma once

#include "runtime/problem.hpp"
#include "runtime/tabular/output_file.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace troupe::simulation {

/// Files by their names.
using simulation_files = std::map<std::string, runtime::output_file>;

/// events.csv and snapshots.csv with their headers, years.json and run.json,
/// in a folder that is made if it is missing; none is visible yet. Problems
/// have the file and what to do. Blocks on the disk.
[[nodiscard]] runtime::outcome<simulation_files>
create_simulation_files(const std::filesystem::path& folder);

} // namespace troupe::simulation
