#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Where whoever asks for work does it.
enum class worker_place : std::uint8_t {
  near, ///< In this process: tasks are shared memory.
  far, ///< On another node: tasks are bytes that travel.
};

/// Workers that ask for work, and how much of it each has asked for. `Handle`
/// is how a worker is reached.
template <class Handle>
class pulling_workers {
public:
  using worker_id = std::uint64_t;

  using time_point = std::chrono::steady_clock::time_point;

  /// A worker asks for one more task. True: it is new, so that whoever gives
  /// work has to watch it.
  bool ask(worker_id id, const Handle& worker,
           worker_place place = worker_place::near, time_point now = {}) {
    const auto [at, is_new] = workers_.try_emplace(id, entry{worker, place});
    auto& asking = at->second;
    if (asking.is_busy())
      longest_ = std::max(longest_, now - asking.busy_since);
    asking.busy_since = now;
    asking.credit_max = std::max(asking.credit_max, ++asking.credit);
    return is_new;
  }

  /// Those on other nodes that take so long for a task, and twice as long as
  /// any took, while somebody near has none: what they do is waited for. Each
  /// once for so long.
  [[nodiscard]] std::vector<worker_id>
  take_stragglers(time_point now, std::chrono::nanoseconds patience) {
    const auto is_idle = [](const auto& each) {
      return each.second.place == worker_place::near && !each.second.is_busy();
    };
    auto late = std::vector<worker_id>{};
    if (std::none_of(workers_.begin(), workers_.end(), is_idle))
      return late;
    for (auto& [id, worker] : workers_)
      if (worker.place == worker_place::far && worker.is_busy()
          && now - worker.busy_since
               >= std::max<std::chrono::nanoseconds>(patience, 2 * longest_)) {
        worker.busy_since = now;
        late.push_back(id);
      }
    return late;
  }

  /// How many there are on other nodes.
  [[nodiscard]] std::size_t far() const {
    return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& each) {
        return each.second.place == worker_place::far;
      }));
  }

  /// False: there is no such worker.
  bool lose(worker_id id) {
    return workers_.erase(id) != 0;
  }

  /// One task to each worker that has asked, then another round, until nobody
  /// asks or there is none for those who do. `take(id, place)` is an optional
  /// task for this worker, `send(worker, task)` gives it out.
  template <class Take, class Send>
  void give(Take take, Send send, time_point now = {}) {
    for (auto gave = true; gave;) {
      gave = false;
      for (auto& [id, worker] : workers_) {
        if (worker.credit == 0)
          continue;
        auto task = take(id, worker.place);
        if (!task)
          continue;
        if (!worker.is_busy())
          worker.busy_since = now;
        --worker.credit;
        send(worker.handle, std::move(*task));
        gave = true;
      }
    }
  }

private:
  struct entry {
    Handle handle;
    worker_place place = worker_place::near;
    std::uint64_t credit = 0;
    std::uint64_t credit_max = 0; ///< When it has nothing.
    time_point busy_since{}; ///< With the task that it is at.

    [[nodiscard]] bool is_busy() const noexcept {
      return credit < credit_max;
    }
  };

  std::map<worker_id, entry> workers_;
  std::chrono::nanoseconds longest_{0}; ///< That a task took.
};

} // namespace troupe::runtime
