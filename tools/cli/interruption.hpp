#pragma once

#include <memory>
#include <stop_token>

namespace troupe::tools {

/// Turns Ctrl-C (and SIGTERM) into a stop request; the second one ends the
/// process at once with exit code 130. One at a time.
class interruption {
public:
  /// Must come before the first thread, so that the signals go to it alone.
  interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;
  ~interruption();

  [[nodiscard]] std::stop_token token() const;

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace troupe::tools
