#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/problem.hpp"

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::cluster {

/// A numeric address of a socket.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

/// An IPv4 or IPv6 address as text; nothing for a name, which has to be asked
/// for. `invalid_input` if it is neither.
[[nodiscard]] runtime::outcome<socket_address>
parse_address(const std::string& host, std::uint16_t port);

/// Asks for the addresses of a name: blocks for as long as that takes.
/// `unavailable` if there is none.
[[nodiscard]] runtime::outcome<std::vector<socket_address>>
resolve_host(const std::string& host, std::uint16_t port);

/// Whether it is on this machine for sure.
[[nodiscard]] bool is_loopback(const socket_address& address) noexcept;

/// HOST:PORT or [HOST]:PORT.
[[nodiscard]] std::string to_string(const socket_address& address);

/// The part before the port.
[[nodiscard]] std::string host_of(const socket_address& address);

[[nodiscard]] std::uint16_t port_of(const socket_address& address) noexcept;

/// A socket that does not block and listens. `unavailable` if it cannot.
[[nodiscard]] runtime::outcome<runtime::file_descriptor>
listen_at(const socket_address& address);

/// The address a socket is bound to.
[[nodiscard]] socket_address
address_of(const runtime::file_descriptor& socket) noexcept;

/// A socket that does not block and begins to connect: it is connected once it
/// can be written and `connect_error` is zero.
[[nodiscard]] runtime::outcome<runtime::file_descriptor>
begin_connect(const socket_address& address);

/// Zero, or the number of the error.
[[nodiscard]] int
connect_error(const runtime::file_descriptor& socket) noexcept;

/// What the sockets of links have in common: small frames leave at once, and
/// little waits in the kernel, where nothing urgent could overtake it.
void tune(const runtime::file_descriptor& socket) noexcept;

/// As long as it lives, several records of TLS leave the socket together, which
/// saves the kernel most of its work for them; what is small leaves at once.
class written_together {
public:
  written_together(int socket, std::size_t bytes) noexcept;
  written_together(const written_together&) = delete;
  written_together& operator=(const written_together&) = delete;
  ~written_together();

private:
  int socket_ = -1;
};

} // namespace troupe::cluster
