#include "runtime/stop_signal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace troupe::runtime {

stop_signal::stop_signal(std::stop_token stop)
  : descriptor_{::eventfd(0, EFD_CLOEXEC)} {
  callback_.emplace(std::move(stop),
                    [this] { ::eventfd_write(descriptor_, 1); });
}

stop_signal::~stop_signal() {
  callback_.reset(); // It may be writing right now.
  ::close(descriptor_);
}

bool pause_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  auto mutex = std::mutex{};
  auto condition = std::condition_variable_any{};
  auto lock = std::unique_lock{mutex};
  condition.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

} // namespace troupe::runtime
