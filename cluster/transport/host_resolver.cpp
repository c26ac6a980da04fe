#include "cluster/transport/host_resolver.hpp"

#include "runtime/worker_thread.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace troupe::cluster {

namespace {

constexpr auto names_max = std::size_t{1000};

} // namespace

struct host_resolver::shared_state {
  struct question {
    std::string host;
    std::uint16_t port = 0;
    answer tell;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<question> questions;
  bool is_over = false;

  void work() {
    auto lock = std::unique_lock{mutex};
    for (;;) {
      changed.wait(lock, [&] { return is_over || !questions.empty(); });
      if (is_over)
        return;
      const auto next = std::move(questions.front());
      questions.pop_front();
      lock.unlock();
      auto found = resolve_host(next.host, next.port);
      lock.lock();
      // Under the lock, so that nobody is told once the owner is gone.
      if (!is_over)
        next.tell(std::move(found));
    }
  }
};

host_resolver::~host_resolver() {
  if (!state_)
    return;
  const auto guard = std::lock_guard{state_->mutex};
  state_->is_over = true;
  state_->questions.clear();
  state_->changed.notify_all();
}

bool host_resolver::ask(const std::string& host, std::uint16_t port,
                        answer tell) {
  if (!state_) {
    state_ = std::make_shared<shared_state>();
    // It may hang in the C library for longer than anybody wants to wait.
    runtime::start_worker_thread("link_names", [state = state_] {
      state->work();
    }).detach();
  }
  const auto guard = std::lock_guard{state_->mutex};
  if (state_->questions.size() >= names_max)
    return false;
  state_->questions.push_back({host, port, std::move(tell)});
  state_->changed.notify_one();
  return true;
}

} // namespace troupe::cluster
