#pragma once

#include "runtime/http/http_message.hpp"

#include <functional>
#include <memory>

namespace troupe::runtime {

/// Whom a request is reported to.
struct http_observer {
  /// Once, unless the handle was dropped before. Called on a thread of the
  /// runner, one at a time: must not block, throw or call the runner.
  std::function<void(http_outcome)> on_end;
};

/// A request that was sent. Dropping the handle stops it at once; `on_end` is
/// not called any more, unless it is being called already.
class running_request {
public:
  running_request() = default;
  running_request(const running_request&) = delete;
  running_request& operator=(const running_request&) = delete;
  virtual ~running_request() = default;
};

/// Asks HTTP servers for callers that must not block. Thread-safe.
class http_runner {
public:
  http_runner() = default;
  http_runner(const http_runner&) = delete;
  http_runner& operator=(const http_runner&) = delete;
  virtual ~http_runner() = default;

  [[nodiscard]] virtual std::unique_ptr<running_request>
  run(http_request request, http_observer observer) = 0;
};

} // namespace troupe::runtime
