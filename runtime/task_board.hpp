#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace troupe::runtime {

/// Who does which task, and how often it was tried.
///
///     waiting --take--> out --complete--> (gone)
///        ^               |
///        +--fail, lose---+--fail for the last time--> (gone, exhausted)
///
/// A worker does its tasks in the order in which it took them, so of those that
/// a dead worker held only the first can have killed it.
///
/// Pure bookkeeping: tasks and workers are numbers chosen by the caller. Only
/// the holder of the newest attempt can complete or fail a task, so an answer
/// from a worker given up on is recognised as late.
class task_board {
public:
  using task_id = std::uint64_t;
  using worker_id = std::uint64_t;

  /// A task given out.
  struct assignment {
    task_id task = 0;
    std::uint32_t attempt = 0; ///< 1 for the first; grows with each take.
  };

  /// What becomes of a task that failed.
  enum class verdict {
    late, ///< Somebody else has it by now, or it is done.
    again, ///< It waits to be taken again.
    exhausted, ///< It failed `attempts_max` times and is off the board.
  };

  explicit task_board(std::uint32_t attempts_max = 3) noexcept
    : attempts_max_{attempts_max} {}

  /// Puts a new task at the end of the queue. `attempts_max`: how often this
  /// one may be tried, if not as often as the others.
  void add(task_id task, std::optional<std::uint32_t> attempts_max = {});

  /// Puts one before all others, which may wait for what comes of it.
  void add_in_front(task_id task);

  /// The task that has waited longest; nothing when none waits.
  [[nodiscard]] std::optional<assignment> take(worker_id worker);

  /// The same among those that the worker may have, of the first thousand.
  [[nodiscard]] std::optional<assignment>
  take(worker_id worker, const std::function<bool(task_id)>& may_have);

  /// Who has it under that attempt; nothing: late.
  [[nodiscard]] std::optional<worker_id> holder(task_id task,
                                                std::uint32_t attempt) const;

  /// Its holder did not try it, so it waits again, with no failure more.
  /// Nothing: late; else who held it.
  [[nodiscard]] std::optional<worker_id> give_back(task_id task,
                                                   std::uint32_t attempt);

  /// Whether the answer counts. False: late, to be dropped.
  [[nodiscard]] bool complete(task_id task, std::uint32_t attempt);

  [[nodiscard]] verdict fail(task_id task, std::uint32_t attempt);

  /// Takes back what a dead worker held. For the task it was at, this counts
  /// as a failed attempt. Returns the tasks that are exhausted by it.
  [[nodiscard]] std::vector<task_id> lose(worker_id worker);

  /// Has others do what a worker holds, which is slow and not dead: all of it
  /// waits again, with no failure more. False: it holds nothing.
  bool take_back(worker_id worker);

  /// Forgets everything, waiting or out.
  void clear();

  [[nodiscard]] std::size_t waiting() const noexcept {
    return queue_.size();
  }

  [[nodiscard]] std::size_t out() const noexcept {
    return out_.size();
  }

  [[nodiscard]] bool is_empty() const noexcept {
    return queue_.empty() && out_.empty();
  }

  /// How often a task was put back after it was tried, or might have been.
  [[nodiscard]] std::uint64_t retries() const noexcept {
    return retries_;
  }

private:
  struct entry {
    std::uint32_t attempts = 0; ///< How often it was taken.
    std::uint32_t failures = 0;
    std::uint32_t attempts_max = 0; ///< Failures that exhaust it.
    std::uint64_t taken = 0; ///< Grows with each take of any task.
    worker_id worker = 0;
  };

  using queue = std::deque<std::pair<task_id, entry>>;

  assignment take(worker_id worker, queue::iterator at);
  void put_back(task_id task);

  std::uint32_t attempts_max_;
  std::uint64_t retries_ = 0;
  std::uint64_t takes_ = 0;
  queue queue_;
  std::map<task_id, entry> out_;
};

} // namespace troupe::runtime
