#include "cluster/transport/link_socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace troupe::cluster {

using runtime::fail;
using runtime::file_descriptor;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto backlog = 512;
constexpr auto socket_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr auto unsent_bytes_max = 512 << 10;
/// Of TLS.
constexpr auto record_bytes_max = std::size_t{16} << 10;

outcome<std::vector<socket_address>> look_up(const std::string& host,
                                             std::uint16_t port, int flags) {
  auto wanted = addrinfo{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const auto code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(),
                                  &wanted, &first);
  if (code != 0)
    return fail(problem_kind::unavailable,
                "no address of \"" + host + "\" is known ("
                  + ::gai_strerror(code) + ")",
                "check the name, or give a numeric address");
  auto found = std::vector<socket_address>{};
  for (const auto* one = first; one != nullptr; one = one->ai_next) {
    auto address = socket_address{};
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    found.push_back(address);
  }
  ::freeaddrinfo(first);
  return found;
}

void set_option(int socket, int level, int name, int value) noexcept {
  ::setsockopt(socket, level, name, &value, sizeof(value));
}

tl::unexpected<runtime::problem> socket_failed(const std::string& what,
                                               int error) {
  return fail(problem_kind::unavailable,
              what + ": " + std::generic_category().message(error));
}

} // namespace

outcome<socket_address> parse_address(const std::string& host,
                                      std::uint16_t port) {
  auto found = host.empty() ? outcome<std::vector<socket_address>>{}
                            : look_up(host, port, AI_NUMERICHOST);
  if (found && !found->empty())
    return found->front();
  return fail(problem_kind::invalid_input,
              "\"" + host + "\" is no numeric address",
              "write one as 127.0.0.1, 0.0.0.0 or ::1");
}

outcome<std::vector<socket_address>> resolve_host(const std::string& host,
                                                  std::uint16_t port) {
  return look_up(host, port, AI_ADDRCONFIG);
}

bool is_loopback(const socket_address& address) noexcept {
  if (address.storage.ss_family == AF_INET) {
    auto ipv4 = sockaddr_in{};
    std::memcpy(&ipv4, &address.storage, sizeof(ipv4));
    return (ntohl(ipv4.sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
  }
  auto ipv6 = sockaddr_in6{};
  std::memcpy(&ipv6, &address.storage, sizeof(ipv6));
  return address.storage.ss_family == AF_INET6
         && IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr);
}

std::string host_of(const socket_address& address) {
  auto host = std::array<char, NI_MAXHOST>{};
  if (::getnameinfo(address.get(), address.length, host.data(), host.size(),
                    nullptr, 0, NI_NUMERICHOST)
      != 0)
    return "unknown";
  return host.data();
}

std::uint16_t port_of(const socket_address& address) noexcept {
  // Both families have the port at the same place.
  auto ipv4 = sockaddr_in{};
  std::memcpy(&ipv4, &address.storage, sizeof(ipv4));
  return ntohs(ipv4.sin_port);
}

std::string to_string(const socket_address& address) {
  const auto host = host_of(address);
  const auto port = std::to_string(port_of(address));
  return address.storage.ss_family == AF_INET6 ? "[" + host + "]:" + port
                                               : host + ":" + port;
}

outcome<file_descriptor> listen_at(const socket_address& address) {
  auto socket = file_descriptor{
    ::socket(address.storage.ss_family, socket_kind, IPPROTO_TCP)};
  if (!socket)
    return socket_failed("cannot make a socket", errno);
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(socket.get(), address.get(), address.length) != 0
      || ::listen(socket.get(), backlog) != 0)
    return socket_failed("cannot listen at " + to_string(address), errno);
  return socket;
}

socket_address address_of(const file_descriptor& socket) noexcept {
  auto address = socket_address{};
  address.length = sizeof(address.storage);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage),
                &address.length);
  return address;
}

outcome<file_descriptor> begin_connect(const socket_address& address) {
  auto socket = file_descriptor{
    ::socket(address.storage.ss_family, socket_kind, IPPROTO_TCP)};
  if (!socket)
    return socket_failed("cannot make a socket", errno);
  if (::connect(socket.get(), address.get(), address.length) != 0
      && errno != EINPROGRESS)
    return socket_failed("cannot connect to " + to_string(address), errno);
  return socket;
}

int connect_error(const file_descriptor& socket) noexcept {
  auto error = 0;
  auto length = socklen_t{sizeof(error)};
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
    return errno;
  return error;
}

void tune(const file_descriptor& socket) noexcept {
  set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent_bytes_max);
}

written_together::written_together(int socket, std::size_t bytes) noexcept {
  if (bytes <= record_bytes_max)
    return;
  socket_ = socket;
  set_option(socket_, IPPROTO_TCP, TCP_CORK, 1);
}

written_together::~written_together() {
  if (socket_ >= 0)
    set_option(socket_, IPPROTO_TCP, TCP_CORK, 0);
}

} // namespace troupe::cluster
