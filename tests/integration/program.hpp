#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::tests {

/// The `troupe` program of this build as a process, without a terminal; killed
/// at the end if it still runs, and with the thread that started it. What it
/// prints goes to a file.
class program {
public:
  program(const std::vector<std::string>& arguments,
          std::filesystem::path output);
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program();

  void send(int signal) const;

  [[nodiscard]] pid_t id() const noexcept {
    return id_;
  }

  /// Whether it has not ended yet.
  [[nodiscard]] bool is_running() const;

  /// Waits for the end. The exit code, or 128 + the signal that ended it.
  int wait();

  /// What it printed, both streams; after wait().
  [[nodiscard]] std::string output() const;

private:
  pid_t id_ = -1;
  std::filesystem::path output_;
};

} // namespace troupe::tests
