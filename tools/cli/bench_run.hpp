#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe::tools {

/// What a workload is measured under.
struct bench_settings {
  std::string workload;
  std::string mode; ///< "durable" or "in-process".
  std::size_t runs = 5;
  nlohmann::ordered_json settings;
};

/// Figures of one run, by key.
using bench_figures = nlohmann::ordered_json;

/// One part of a workload: measures it once and hands out the figures.
using bench_part = std::function<runtime::outcome<bench_figures>()>;

/// Measures each part of each run in a process of its own: the first call
/// counts, and memory is told apart. Adds to each run `peak_rss_mib` of the
/// last part and `other_cpu`, the share of the machine (0..1) that other
/// processes used meanwhile. Call before the first thread is started.
[[nodiscard]] runtime::outcome<nlohmann::ordered_json>
measure(const bench_settings& settings, const std::vector<bench_part>& parts);

/// Seconds on the steady clock.
[[nodiscard]] double seconds_now();

} // namespace troupe::tools
