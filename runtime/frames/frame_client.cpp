#include "runtime/frames/frame_client.hpp"

#include "runtime/frames/unix_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace troupe::runtime {

namespace {

tl::unexpected<problem> server_gone(const std::string& why) {
  return fail(problem_kind::unavailable, "the server is gone: " + why,
              "start it with troupe server, then ask again");
}

} // namespace

outcome<frame_client> frame_client::connect(const std::string& path) {
  auto socket = connect_unix(path);
  if (!socket)
    return fail(socket.error());
  return frame_client{std::move(*socket)};
}

outcome<void> frame_client::flush() {
  auto rest = std::string_view{unsent_};
  while (!rest.empty()) {
    const auto sent
      = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return server_gone(std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  unsent_.clear();
  return {};
}

outcome<std::string> frame_client::receive(std::chrono::milliseconds patience) {
  auto buffer = std::array<char, 64 << 10>{};
  for (;;) {
    auto frame = reader_.next();
    if (!frame)
      return fail(frame.error());
    if (*frame)
      return std::string{**frame};
    // Only before a wait: until then more may be gathered.
    if (auto sent = flush(); !sent)
      return fail(sent.error());
    auto waiting = pollfd{socket_.get(), POLLIN, 0};
    const auto ready = ::poll(&waiting, 1, static_cast<int>(patience.count()));
    if (ready == 0)
      return fail(problem_kind::timeout, "the server does not answer");
    const auto got = ready < 0
                       ? ready
                       : ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return server_gone(got == 0 ? "it hung up" : std::strerror(errno));
    reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
}

} // namespace troupe::runtime
