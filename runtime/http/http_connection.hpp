#pragma once

#include "runtime/file_descriptor.hpp"

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace troupe::runtime {

struct http_connection_limits {
  std::chrono::milliseconds idle{30'000};
  std::chrono::milliseconds reading{30'000};
  std::chrono::milliseconds writing{30'000};
  std::size_t header_bytes_max = std::size_t{32} << 10;
};

/// A connection of a server as cpp-httplib wants it, with bounds that it lacks:
/// no request takes longer or has more bytes than allowed, however slowly they
/// come. Not thread-safe.
class http_connection : public httplib::Stream {
public:
  http_connection(int socket, const http_connection_limits& limits);

  /// Waits for the next request. False: none came in time, or the other side
  /// has gone.
  [[nodiscard]] bool await_request();

  /// The headers are read; so many bytes of a body follow.
  void begin_body(std::size_t bytes);

  /// What of the request has not been read.
  [[nodiscard]] bool is_request_read() const noexcept {
    return has_headers_ && left_ == 0;
  }

  /// Sends what was written. False if the other side does not take it in time.
  bool flush();

  /// Ends the connection so that the other side still gets what was sent, also
  /// when it is sending.
  void finish();

  [[nodiscard]] bool is_readable() const override {
    return true; // Whether anything comes shows when it is read.
  }

  [[nodiscard]] bool is_writable() const override {
    return !is_broken_;
  }

  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;

  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;

  [[nodiscard]] socket_t socket() const override {
    return socket_.get();
  }

private:
  using time = std::chrono::steady_clock::time_point;

  bool wait(short events, time until) const;
  bool fill(time until);

  file_descriptor socket_;
  http_connection_limits limits_;
  std::string input_; ///< Received and not read yet, from `input_begin_` on.
  std::size_t input_begin_ = 0;
  std::string output_; ///< Written and not sent yet.
  std::size_t left_ = 0; ///< Bytes that this request may still have.
  time deadline_; ///< Of reading it.
  bool has_headers_ = false;
  bool is_broken_ = false;
};

} // namespace troupe::runtime
