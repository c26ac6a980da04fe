#pragma once

#include "cluster/certificates/certificate_renewal.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace troupe::cluster {

struct certificate_watch_options {
  certificate_paths paths;
  node_credentials in_use;
  /// How often it looks.
  std::chrono::milliseconds interval{5'000};
  /// Must outlive the watch.
  const runtime::clock* time = nullptr;
  /// Gets what is to be used from now on, on the thread of the watch.
  std::function<void(node_credentials)> use;
  /// Gets why the node must end, once, on the thread of the watch, which then
  /// looks no more.
  std::function<void(runtime::problem)> end;
};

/// Reads the files of a running node again and again, on a thread of its own,
/// as disks may be slow. Logs what `certificate_renewal` finds.
class certificate_watch {
public:
  /// `time`, `use` and `end` have to be set.
  explicit certificate_watch(certificate_watch_options options);
  certificate_watch(const certificate_watch&) = delete;
  certificate_watch& operator=(const certificate_watch&) = delete;

  /// Waits for a look that is under way.
  ~certificate_watch();

private:
  void run();
  /// False: it was the last one.
  [[nodiscard]] bool look();

  certificate_watch_options options_;
  certificate_renewal renewal_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  std::thread thread_; ///< Last: it uses all of the above.
};

} // namespace troupe::cluster
