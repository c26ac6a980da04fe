#pragma once

#include "runtime/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::cluster {

/// Durations are on the observer's steady clock.
struct phi_accrual_options {
  /// How often the observed node says that it lives; the mean of a window
  /// counts as no shorter, so that a burst of late beats proves nothing.
  std::chrono::microseconds beat_interval{std::chrono::milliseconds{200}};
  /// How many intervals are remembered; at least 1.
  std::size_t window_intervals = 64;
  /// A rhythm is never taken for more regular than this.
  std::chrono::microseconds deviation_min{std::chrono::milliseconds{80}};
  /// Silence beyond the mean that means nothing: a lost beat or two.
  std::chrono::microseconds pause_acceptable{std::chrono::milliseconds{400}};
  double suspect_phi = 4;
  double dead_phi = 10;
  /// A node that was silent for so long is dead, however irregular it was.
  std::chrono::microseconds silence_max{std::chrono::milliseconds{1150}};

  friend bool operator==(const phi_accrual_options&, const phi_accrual_options&)
    = default;
};

enum class liveness : std::uint8_t { alive, suspect, dead };

/// How unlikely it is, as -log10 of the probability, that a node of this rhythm
/// is silent for so long and lives: phi 4 is wrong once in 10,000 times.
/// `deviations` is the silence beyond the mean, in standard deviations.
/// Source: Hayashibara, Defago, Yared, Katayama: The phi accrual failure
/// detector (SRDS 2004), section 4, with a normal distribution.
[[nodiscard]] double phi_of(double deviations) noexcept;

/// The inverse of `phi_of`, to 1e-9, for phi from 0.31 (no deviation) to 300.
[[nodiscard]] double deviations_of(double phi) noexcept;

/// No node is declared dead after less silence than this, counted from its
/// latest beat: who stays below it is safe from everybody with these options.
[[nodiscard]] std::chrono::microseconds
silence_until_dead_min(const phi_accrual_options& options) noexcept;

/// What the arrivals of one node's beats say about whether it lives. Time comes
/// in as an argument; time that goes back counts as standing still.
class phi_accrual {
public:
  using time_point = runtime::clock::steady_time;
  using duration = std::chrono::microseconds;

  /// `heard_at` is the first proof of life.
  phi_accrual(const phi_accrual_options& options, time_point heard_at);

  /// A proof of life; one that is no later than the latest changes nothing.
  void heard(time_point at);

  /// The observer itself was absent for `absence` until `now`: silence during
  /// that time is not counted.
  void forgive(duration absence, time_point now);

  [[nodiscard]] liveness judge(time_point now) const noexcept;

  /// The suspicion as a number, for people; `judge` compares times instead.
  [[nodiscard]] double phi(time_point now) const noexcept;

  [[nodiscard]] time_point heard_at() const noexcept {
    return heard_at_;
  }

  /// How much silence makes it suspect, and dead.
  [[nodiscard]] duration silence_until_suspect() const noexcept;
  [[nodiscard]] duration silence_until_dead() const noexcept;

private:
  [[nodiscard]] double mean() const noexcept;
  [[nodiscard]] double deviation() const noexcept;
  [[nodiscard]] duration silence_until(double deviations) const noexcept;

  phi_accrual_options options_;
  double suspect_deviations_;
  double dead_deviations_;
  time_point heard_at_;
  std::vector<std::int64_t> intervals_; // A ring, in microseconds.
  std::size_t next_ = 0;
  // Integers, so that sums are exact in any order.
  std::int64_t sum_ = 0;
  std::int64_t sum_of_squares_ = 0;
};

} // namespace troupe::cluster
