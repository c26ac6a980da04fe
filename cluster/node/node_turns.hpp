#pragma once

#include "cluster/leadership/lease_row.hpp"
#include "runtime/problem.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace troupe::cluster {

/// Whose turn it is to lead, between the actors that find out and the thread
/// that starts and stops the engine. Thread-safe.
class node_turns {
public:
  /// What the node has to do.
  struct turn {
    /// Leads under that epoch; nothing: it does not.
    std::optional<lease_epoch> epoch;
    /// It cannot go on.
    std::optional<runtime::problem> end;
  };

  /// From now on. Nothing: it does not lead.
  void lead(std::optional<lease_epoch> epoch) {
    const auto guard = std::lock_guard{mutex_};
    turn_.epoch = epoch;
    changed_.notify_all();
  }

  /// The first one counts.
  void end(runtime::problem reason) {
    const auto guard = std::lock_guard{mutex_};
    turn_.epoch.reset();
    if (!turn_.end)
      turn_.end = std::move(reason);
    changed_.notify_all();
  }

  /// Waits until there is something else to do than to lead under `epoch`, or
  /// a stop is requested.
  [[nodiscard]] turn next(const std::optional<lease_epoch>& epoch,
                          const std::stop_token& stop) {
    auto guard = std::unique_lock{mutex_};
    changed_.wait(guard, stop,
                  [&] { return turn_.end || turn_.epoch != epoch; });
    return turn_;
  }

private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  turn turn_;
};

} // namespace troupe::cluster
