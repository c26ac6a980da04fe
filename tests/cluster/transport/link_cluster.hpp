#pragma once

#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/node_credentials.hpp"
#include "cluster/transport/socket_transport.hpp"
#include "runtime/clock.hpp"
#include "tests/cluster/transport/transport_events_log.hpp"

#include <memory>
#include <string>

namespace troupe::tests {

/// An authority, and the nodes it makes.
class link_authority {
public:
  link_authority();

  /// Valid from `from` until `until`, both counted from now.
  [[nodiscard]] cluster::node_credentials
  credentials(const std::string& node,
              std::chrono::hours from = std::chrono::hours{-1},
              std::chrono::hours until = std::chrono::hours{1}) const;

  /// Credentials that do not believe those of the other any more.
  [[nodiscard]] cluster::node_credentials
  without(cluster::node_credentials credentials,
          const cluster::node_credentials& revoked) const;

  /// Its certificate, as PEM.
  [[nodiscard]] const std::string& certificate() const noexcept {
    return pair_.certificate;
  }

private:
  runtime::instant now_ = runtime::real_clock{}.now();
  cluster::certificate_pair pair_;
};

/// A node with a transport over sockets on the loopback address.
struct link_node {
  explicit link_node(cluster::socket_transport_options options);

  /// Dials the other and waits until both are linked.
  void link_to(link_node& other);

  /// Sends an envelope of so many bytes there and waits for it.
  void check_link(link_node& other, std::size_t bytes = 100);

  std::string name;
  transport_events_log log;
  std::unique_ptr<cluster::transport> links;
  std::uint16_t port = 0;
};

/// A node of that name under TLS.
[[nodiscard]] cluster::socket_transport_options
secure_options(const link_authority& authority, const std::string& name);

/// A node of that name without.
[[nodiscard]] cluster::socket_transport_options
plain_options(const std::string& name);

} // namespace troupe::tests
