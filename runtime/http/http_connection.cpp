#include "runtime/http/http_connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace troupe::runtime {

namespace {

using std::chrono::steady_clock;

constexpr auto read_bytes = std::size_t{16} << 10;
constexpr auto output_bytes_max = std::size_t{256} << 10;

} // namespace

http_connection::http_connection(int socket,
                                 const http_connection_limits& limits)
  : socket_{socket}, limits_{limits} {}

bool http_connection::wait(short events, time until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      until - steady_clock::now());
    if (left.count() <= 0)
      return false;
    auto waiting = pollfd{socket_.get(), events, 0};
    const auto count = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (count > 0)
      return true;
    if (count < 0 && errno != EINTR)
      return false;
  }
}

/// Receives something behind what is there.
bool http_connection::fill(time until) {
  if (is_broken_ || !wait(POLLIN, until))
    return false;
  input_.resize(read_bytes);
  input_begin_ = 0;
  const auto count = ::recv(socket_.get(), input_.data(), input_.size(), 0);
  input_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return count > 0;
}

bool http_connection::await_request() {
  has_headers_ = false;
  if (input_begin_ == input_.size()
      && !fill(steady_clock::now() + limits_.idle))
    return false;
  left_ = limits_.header_bytes_max;
  deadline_ = steady_clock::now() + limits_.reading;
  return true;
}

void http_connection::begin_body(std::size_t bytes) {
  has_headers_ = true;
  left_ = bytes;
}

ssize_t http_connection::read(char* to, std::size_t size) {
  if (left_ == 0)
    return 0;
  // Perhaps the other side waits for it ("100 Continue").
  if (input_begin_ == input_.size() && (!flush() || !fill(deadline_)))
    return 0;
  const auto count = std::min({size, left_, input_.size() - input_begin_});
  std::memcpy(to, input_.data() + input_begin_, count);
  input_begin_ += count;
  left_ -= count;
  return static_cast<ssize_t>(count);
}

ssize_t http_connection::write(const char* from, std::size_t size) {
  if (is_broken_)
    return -1;
  output_.append(from, size);
  if (output_.size() > output_bytes_max && !flush())
    return -1;
  return static_cast<ssize_t>(size);
}

bool http_connection::flush() {
  const auto until = steady_clock::now() + limits_.writing;
  auto sent = std::size_t{0};
  while (sent < output_.size() && !is_broken_) {
    const auto count
      = ::send(socket_.get(), output_.data() + sent, output_.size() - sent,
               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
      sent += static_cast<std::size_t>(count);
    else if ((errno != EAGAIN && errno != EINTR) || !wait(POLLOUT, until))
      is_broken_ = true;
  }
  output_.clear();
  return !is_broken_;
}

void http_connection::finish() {
  flush();
  ::shutdown(socket_.get(), SHUT_WR);
  // To close with bytes unread would take back the reply.
  constexpr auto patience = std::chrono::seconds{1};
  constexpr auto reads_max = 1'024;
  const auto until = steady_clock::now() + patience;
  for (auto i = 0; i < reads_max && fill(until); ++i) {
  }
  socket_.close();
}

void http_connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = "loopback";
  port = 0;
}

void http_connection::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

} // namespace troupe::runtime
