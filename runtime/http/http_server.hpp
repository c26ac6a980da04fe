#pragma once

#include "runtime/http/http_admission.hpp"
#include "runtime/http/http_message.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace troupe::runtime {

struct http_server_options {
  listen_address at;
  /// Each has a thread while it is open; beyond, connections are refused (503).
  std::size_t connections_max = 128;
  std::chrono::milliseconds idle_timeout{30'000};
  /// For one request, from its first byte to its last.
  std::chrono::milliseconds read_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::size_t header_bytes_max = std::size_t{32} << 10;

  /// Looks at the headers (`body` is empty, `url` is path and query): a reply
  /// refuses the request before its body is read, and ends the connection.
  std::function<std::optional<http_reply>(const http_request&)> admit;

  /// Answers what was admitted. May wait, but no longer than until `stop`.
  std::function<http_reply(const http_request&, const std::stop_token& stop)>
    answer;
};

/// An HTTP/1.1 server for this machine. Both functions are called on many
/// threads at a time.
class http_server {
public:
  /// `unavailable` if the address is taken.
  [[nodiscard]] static outcome<std::unique_ptr<http_server>>
  start(http_server_options options);

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Requests that are under way are answered, all others not.
  ~http_server();

  /// With the port that it has.
  [[nodiscard]] const listen_address& address() const noexcept;

  /// Connections that are open now.
  [[nodiscard]] std::size_t connections() const;

private:
  struct state;

  explicit http_server(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::runtime
