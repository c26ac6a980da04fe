#pragma once

#include "runtime/problem.hpp"

#include <chrono>

namespace troupe::cluster {

/// How long a lease is, and all that follows from it. The defaults let a
/// standby lead within 1.5 s after the leader was killed, so that half a second
/// is left to read the store before the first write (README.md).
struct lease_timing {
  /// By the database's clock, from when it grants or renews.
  std::chrono::milliseconds length{1'200};
  /// By so much the belief in the own lease ends before the lease can: for
  /// clocks that drift apart, and for what was decided just before.
  std::chrono::milliseconds margin{150};
  /// After that a request counts as lost and is sent again. Its answer counts
  /// all the same if it comes.
  std::chrono::milliseconds request_timeout{300};
  /// How often a standby looks, so that it notices a release. That a lease
  /// ends by itself it knows beforehand.
  std::chrono::milliseconds watch_interval{250};
  /// So much later chance may let a standby ask, lest all do at once.
  std::chrono::milliseconds jitter_max{100};
  /// Before another try where the database refuses or is not there.
  std::chrono::milliseconds retry_interval{100};
  /// A node that did not tick for longer was away: it does not lead any more.
  std::chrono::milliseconds tick_gap_max{400};

  friend bool operator==(const lease_timing&, const lease_timing&) = default;
};

/// The shortest and the longest lease that an operator may want: a database
/// that answers late takes up the first, and the second would be no failover.
inline constexpr auto lease_length_min = std::chrono::milliseconds{600};
inline constexpr auto lease_length_max = std::chrono::milliseconds{60'000};

/// A lease of that length: what has to grow with it does, in the proportions of
/// the defaults. Passes `check` from the shortest to the longest.
[[nodiscard]] constexpr lease_timing
timing_of(std::chrono::milliseconds length) noexcept {
  auto timing = lease_timing{};
  timing.length = length;
  timing.margin = length / 8;
  timing.request_timeout = length / 4;
  timing.tick_gap_max = length / 3;
  return timing;
}

/// How far a clock may be off, of the time that passes: 1 %. Quartz is off by
/// 0.01 %; the rest is for clocks that are being slewed.
inline constexpr auto clock_drift_ppm = 10'000;

/// How often a leader renews: three times in the length of the lease.
[[nodiscard]] constexpr std::chrono::milliseconds
renew_interval(const lease_timing& of) noexcept {
  return of.length / 3;
}

/// How long a leader may believe in its lease, counted from when it sent the
/// request.
[[nodiscard]] constexpr std::chrono::milliseconds
belief_length(const lease_timing& of) noexcept {
  return of.length - of.margin;
}

/// By how much the clocks of the node and of the database may have come apart
/// over a lease, if one is slow and the other one fast.
[[nodiscard]] constexpr std::chrono::microseconds
drift_max(const lease_timing& of) noexcept {
  return std::chrono::microseconds{of.length} * (2 * clock_drift_ppm)
           / 1'000'000
         + std::chrono::microseconds{1};
}

/// The longest time from the death of a leader to the next one, if the
/// database answers within `round_trip` and the standbys tick every `tick`:
/// the last renewal was on its way (half a round trip), the lease ends by
/// itself, a standby notices at its next tick, chance lets it wait, and it asks
/// (an answer of the last watch, then two requests in case one of them was a
/// watch that came too early).
[[nodiscard]] constexpr std::chrono::microseconds
takeover_max(const lease_timing& of, std::chrono::microseconds round_trip,
             std::chrono::microseconds tick) noexcept {
  return of.length + drift_max(of) + of.jitter_max + tick * 2 + round_trip * 3;
}

/// Whether a lease like that can be held: the margin covers the drift, and a
/// leader survives the loss of a renewal.
[[nodiscard]] runtime::outcome<void> check(const lease_timing& timing);

} // namespace troupe::cluster
