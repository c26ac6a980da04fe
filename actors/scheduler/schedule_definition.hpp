#pragma once

#include "actors/scheduler/cron_schedule.hpp"
#include "actors/scheduler/exclusion_calendar.hpp"
#include "actors/scheduler/instant.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::scheduler {

/// How much a schedule may hold. Beyond any of these it is refused.
namespace schedule_bounds {

inline constexpr auto description_bytes_max = std::size_t{16'384};
inline constexpr auto times_max = std::size_t{1'440}; ///< Of `at`.
inline constexpr auto after_max = std::size_t{100};
inline constexpr auto windows_max = std::size_t{100};
inline constexpr auto dates_max = std::size_t{1'000}; ///< Of one window.
inline constexpr auto runs_max = std::int64_t{1'000'000'000};
inline constexpr auto every_min = std::chrono::seconds{1};
/// A late start is normal by seconds: nothing would ever start in time.
inline constexpr auto catch_up_min = std::chrono::seconds{10};
/// Ten years: longer waits are not meant.
inline constexpr auto duration_max = std::chrono::hours{24 * 3'653};

} // namespace schedule_bounds

/// Due at instants of equal distance, one of which is the anchor; they lie on
/// both sides of it.
struct interval_timing {
  /// Of at least `schedule_bounds::every_min`.
  std::chrono::milliseconds every{std::chrono::hours{1}};
  /// 1970-01-01T00:00:00Z unless said otherwise, so that whole hours and, in
  /// UTC, days are met.
  instant anchor{};

  friend bool operator==(const interval_timing&, const interval_timing&)
    = default;
};

/// When a schedule is due: whenever one of several expressions is (frequencies
/// are expressions too, and so have their policy at clock changes), at equal
/// distances, or once.
using schedule_timing
  = std::variant<std::vector<cron_schedule>, interval_timing, instant>;

/// What becomes of a due time while a run of the schedule is still going on.
enum class overlap_policy : std::uint8_t {
  skip,
  buffer_one, ///< One waits; more are skipped.
  buffer_all, ///< They start one after the other.
  cancel_other, ///< The run is cancelled; the newest due time starts after it.
  allow_all, ///< They run side by side.
};

/// What becomes of a due time when something it comes after has failed.
enum class dependency_policy : std::uint8_t {
  run_anyway,
  skip,
  wait, ///< For a run that succeeds.
};

/// When a workflow is started, and when not. Plain data.
struct schedule_definition {
  std::string id;
  std::string description;
  std::string workflow;
  /// An object.
  nlohmann::json inputs = nlohmann::json::object();

  schedule_timing timing;
  exclusion_calendar calendar;
  /// Nothing is due before and after these.
  std::optional<instant> from;
  std::optional<instant> until;

  /// Starts are spread over this time from the due time on.
  std::chrono::milliseconds jitter{0};
  /// A start that is later than this is missed.
  std::chrono::milliseconds catch_up{std::chrono::hours{24}};
  overlap_policy overlap = overlap_policy::skip;
  /// Ids of schedules or workflows. A due time waits until each of them has
  /// ended a run since the due time before.
  std::vector<std::string> after;
  dependency_policy after_failure = dependency_policy::skip;
  /// Failures in a row that pause it; 0: none do.
  std::uint32_t pause_on_failures = 0;
  /// Due times that start a run, all in all; 0: no limit.
  std::uint64_t max_runs = 0;
  /// Whether it is created paused.
  bool is_paused = false;

  friend bool operator==(const schedule_definition&, const schedule_definition&)
    = default;
};

} // namespace troupe::scheduler
