#include "cluster/transport/link_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
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

  stream_result read(std::span<char> first, std::span<char> second) override {
    const auto rooms = std::array<iovec, 2>{
      {{first.data(), first.size()}, {second.data(), second.size()}}};
    const auto count
      = ::readv(socket_, rooms.data(), static_cast<int>(rooms.size()));
    if (count == 0)
      return {stream_status::closed};
    return result_of(count, stream_status::want_read);
  }

  stream_result write(std::span<const std::string_view> parts) override {
    auto vectors = std::array<iovec, written_parts_max>{};
    auto message = msghdr{};
    message.msg_iov = vectors.data();
    for (const auto part : parts.first(std::min(parts.size(), vectors.size())))
      vectors.at(message.msg_iovlen++)
        = {const_cast<char*>(part.data()), part.size()};
    return result_of(::sendmsg(socket_, &message, MSG_NOSIGNAL),
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
