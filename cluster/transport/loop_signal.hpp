#pragma once

#include "runtime/file_descriptor.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace troupe::cluster {

/// How other threads get the attention of the one that owns the sockets.
class loop_signal {
public:
  using command = std::function<void()>;

  struct requests {
    std::vector<std::uint64_t> ready; ///< Connections that have something.
    std::vector<command> commands;
  };

  loop_signal();

  /// What to wait for: readable when there are requests.
  [[nodiscard]] int descriptor() const noexcept {
    return event_.get();
  }

  /// That connection has something to send. Its link makes sure that it is not
  /// said twice.
  void notify(std::uint64_t connection);

  /// Has it run on the thread of the sockets.
  void run(command action);

  /// All since the last call.
  [[nodiscard]] requests take();

private:
  void wake() const noexcept;

  runtime::file_descriptor event_;
  std::mutex mutex_;
  requests requests_;
};

} // namespace troupe::cluster
