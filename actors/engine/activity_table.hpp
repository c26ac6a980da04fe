#pragma once

#include "messages/activity.pb.h"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::engine {

/// An `ActivityRef` that can be looked up.
struct activity_key {
  std::string run;
  std::string step;
  std::uint32_t item = 0;
  bool compensation = false;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
  std::uint64_t claim = 0;

  friend auto operator<=>(const activity_key&, const activity_key&) = default;
};

[[nodiscard]] activity_key to_key(const messages::ActivityRef& ref);
[[nodiscard]] messages::ActivityRef to_message(const activity_key& key);

struct activity_table_options {
  /// Activities at the same time; more are refused.
  std::size_t activities_max = 10;
  /// The grace that an activity may have where its request does not say: no
  /// less than the longest that inputs can ask for.
  std::chrono::milliseconds grace_max{600'000};
  /// What an activity may take beyond its grace before it is killed.
  std::chrono::milliseconds kill_margin{5'000};
};

/// The activities of a host, and when each has to be stopped:
///
///              cancel, timeout, shutdown       grace and margin are over
///     running ---------------------> stopping ---------------> killed
///        |                              |                        |
///        +------------------------------+------------------------+--> ended
///
/// Pure logic: the caller passes in the time, does what `next` says, and calls
/// one of the `end` functions once per activity.
class activity_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class admission : std::uint8_t {
    accepted,
    known, ///< It runs already: nothing to do.
    outdated, ///< Its work was given to a later epoch.
    full,
    closing, ///< The host is about to end.
  };

  /// What to do with an activity now.
  struct step {
    enum class kind : std::uint8_t {
      cancel, ///< Tell it to stop within the grace.
      kill, ///< End it, then call `end_killed`.
    };

    kind what = kind::cancel;
    activity_key key;
    /// Absent: as its input says.
    std::optional<std::chrono::milliseconds> grace;

    friend bool operator==(const step&, const step&) = default;
  };

  explicit activity_table(activity_table_options options = {}) noexcept
    : options_{options} {}

  /// A request arrives. An accepted one takes over from those of the same work
  /// with lower epochs, which are stopped and not reported.
  [[nodiscard]] admission admit(const messages::RunActivity& request,
                                time_point now);

  void cancel(const messages::CancelActivity& request, time_point now);

  /// The activity goes on under a later epoch. False: it does not, as it has
  /// ended, its work was given to another one, or the epoch is no later one;
  /// nothing changes.
  [[nodiscard]] bool rebind(const activity_key& key, std::uint64_t epoch);

  /// Stops all, and admits no more.
  void close(time_point now);

  /// A sign of life. False: of nobody that is to be reported.
  [[nodiscard]] bool beat(const activity_key& key, time_point now);

  /// The next thing to do, if any. Call until there is none: after each change
  /// and at the instant that `next_deadline` names.
  [[nodiscard]] std::optional<step> next(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const;

  /// The activity succeeded: whether to report that.
  [[nodiscard]] bool end_succeeded(const activity_key& key);

  /// The activity failed: what to report. Whoever was stopped failed for that
  /// reason, whatever it says itself.
  [[nodiscard]] std::optional<messages::ActivityFailed>
  end_failed(const activity_key& key, messages::ActivityFailed failure);

  /// The activity is gone without a word, or was killed.
  [[nodiscard]] std::optional<messages::ActivityFailed>
  end_lost(const activity_key& key, const std::string& why);

  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }

  [[nodiscard]] bool is_closing() const noexcept {
    return is_closing_;
  }

private:
  enum class stop_cause : std::uint8_t {
    none,
    cancelled,
    timed_out,
    silent,
    superseded,
    closing,
  };

  struct entry {
    std::optional<time_point> close_at;
    std::optional<time_point> beat_by;
    std::chrono::milliseconds heartbeat{0};
    stop_cause cause = stop_cause::none;
    std::optional<std::chrono::milliseconds> grace;
    bool must_tell = false;
    bool was_killed = false;
    std::optional<time_point> kill_at;
  };

  using entries = std::map<activity_key, entry>;

  void stop(entry& each, stop_cause cause,
            std::optional<std::chrono::milliseconds> grace, time_point now);
  void supersede(const activity_key& key, time_point now);
  [[nodiscard]] bool has_later(const activity_key& key) const;
  static void explain(stop_cause cause, messages::ActivityFailed& failure);

  activity_table_options options_;
  entries entries_;
  bool is_closing_ = false;
};

} // namespace troupe::engine
