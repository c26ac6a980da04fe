#pragma once

#include "cluster/certificates/node_credentials.hpp"
#include "cluster/transport/link_frame.hpp"
#include "runtime/file_descriptor.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::tests {

/// What a raw peer does beyond TCP.
struct raw_tls {
  /// Nothing: it has no certificate.
  std::optional<cluster::node_credentials> credentials;
  int version_max = TLS1_3_VERSION;
};

/// Somebody who connects to a node on this machine and does what a test tells,
/// in whatever order; blocks.
class raw_peer {
public:
  /// Bytes in the clear.
  explicit raw_peer(std::uint16_t port);

  /// Under TLS, which trusts anybody.
  raw_peer(std::uint16_t port, const raw_tls& how);

  /// Whether TLS was agreed on, as far as this end knows.
  [[nodiscard]] bool is_secure() const noexcept {
    return is_secure_;
  }

  /// False: the other end has had enough.
  bool write(std::string_view bytes);

  /// A frame with a payload of any length, whatever the rules say.
  bool write_frame(cluster::frame_kind kind, std::string_view payload,
                   std::optional<std::uint32_t> announced = std::nullopt);

  /// Everything until the other end closes, whatever way.
  std::string read_all();

  /// Says hello as that node, accepts and reads until it is accepted.
  void greet(const cluster::node_identity& as);

private:
  [[nodiscard]] long read_some(char* to, std::size_t bytes);

  runtime::file_descriptor socket_;
  std::shared_ptr<SSL> ssl_;
  bool is_secure_ = false;
};

} // namespace troupe::tests
