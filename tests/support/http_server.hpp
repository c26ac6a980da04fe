#pragma once

#include "runtime/http/http_message.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace troupe::tests {

/// An HTTP server on this machine, at a port of its own, that answers what it
/// is told to. The handler runs on other threads, several at a time; requests
/// have one header more, Remote-Port, that tells connections apart.
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

/// A socket that listens at a port of its own of this machine.
class listening_socket {
public:
  /// So many connections may wait to be accepted.
  explicit listening_socket(int backlog);
  listening_socket(const listening_socket&) = delete;
  listening_socket& operator=(const listening_socket&) = delete;
  ~listening_socket();

  /// A connection; negative once it was stopped.
  [[nodiscard]] int accept() const;

  /// Ends `accept`, also one that waits.
  void stop() const;

  /// "127.0.0.1:PORT"
  [[nodiscard]] const std::string& address() const noexcept {
    return address_;
  }

private:
  int descriptor_;
  std::string address_;
};

/// Answers only when so many requests have arrived, each on a connection of its
/// own: 200, with the path that was asked for as body.
class crowd_server {
public:
  explicit crowd_server(std::size_t size);
  crowd_server(const crowd_server&) = delete;
  crowd_server& operator=(const crowd_server&) = delete;
  ~crowd_server();

  [[nodiscard]] std::string url() const {
    return "http://" + listener_.address();
  }

private:
  void serve(std::size_t size) const;

  listening_socket listener_;
  std::thread thread_;
};

/// A port of this machine that accepts connections and then says nothing.
class silent_server {
public:
  silent_server() = default;
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;
  ~silent_server();

  /// "127.0.0.1:PORT"
  [[nodiscard]] const std::string& address() const noexcept {
    return listener_.address();
  }

  /// Blocks until somebody has connected and sent something, and keeps the
  /// connection.
  void await_request();

  /// Blocks until that connection was closed by the other side.
  void await_close() const;

private:
  listening_socket listener_{8};
  int connection_ = -1;
};

} // namespace troupe::tests
