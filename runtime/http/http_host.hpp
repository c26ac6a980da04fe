#pragma once

#include "runtime/http/http_runner.hpp"

#include <cstddef>
#include <memory>

namespace troupe::runtime {

struct http_host_options {
  /// Requests at the same time; beyond, `run` ends with `overloaded`. Each may
  /// need a descriptor.
  std::size_t requests_max = 512;
};

/// Sends any number of requests at the same time, all on one thread of its own,
/// and keeps connections for the next. The same promises as `http_client`.
class http_host final : public http_runner {
public:
  explicit http_host(http_host_options options = {});

  /// Stops all requests; those not yet told of end as `stopped`.
  ~http_host() override;

  /// May be called, and the handle be dropped, on any thread; a handle may
  /// outlive the host.
  [[nodiscard]] std::unique_ptr<running_request>
  run(http_request request, http_observer observer) override;

private:
  class reactor;

  std::unique_ptr<reactor> reactor_;
};

} // namespace troupe::runtime
