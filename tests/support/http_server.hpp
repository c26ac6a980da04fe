#pragma once

#include "runtime/http/http_message.hpp"

#include <functional>
#include <memory>
#include <string>

namespace troupe::tests {

/// An HTTP server on this machine, at a port of its own, that answers what it
/// is told to. The handler runs on other threads, several at a time.
class http_server {
public:
  using handler
    = std::function<runtime::http_reply(const runtime::http_request&)>;

  /// Ready when it returns.
  explicit http_server(handler answer);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server();

  /// "http://127.0.0.1:PORT"
  [[nodiscard]] const std::string& url() const noexcept;

private:
  struct state;

  std::unique_ptr<state> state_;
};

/// A port of this machine that accepts connections and then says nothing.
class silent_server {
public:
  silent_server();
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;
  ~silent_server();

  /// "127.0.0.1:PORT"
  [[nodiscard]] const std::string& address() const noexcept {
    return address_;
  }

  /// Blocks until somebody has connected and sent something, and keeps the
  /// connection.
  void await_request();

private:
  int listener_ = -1;
  int connection_ = -1;
  std::string address_;
};

} // namespace troupe::tests
