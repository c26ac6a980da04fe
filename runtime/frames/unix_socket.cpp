#include "runtime/frames/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto backlog = 128;

tl::unexpected<problem> refusal(problem_kind kind, const std::string& path,
                                std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.file = path;
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

outcome<sockaddr_un> address_of(const std::string& path) {
  auto address = sockaddr_un{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return refusal(problem_kind::invalid_input, path,
                   "the path of a socket has 1 to 107 bytes",
                   "choose a shorter one");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* to_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

outcome<file_descriptor> connect_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address)
    return fail(address.error());
  auto made = file_descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!made
      || ::connect(made.get(), to_sockaddr(*address), sizeof *address) != 0)
    return refusal(problem_kind::unavailable, path,
                   std::string{"nobody answers: "} + std::strerror(errno),
                   "start it with troupe server");
  return made;
}

outcome<file_descriptor> listen_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address)
    return fail(address.error());
  auto made = file_descriptor{
    ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto is_bound = [&] {
    // The file must never be open to others, not even for a moment.
    const auto mask = ::umask(0177);
    const auto done
      = ::bind(made.get(), to_sockaddr(*address), sizeof *address) == 0;
    ::umask(mask);
    return done;
  };
  if (!is_bound()) {
    if (errno != EADDRINUSE)
      return refusal(problem_kind::unavailable, path,
                     std::string{"cannot make the socket: "}
                       + std::strerror(errno),
                     "choose another path");
    if (connect_unix(path))
      return refusal(problem_kind::unavailable, path,
                     "a server runs there already", "stop it first");
    ::unlink(path.c_str());
    if (!is_bound())
      return refusal(problem_kind::unavailable, path,
                     std::string{"cannot replace the socket: "}
                       + std::strerror(errno),
                     "remove it");
  }
  if (::listen(made.get(), backlog) != 0)
    return refusal(problem_kind::unavailable, path,
                   std::string{"cannot listen: "} + std::strerror(errno),
                   "choose another path");
  return made;
}

bool is_same_user(const file_descriptor& connection) {
  auto other = ucred{};
  auto size = socklen_t{sizeof other};
  return ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &other, &size)
           == 0
         && (other.uid == ::geteuid() || other.uid == 0);
}

} // namespace troupe::runtime
