#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "tools/cli/bench_run.hpp"

#include <cstddef>
#include <string>

namespace troupe::tools {

/// Workload W4: N items x 20 criteria, in memory and from CSV to CSV.
struct bench_w4_options {
  std::size_t items = 1'000'000;
  std::size_t runs = 5;
  std::size_t workers = 0;
  /// The table; made in the temporary folder when empty.
  std::string table;
};

/// The table of so many items as CSV, in the temporary folder; made once.
[[nodiscard]] runtime::outcome<std::string> find_w4_table(std::size_t items);

/// What is asked of a scoring of such a table: scores as CSV, six decimals.
[[nodiscard]] scoring::scoring_request w4_request(const std::string& table,
                                                  const std::string& scores);

[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
bench_w4(const bench_w4_options& options);

} // namespace troupe::tools
