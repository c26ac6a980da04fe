#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>

namespace troupe::cluster {

/// Durations are on the node's own steady clock, which does not stop while the
/// process is stopped.
struct tick_watch_options {
  /// How often the node looks.
  std::chrono::microseconds interval{std::chrono::milliseconds{100}};
  /// So much beyond the interval is worth a word.
  std::chrono::microseconds late_after{std::chrono::milliseconds{150}};
  /// Who did nothing for so long must give up what only one may do. The bound:
  /// two absences just below this with a lost beat between them, begun just
  /// before a beat was due, are a silence of less than a beat interval and two
  /// of these; with the network's jitter (50 ms) that has to be less than
  /// `silence_until_dead_min` of everybody's detector: 1,050 < 1,108 ms.
  std::chrono::microseconds step_down_after{std::chrono::milliseconds{400}};
  /// Whoever listened all the time holds this node for dead by now; not less
  /// than `silence_max` of everybody's detector.
  std::chrono::microseconds lost_after{std::chrono::milliseconds{1150}};

  friend bool operator==(const tick_watch_options&, const tick_watch_options&)
    = default;
};

/// What a node was, in ascending order of how bad that is.
enum class punctuality : std::uint8_t {
  on_time,
  late, ///< Others may suspect it.
  unsafe, ///< Others may hold it for dead soon: it steps down.
  lost, ///< Others do hold it for dead.
};

struct absence {
  punctuality how = punctuality::on_time;
  /// Beyond the interval; zero when on time.
  std::chrono::microseconds lateness{0};

  friend bool operator==(const absence&, const absence&) = default;
};

/// Knows whether a node gets to run. One that did not must not take its own
/// deafness for the silence of others (ray-project/ray#27710), nor go on as if
/// nobody had noticed. To be asked first, whatever happens. Time comes in as an
/// argument; time that goes back counts as standing still.
class tick_watch {
public:
  using time_point = runtime::clock::steady_time;
  using duration = std::chrono::microseconds;

  tick_watch(const tick_watch_options& options, time_point now);

  /// The node runs now. Tells how long it did not before.
  absence observe(time_point now);

  /// The worst lateness of the last two seconds, for others to know. As of the
  /// latest `observe`.
  [[nodiscard]] duration recent_lateness() const noexcept {
    return recent_;
  }

  /// Whether nobody can have declared this node dead by `now`, even if it has
  /// not run since the latest `observe`.
  [[nodiscard]] bool is_safe(time_point now) const noexcept {
    return now - observed_at_ < options_.step_down_after;
  }

private:
  tick_watch_options options_;
  time_point observed_at_;
  duration recent_{0};
  time_point recent_until_;
};

} // namespace troupe::cluster
