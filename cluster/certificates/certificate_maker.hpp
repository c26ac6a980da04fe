#pragma once

#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::cluster {

/// What an authority signs begins so long ago, for nodes whose clock is late.
inline constexpr auto signed_before = std::chrono::minutes{5};

/// A certificate and the private key that belongs to it, both as PEM.
struct certificate_pair {
  std::string certificate;
  std::string key;
};

/// What a certificate says besides its name.
struct certificate_terms {
  runtime::instant from;
  runtime::instant until;
  /// Random bytes, never used twice for one authority. The first bit is ignored
  /// (serial numbers are positive).
  std::array<std::uint8_t, 16> serial{};
};

/// A new authority (ECDSA P-256) that signs itself and may sign certificates of
/// nodes, but no further authorities. `failed` if OpenSSL fails.
[[nodiscard]] runtime::outcome<certificate_pair>
make_authority(const std::string& name, const certificate_terms& terms);

/// A certificate of the node `name` (ECDSA P-256; subject and only host name
/// are the name) for both ends of a link, signed by `authority`.
/// `invalid_input` for a name that no node may have, an authority that is none,
/// or terms that go beyond its end.
[[nodiscard]] runtime::outcome<certificate_pair>
issue_certificate(const certificate_pair& authority, const std::string& name,
                  const certificate_terms& terms);

} // namespace troupe::cluster
