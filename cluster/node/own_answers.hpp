#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace troupe::cluster {

/// Where the answers for this process itself go. Thread-safe.
class own_answers {
public:
  using taker = std::function<void(std::span<const std::string>)>;

  void open(taker to) {
    const auto guard = std::lock_guard{mutex_};
    to_ = std::move(to);
  }

  void take(std::span<const std::string> payloads) {
    const auto guard = std::lock_guard{mutex_};
    if (to_)
      to_(payloads);
  }

private:
  std::mutex mutex_;
  taker to_;
};

} // namespace troupe::cluster
