#pragma once

#include "runtime/http/http_message.hpp"

#include <memory>
#include <stop_token>

namespace troupe::runtime {

/// Asks HTTP servers, one request at a time, and keeps connections for the
/// next. Blocks; not thread-safe. Certificates are always verified. A proxy
/// comes from the usual variables (https_proxy, no_proxy); this machine is
/// asked without one.
class http_client {
public:
  http_client();
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;
  ~http_client();

  /// Any reply is a success, whatever its status. Problems name the host, never
  /// headers or the rest of the address. invalid_input: no address, or a header
  /// with a line break. unavailable: no connection, or a lost one. timeout.
  /// denied: no trust in the server's certificate. failed: a reply that is no
  /// HTTP, or longer than allowed. interrupted: a stop was requested.
  [[nodiscard]] outcome<http_reply> send(const http_request& request,
                                         const std::stop_token& stop = {});

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace troupe::runtime
