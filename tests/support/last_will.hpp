#pragma once

#include <sys/types.h>

#include <string>

namespace troupe::tests {

/// A shell script that is run when this process ends or the object goes,
/// whichever is first; also after SIGKILL. For what would be left behind.
class last_will {
public:
  explicit last_will(const std::string& script);
  last_will(const last_will&) = delete;
  last_will& operator=(const last_will&) = delete;
  /// Waits until it is done.
  ~last_will();

private:
  int alive_ = -1; ///< A pipe that ends with this process.
  pid_t executor_ = -1;
};

} // namespace troupe::tests
