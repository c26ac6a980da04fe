#pragma once

#include <cstdint>
#include <map>
#include <utility>

namespace troupe::runtime {

/// Workers that ask for work, and how much of it each has asked for. `Handle`
/// is how a worker is reached.
template <class Handle>
class pulling_workers {
public:
  using worker_id = std::uint64_t;

  /// A worker asks for one more task. True: it is new, so that whoever gives
  /// work has to watch it.
  bool ask(worker_id id, const Handle& worker) {
    const auto [at, is_new] = workers_.try_emplace(id, entry{worker, 0});
    ++at->second.credit;
    return is_new;
  }

  /// False: there is no such worker.
  bool lose(worker_id id) {
    return workers_.erase(id) != 0;
  }

  /// One task to each worker that has asked, then another round, until nobody
  /// asks or there is none. `take(id)` is an optional task for this worker,
  /// `send(worker, task)` gives it out.
  template <class Take, class Send>
  void give(Take take, Send send) {
    for (auto gave = true; gave;) {
      gave = false;
      for (auto& [id, worker] : workers_) {
        if (worker.credit == 0)
          continue;
        auto task = take(id);
        if (!task)
          return;
        --worker.credit;
        send(worker.handle, std::move(*task));
        gave = true;
      }
    }
  }

private:
  struct entry {
    Handle handle;
    std::uint64_t credit = 0;
  };

  std::map<worker_id, entry> workers_;
};

} // namespace troupe::runtime
