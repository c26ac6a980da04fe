#pragma once

#include "runtime/guard/guard_options.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::tests {

/// An outage in virtual time. A backend of `servers` takes 20 ms plus an
/// exponential 30 ms for a call, ten times that during the outage. It works on
/// calls whose caller has gone, as real ones do. Calls arrive at random
/// (Poisson), one in ten critical, two high, five normal, two low. A call is
/// good if its answer comes within `patience`.
struct outage_script {
  /// Offered load, as a share of what the healthy backend can do.
  double load_around = 1.5;
  double load_during = 1.5;
  std::chrono::seconds before{60};
  std::chrono::seconds during{60};
  std::chrono::seconds after{120};
  double slowdown = 10.0;
  std::uint64_t seed = 1;

  static constexpr auto servers = std::size_t{8};
  static constexpr auto patience = std::chrono::seconds{1};
  /// The unit of recovery.
  static constexpr auto interval = std::chrono::seconds{5};
  /// Calls a second.
  static constexpr auto capacity = static_cast<double>(servers) / 0.050;
};

/// What stands between the callers and the backend.
enum class protection : std::uint8_t {
  /// Callers give up after their patience and try again, three times in all.
  none,
  /// The source system's rules for an operation of eight slots: leaky
  /// consecutive breaker, refusals count as failures, any number of trials, a
  /// limit per priority that spans waiting and running, a queue whose count
  /// falls twice on an error.
  source_rules,
  /// The same, spared the calls of low priority, which those rules always fail.
  source_rules_without_low,
  guarded,
};

struct outage_result {
  std::string name;
  /// Good calls as a share of what was possible: the lesser of what was offered
  /// and what the backend could do.
  double goodput_before = 0.0;
  double goodput_during = 0.0;
  double goodput_after = 0.0;
  double goodput = 0.0;
  /// Of the calls that reached the backend, answered or not: to their end.
  std::chrono::microseconds p99_admitted{0};
  /// From the end of the outage to the first time from which, over one
  /// interval, goodput is 90 % of what is possible; the rest of the script if
  /// there is none.
  std::chrono::milliseconds recovery{0};
  bool is_recovered = false;
  /// The longest recovery when the outage lasts 10 s less to 10 s more: how
  /// open times and outage happen to meet tells nothing.
  std::chrono::milliseconds recovery_max{0};
  /// Attempts the backend was asked for, per call that reached it.
  double attempts_per_call = 0.0;
};

/// The guard of the scenario.
[[nodiscard]] runtime::guard_options outage_guard();

[[nodiscard]] outage_result run_outage(const outage_script& script,
                                       protection by);

/// The 99th percentile of a call's time at 70 % load, without an outage and
/// without protection.
[[nodiscard]] std::chrono::microseconds normal_p99(std::uint64_t seed);

/// One line per result, as in runtime/guard/README.md.
[[nodiscard]] std::string render_table(const std::vector<outage_result>& rows,
                                       std::chrono::microseconds normal);

} // namespace troupe::tests
