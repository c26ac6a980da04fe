#include "tests/cluster/transport/raw_peer.hpp"

#include "cluster/certificates/openssl_handles.hpp"
#include "cluster/transport/link_greeting.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <csignal>

namespace troupe::tests {

using namespace troupe::cluster;

raw_peer::raw_peer(std::uint16_t port)
  : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  // TLS writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address))
          == 0);
}

raw_peer::raw_peer(std::uint16_t port, const raw_tls& how) : raw_peer{port} {
  const auto context
    = openssl_handle<SSL_CTX, SSL_CTX_free>{SSL_CTX_new(TLS_method())};
  SSL_CTX_set_max_proto_version(context.get(), how.version_max);
  SSL_CTX_set_security_level(context.get(), 1);
  if (how.credentials) {
    const auto certificate = read_certificate(how.credentials->certificate);
    const auto key = read_private_key(how.credentials->key);
    REQUIRE(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  }
  ssl_ = {SSL_new(context.get()), SSL_free};
  REQUIRE(SSL_set_fd(ssl_.get(), socket_.get()) == 1);
  ERR_clear_error();
  is_secure_ = SSL_connect(ssl_.get()) == 1;
}

bool raw_peer::write(std::string_view bytes) {
  ERR_clear_error();
  if (ssl_)
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
           == static_cast<int>(bytes.size());
  return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
         == static_cast<ssize_t>(bytes.size());
}

bool raw_peer::write_frame(frame_kind kind, std::string_view payload,
                           std::optional<std::uint32_t> announced) {
  auto header = frame_header{};
  header.length
    = announced.value_or(static_cast<std::uint32_t>(payload.size()));
  header.kind = kind;
  header.lane = link_lane::bulk;
  header.is_first = kind == frame_kind::chunk;
  header.is_last = kind == frame_kind::chunk;
  auto bytes = std::string{};
  append_header(bytes, header);
  return write(bytes += payload);
}

long raw_peer::read_some(char* to, std::size_t bytes) {
  ERR_clear_error();
  if (ssl_)
    return SSL_read(ssl_.get(), to, static_cast<int>(bytes));
  return ::recv(socket_.get(), to, bytes, 0);
}

std::string raw_peer::read_all() {
  auto all = std::string{};
  auto bytes = std::array<char, 4096>{};
  for (;;) {
    const auto count = read_some(bytes.data(), bytes.size());
    if (count <= 0)
      return all;
    all.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void raw_peer::greet(const node_identity& as) {
  REQUIRE(write_frame(frame_kind::hello,
                      hello_of(as, link_limits{}).SerializeAsString()));
  REQUIRE(write_frame(frame_kind::accept, {}));
  auto seen = std::string{};
  auto one = char{};
  while (read_some(&one, 1) == 1) {
    seen += one;
    if (seen.size() < frame_header_bytes)
      continue;
    const auto header = read_header(seen.data(), link_phase::greeting);
    REQUIRE(header);
    if (seen.size() < frame_header_bytes + header->length)
      continue;
    if (header->kind == frame_kind::accept)
      return;
    REQUIRE(header->kind == frame_kind::hello);
    seen.clear();
  }
  FAIL("was not accepted");
}

} // namespace troupe::tests
