#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

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

  /// A worker asks for one more task. True: it is new, so that whoever gives
  /// work has to watch it.
  bool ask(worker_id id, const Handle& worker,
           worker_place place = worker_place::near) {
    const auto [at, is_new] = workers_.try_emplace(id, entry{worker, place, 0});
    ++at->second.credit;
    return is_new;
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
  void give(Take take, Send send) {
    for (auto gave = true; gave;) {
      gave = false;
      for (auto& [id, worker] : workers_) {
        if (worker.credit == 0)
          continue;
        auto task = take(id, worker.place);
        if (!task)
          continue;
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
  };

  std::map<worker_id, entry> workers_;
};

} // namespace troupe::runtime
