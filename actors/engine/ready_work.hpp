#pragma once

#include "actors/engine/workflow.hpp"
#include "runtime/clock.hpp"

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::engine {

using instant = runtime::clock::wall_time;

/// Names work in the queue. Chosen by the caller, who knows what it means.
using task_handle = std::uint64_t;

/// A name of an activity, or of a custom resource, as a number that the caller
/// gave it. Small; the same name has the same number for all.
using activity_id = std::uint32_t;
using resource_id = std::uint32_t;

/// The same for what stands between work and an operation; 0: nothing does.
using guard_id = std::uint32_t;

/// The same for what is asked of the worker, beyond what it can do and has; 0:
/// nothing is. Each new kind has a number of its own, so there are many.
using placement_id = std::uint64_t;

/// What kinds have in common that differ in their group only: few. 0 if the
/// placement is.
using rules_id = std::uint64_t;

/// Whole units of a custom resource.
struct custom_amount {
  resource_id resource = 0;
  std::uint64_t amount = 0;

  friend auto operator<=>(const custom_amount&, const custom_amount&) = default;
};

/// What work needs while it runs, or what a worker has.
struct resource_amounts {
  std::uint32_t cpu_thousandths = 0;
  std::uint64_t memory_bytes = 0;
  /// Ascending by resource, each once.
  std::vector<custom_amount> custom;

  friend auto operator<=>(const resource_amounts&, const resource_amounts&)
    = default;
};

/// Whether there is room for it on a worker that has `total` when nothing runs
/// there. More processors than that are all of them: it takes longer, and does
/// it all the same. Whoever does not name a custom resource has none of it.
[[nodiscard]] bool fits(const resource_amounts& needed,
                        const resource_amounts& room,
                        const resource_amounts& total) noexcept;

/// Work that could be done now.
struct ready_work {
  task_handle task = 0;
  priority_class priority = priority_class::normal;
  /// When it first was ready; stays the same when it enters a queue again.
  instant enqueued{};
  /// By when it should have ended.
  std::optional<instant> deadline;
  /// From then on it may not start any more.
  std::optional<instant> not_after;
  /// Who shares fairly with others, for example the hash of a tenant's name.
  std::uint64_t fairness_key = 0;
  /// Share of the key against those of others in the class, 1 to 10,000; what
  /// is beyond counts as the nearest. The newest one of a key counts.
  std::uint32_t weight = 1;
  activity_id activity = 0;
  resource_amounts needed;
  guard_id guard = 0;
  rules_id rules = 0;
  placement_id placement = 0;

  friend bool operator==(const ready_work&, const ready_work&) = default;
};

/// A guard that lets nobody of a class through, nor of those below it.
struct closed_guard {
  guard_id guard = 0;
  priority_class from = priority_class::critical;

  friend bool operator==(const closed_guard&, const closed_guard&) = default;
};

/// What a worker can do that has more processors than another one.
struct larger_worker {
  std::vector<activity_id> activities; ///< Ascending.
  resource_amounts total;

  friend auto operator<=>(const larger_worker&, const larger_worker&) = default;
};

/// A worker that asks for work.
struct worker_offer {
  /// For reservations; of one node or one process.
  std::uint64_t worker = 0;
  /// What it can do. Ascending.
  std::vector<activity_id> activities;
  resource_amounts free;
  /// What it has when nothing runs there.
  resource_amounts total;
  /// Work behind them is passed over. Ascending, each guard once.
  std::vector<closed_guard> closed{};
  /// What may be asked of it: work with other rules is passed over. Ascending.
  std::vector<rules_id> open{};
  /// Kinds that are passed over all the same, as there is enough of their group
  /// there. Ascending.
  std::vector<placement_id> full{};
  /// Work without rules that asks for more processors than this worker has is
  /// passed over where one of these could do it.
  std::vector<larger_worker> larger{};
};

/// Why there is no work for a worker.
enum class no_work : std::uint8_t {
  empty, ///< Nothing is in the queue.
  paused,
  unsuitable, ///< Nothing that it can do, or ever has room for.
  no_room, ///< Not enough is free.
  reserved, ///< What is free is kept for work that waited for room too long.
};

/// Why work did not enter the queue.
struct push_refusal {
  enum class why : std::uint8_t {
    queue_full,
    duplicate, ///< Work of this handle is in the queue.
  };

  why reason = why::queue_full;
  /// When to try again; only for `queue_full`.
  std::chrono::microseconds retry_after{0};

  friend bool operator==(const push_refusal&, const push_refusal&) = default;
};

/// Where work stands if nothing else came, and everybody could do all.
struct queue_position {
  /// How many would go first.
  std::uint64_t ahead = 0;
  /// At the present rate; nothing while nothing leaves the queue.
  std::optional<std::chrono::microseconds> estimated_wait;
};

/// Work that waits, in sum.
struct pending_figures {
  std::uint64_t pending = 0;
  /// Meaningless without any.
  instant oldest{};

  friend bool operator==(const pending_figures&, const pending_figures&)
    = default;
};

struct key_figures {
  priority_class priority = priority_class::normal;
  std::uint64_t fairness_key = 0;
  std::uint32_t weight = 1;
  pending_figures figures;

  friend bool operator==(const key_figures&, const key_figures&) = default;
};

struct activity_figures {
  priority_class priority = priority_class::normal;
  activity_id activity = 0;
  resource_amounts needed;
  guard_id guard = 0;
  placement_id placement = 0;
  pending_figures figures;
  /// Since when it is first in turn for a worker that lacks the room for it.
  std::optional<instant> blocked_since;
  /// The worker that is kept for it.
  std::optional<std::uint64_t> reserved_worker;

  friend bool operator==(const activity_figures&, const activity_figures&)
    = default;
};

inline constexpr auto priority_classes = std::size_t{5};

/// What `troupe queue show` prints.
struct queue_figures {
  std::uint64_t pending = 0;
  std::uint64_t pending_max = 0;
  bool is_paused = false;
  std::array<pending_figures, priority_classes> by_class;
  /// Ascending by class, then key.
  std::vector<key_figures> by_key;
  /// Ascending by class, activity, need.
  std::vector<activity_figures> by_activity;
  std::optional<double> taken_per_second;
  std::uint64_t pushed = 0;
  std::uint64_t refused = 0;
  std::uint64_t taken = 0;
  std::uint64_t removed = 0;
  std::uint64_t expired = 0;
};

} // namespace troupe::engine
