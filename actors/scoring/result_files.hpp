#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "runtime/problem.hpp"
#include "runtime/tabular/output_file.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::scoring {

/// The file that is about the portfolio as a whole; all others have lines of
/// batches (reports.hpp).
inline constexpr std::string_view summary_file = "summary.json";

/// Creates the files that a request asks for, by name: those in its folder
/// `out`, which is made if missing, and "scores.csv", whatever its path. None
/// is visible yet. Problems have the file and what to do.
[[nodiscard]] runtime::outcome<std::map<std::string, runtime::output_file>>
create_outputs(const scoring_request& request);

/// Writes a whole result into them, and gives all of them their names. Blocks
/// on the disk.
[[nodiscard]] runtime::outcome<void>
publish(std::map<std::string, runtime::output_file>& files,
        const scoring_result& result, std::optional<int> decimals);

} // namespace troupe::scoring
