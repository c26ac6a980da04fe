#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/process/process_host.hpp"

#include <poll.h>
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

constexpr auto process_patience = std::chrono::seconds{60};

/// A program for the shell, with a usual environment.
inline runtime::process_request shell(std::string text) {
  auto request = runtime::process_request{};
  request.argv = {"sh", "-c", std::move(text)};
  request.environment = {{"PATH", "/usr/bin:/bin"}};
  return request;
}

/// A program that stays, and starts no other.
inline runtime::process_request sleeper() {
  auto request = shell("");
  request.argv = {"sleep", "1000"};
  return request;
}

/// Whether the process ends in time; it need not be a child of ours.
inline bool await_death(pid_t pid) {
  const auto fd = runtime::file_descriptor{
    static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd)
    return errno == ESRCH;
  auto wanted = pollfd{fd.get(), POLLIN, 0};
  const auto patience = std::chrono::milliseconds{process_patience};
  return ::poll(&wanted, 1, static_cast<int>(patience.count())) == 1;
}

/// A process on its way, with what it says on its side channel.
class observed_process {
public:
  observed_process(runtime::process_runner& runner,
                   runtime::process_request request,
                   bool has_side_channel = true)
    : state_{std::make_shared<observations>()}, end_{state_->end.get_future()} {
    auto observer = runtime::process_observer{};
    observer.on_end
      = [state = state_](auto how) { state->end.set_value(std::move(how)); };
    if (has_side_channel)
      observer.on_line = [state = state_](std::string line) {
        const auto guard = std::lock_guard{state->mutex};
        state->lines.push_back(std::move(line));
        state->changed.notify_all();
      };
    handle_ = runner.run(std::move(request), std::move(observer));
  }

  /// The next line; throws if there is none in time.
  std::string line() {
    auto lock = std::unique_lock{state_->mutex};
    if (!state_->changed.wait_for(lock, process_patience,
                                  [&] { return !state_->lines.empty(); }))
      throw std::runtime_error{"the process says nothing"};
    auto result = std::move(state_->lines.front());
    state_->lines.pop_front();
    return result;
  }

  /// How it ended, whatever that was.
  runtime::process_outcome outcome() {
    if (end_.wait_for(process_patience) != std::future_status::ready)
      throw std::runtime_error{"the process does not end"};
    return end_.get();
  }

  /// How it ended; throws if it never ran.
  runtime::process_result result() {
    auto how = outcome();
    if (!how)
      throw std::runtime_error{runtime::render(how.error())};
    return std::move(*how);
  }

  /// Whether it was said how it ended, without waiting.
  [[nodiscard]] bool was_told_of() const {
    return end_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }

  void stop(std::chrono::milliseconds grace) {
    handle_->stop(grace);
  }

  void drop() {
    handle_.reset();
  }

private:
  struct observations {
    std::promise<runtime::process_outcome> end;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines;
  };

  std::shared_ptr<observations> state_;
  std::future<runtime::process_outcome> end_;
  std::unique_ptr<runtime::running_process> handle_;
};

inline std::unique_ptr<runtime::process_host>
start_host(runtime::process_host_options options = {}) {
  auto host = runtime::process_host::start(options);
  if (!host)
    throw std::runtime_error{runtime::render(host.error())};
  return std::move(*host);
}

} // namespace troupe::tests
