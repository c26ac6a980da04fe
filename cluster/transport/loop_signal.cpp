#include "cluster/transport/loop_signal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace troupe::cluster {

loop_signal::loop_signal() : event_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  if (!event_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void loop_signal::wake() const noexcept {
  const auto one = std::uint64_t{1};
  // It fails only when it is awake already.
  [[maybe_unused]] const auto written
    = ::write(event_.get(), &one, sizeof(one));
}

void loop_signal::notify(std::uint64_t connection) {
  auto was_empty = false;
  {
    const auto guard = std::lock_guard{mutex_};
    was_empty = requests_.ready.empty() && requests_.commands.empty();
    requests_.ready.push_back(connection);
  }
  if (was_empty)
    wake();
}

void loop_signal::run(command action) {
  {
    const auto guard = std::lock_guard{mutex_};
    requests_.commands.push_back(std::move(action));
  }
  wake();
}

loop_signal::requests loop_signal::take() {
  auto count = std::uint64_t{0};
  // Before the requests: one that comes in between wakes once more.
  [[maybe_unused]] const auto read
    = ::read(event_.get(), &count, sizeof(count));
  const auto guard = std::lock_guard{mutex_};
  return std::exchange(requests_, {});
}

} // namespace troupe::cluster
