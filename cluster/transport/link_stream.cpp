#include "cluster/transport/link_stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace troupe::cluster {

namespace {

class plain_stream final : public link_stream {
public:
  explicit plain_stream(int socket) noexcept : socket_{socket} {}

  stream_result handshake() override {
    return {};
  }

  stream_result read(char* to, std::size_t bytes_max) override {
    const auto count = ::recv(socket_, to, bytes_max, 0);
    if (count == 0)
      return {stream_status::closed};
    return result_of(count, stream_status::want_read);
  }

  stream_result write(std::string_view bytes) override {
    return result_of(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                     stream_status::want_write);
  }

  std::optional<link_proof> proof() const override {
    return std::nullopt;
  }

  std::string reason() const override {
    return std::generic_category().message(error_);
  }

private:
  stream_result result_of(ssize_t count, stream_status again) noexcept {
    if (count >= 0)
      return {stream_status::done, static_cast<std::size_t>(count)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
      return {again};
    error_ = errno;
    return {stream_status::failed};
  }

  int socket_;
  int error_ = 0;
};

} // namespace

std::unique_ptr<link_stream>
make_plain_stream(const runtime::file_descriptor& socket) {
  return std::make_unique<plain_stream>(socket.get());
}

} // namespace troupe::cluster
