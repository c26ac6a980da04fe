#pragma once

#include "runtime/clock.hpp"
#include "runtime/guard/deadline.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace troupe::runtime {

/// Who goes first, and who goes last when there is not room for all.
enum class call_class : std::uint8_t {
  critical,
  high,
  normal,
  low,
  maintenance,
};

struct bulkhead_options {
  /// At least 1.
  std::size_t concurrent_max = 1;
  /// How many may wait; 0: nobody waits.
  std::size_t queue_max = 0;
  /// How long one may wait; zero: until its deadline.
  std::chrono::nanoseconds queue_timeout{0};

  friend bool operator==(const bulkhead_options&, const bulkhead_options&)
    = default;
};

/// Limits how many calls run at once, and lets a bounded number wait: by class,
/// then by deadline, then in order of arrival.
///
/// A slot is a lease that an id owns, never a count: what is free follows from
/// the leases there are, so that a slot can be neither lost nor given back
/// twice. Ids are the caller's; an id has at most one place here.
class bulkhead {
public:
  using time_point = clock::steady_time;
  using duration = std::chrono::nanoseconds;
  using call_id = std::uint64_t;

  struct request {
    call_id id = 0;
    call_class rank = call_class::normal;
    deadline until;
    /// Place among equals; keeps it when a call comes back. By arrival.
    std::uint64_t sequence = 0;
  };

  struct admitted {
    friend bool operator==(const admitted&, const admitted&) = default;
  };

  struct queued {
    /// The waiting call of a lower class that had to leave for this one.
    std::optional<call_id> displaced;

    friend bool operator==(const queued&, const queued&) = default;
  };

  enum class refusal_reason : std::uint8_t {
    queue_full,
    deadline_passed,
    /// The id runs or waits already.
    known_id,
  };

  struct refused {
    refusal_reason reason = refusal_reason::queue_full;
    /// When a place may be free, as far as the recent calls tell.
    duration retry_after{0};

    friend bool operator==(const refused&, const refused&) = default;
  };

  using decision = std::variant<admitted, queued, refused>;

  enum class waiting_end : std::uint8_t {
    granted,
    queue_timeout,
    deadline_passed,
  };

  /// What became of a waiting call.
  struct wait_result {
    call_id id = 0;
    waiting_end end = waiting_end::granted;
    duration waited{0};

    friend bool operator==(const wait_result&, const wait_result&) = default;
  };

  explicit bulkhead(const bulkhead_options& options) noexcept;

  [[nodiscard]] decision admit(const request& call, time_point now);

  /// Gives a slot to a call that runs already, from before a restart, even
  /// beyond the limit: then nobody starts until it is met again. False if the
  /// id has a place.
  [[nodiscard]] bool adopt(call_id id, time_point now);

  /// Gives back the slot of `id`. False if it has none: a bug of the caller's,
  /// to be reported; nothing changes.
  [[nodiscard]] bool release(call_id id, time_point now);

  /// Takes a waiting call out of the queue; false if it does not wait.
  bool withdraw(call_id id);

  /// Who stopped waiting by `now`: those whose time is up, then, in order,
  /// those who now have a slot. Call after each `release` and at `next_check`.
  [[nodiscard]] std::vector<wait_result> advance(time_point now);

  /// When somebody's waiting time is up.
  [[nodiscard]] std::optional<time_point> next_check() const noexcept;

  /// Whether a call would be admitted at once.
  [[nodiscard]] bool has_room() const noexcept {
    return queue_.empty() && leases_.size() < options_.concurrent_max;
  }

  [[nodiscard]] std::size_t running() const noexcept {
    return leases_.size();
  }

  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.size();
  }

  /// The waiting calls in the order in which they would get a slot.
  [[nodiscard]] std::vector<call_id> queue() const;

  [[nodiscard]] bool is_running(call_id id) const {
    return leases_.contains(id);
  }

  /// How long a call that waits behind all others may have to, as far as the
  /// recent calls tell; zero as long as none has ended.
  [[nodiscard]] duration expected_wait() const noexcept;

private:
  struct place {
    call_class rank = call_class::normal;
    deadline until;
    std::uint64_t sequence = 0;
    call_id id = 0;

    auto operator<=>(const place&) const = default;
  };

  struct waiter {
    place at;
    time_point since;
    time_point expires;
  };

  std::optional<call_id> make_room(const request& call);
  void enqueue(const request& call, time_point now);
  void remove(call_id id);

  bulkhead_options options_;
  std::map<call_id, time_point> leases_; // With the time they began.
  std::map<call_id, waiter> waiting_;
  std::set<place> queue_;
  std::set<std::pair<time_point, call_id>> expiries_;
  /// Exponentially weighted mean, one eighth for the newest.
  duration mean_hold_{0};
};

} // namespace troupe::runtime
