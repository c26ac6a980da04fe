#pragma once

#include "runtime/clock.hpp"
#include "runtime/time_zone.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::runtime {

/// By the calendar of a zone. A minute or hour that the clock repeats is two
/// windows; a week begins on Monday.
enum class quota_window : std::uint8_t { minute, hour, day, week, month };

struct quota_options {
  /// Calls in a window.
  std::uint64_t limit = 1;
  quota_window window = quota_window::day;
  time_zone zone;
  /// What only priority callers may use, the last of the limit; at most that.
  std::uint64_t reserve = 0;

  friend bool operator==(const quota_options&, const quota_options&) = default;
};

enum class quota_caller : std::uint8_t { normal, priority };

/// Why a call has to wait for the next window.
struct quota_refusal {
  enum class reason_kind : std::uint8_t {
    exhausted,
    /// Something is left, but for priority callers.
    reserved,
    /// It would not fit into an empty window either.
    never,
  };

  reason_kind reason = reason_kind::exhausted;
  /// When the next window begins.
  clock::wall_time resets_at;

  friend bool operator==(const quota_refusal&, const quota_refusal&) = default;
};

/// That a share of the limit, in percent, is used; once per window and share.
struct quota_warning {
  std::uint32_t percent = 0;
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
  clock::wall_time resets_at;

  friend bool operator==(const quota_warning&, const quota_warning&) = default;
};

/// First and past-the-end instant of the window that contains `now`.
struct window_bounds {
  clock::wall_time begin;
  clock::wall_time end;

  friend bool operator==(const window_bounds&, const window_bounds&) = default;
};

[[nodiscard]] window_bounds
window_at(quota_window window, const time_zone& zone, clock::wall_time now);

/// Counts calls per calendar window.
///
/// A clock that is set back gives nothing back: up to the length of a window
/// the count goes on; farther, the window of the new time takes it over.
class quota {
public:
  /// What survives a restart.
  struct record {
    clock::wall_time window_begin;
    std::uint64_t used = 0;
    std::uint32_t warned_percent = 0;

    friend bool operator==(const record&, const record&) = default;
  };

  explicit quota(quota_options options) : options_{std::move(options)} {}

  /// Nothing if `cost` calls fit.
  [[nodiscard]] std::optional<quota_refusal>
  check(clock::wall_time now, quota_caller caller, std::uint64_t cost = 1);

  /// Counts them, whether they fit or not (check first), and tells which of
  /// the shares 80, 90 and 100 % this reaches.
  std::vector<quota_warning> take(clock::wall_time now, std::uint64_t cost = 1);

  [[nodiscard]] std::uint64_t used(clock::wall_time now);

  [[nodiscard]] window_bounds window(clock::wall_time now);

  [[nodiscard]] record save() const noexcept {
    return {bounds_.begin, used_, warned_percent_};
  }

  /// Goes on with a count of earlier if its window still lasts at `now`.
  void restore(const record& saved, clock::wall_time now);

private:
  void roll(clock::wall_time now);

  quota_options options_;
  window_bounds bounds_;
  std::uint64_t used_ = 0;
  std::uint32_t warned_percent_ = 0;
};

} // namespace troupe::runtime
