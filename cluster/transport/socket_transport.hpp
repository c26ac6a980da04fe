#pragma once

#include "cluster/certificates/node_credentials.hpp"
#include "cluster/transport/link_greeting.hpp"
#include "cluster/transport/link_limits.hpp"
#include "cluster/transport/transport.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <optional>

namespace troupe::cluster {

/// Where links may be neither secret nor proved.
enum class plain_links : std::uint8_t {
  on_loopback, ///< Only within this machine, whose users are all trusted.
  anywhere, ///< In a closed network, for tests: whoever reaches it is trusted.
};

struct socket_transport_options {
  node_identity self;
  /// Without: links are plain.
  std::optional<node_credentials> credentials;
  plain_links plain = plain_links::on_loopback;
  build_rule builds = build_rule::same;
  link_limits limits;
  /// Tells when certificates have ended; must outlive the transport. Null: the
  /// machine's clock.
  const runtime::clock* time = nullptr;
};

/// Links over TCP, with TLS 1.3 and certificates at both ends where there are
/// credentials. One thread has all sockets; nothing a peer does holds it up.
/// `invalid_input` when the credentials are of another node or the limits do
/// not fit together.
[[nodiscard]] runtime::outcome<std::unique_ptr<transport>>
make_socket_transport(socket_transport_options options,
                      transport_events events);

} // namespace troupe::cluster
