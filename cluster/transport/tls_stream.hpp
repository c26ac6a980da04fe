#pragma once

#include "cluster/certificates/node_credentials.hpp"
#include "cluster/certificates/openssl_handles.hpp"
#include "cluster/transport/link_stream.hpp"
#include "cluster/transport/transport.hpp"

#include <openssl/ssl.h>

#include <memory>

namespace troupe::cluster {

/// What the TLS of all links of a node has in common: TLS 1.3 only,
/// certificates at both ends, of our authority and for links, checked anew for
/// each link.
class tls_context {
public:
  /// `invalid_input` when OpenSSL does not take what `read_node_credentials`
  /// has passed.
  [[nodiscard]] static runtime::outcome<tls_context>
  create(const node_credentials& credentials);

  /// A stream over a connected socket, which it does not own; null if OpenSSL
  /// has no memory. Outlives the context.
  [[nodiscard]] std::unique_ptr<link_stream>
  make_stream(const runtime::file_descriptor& socket, link_origin origin) const;

private:
  using context_handle = openssl_handle<SSL_CTX, SSL_CTX_free>;

  explicit tls_context(context_handle context) noexcept
    : context_{std::move(context)} {}

  context_handle context_;
};

} // namespace troupe::cluster
