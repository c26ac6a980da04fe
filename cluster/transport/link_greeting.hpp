#pragma once

#include "cluster/transport/link_limits.hpp"
#include "cluster/transport/link_stream.hpp"
#include "cluster/transport/transport.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace troupe::cluster {

/// Whether nodes of different builds may be linked.
enum class build_rule : std::uint8_t { same, any };

/// What is known of the other end before its hello.
struct greeting_context {
  node_identity self;
  build_rule builds = build_rule::same;
  /// The node that was dialed; empty if it came.
  std::string expected;
  /// The name in its certificate; nothing on a plain link.
  std::optional<std::string> proved;
};

[[nodiscard]] messages::LinkHello hello_of(const node_identity& self,
                                           const link_limits& limits);

/// Why a hello is refused; nothing if it is fine. Says what is wrong to whoever
/// operates either node.
[[nodiscard]] std::optional<std::string>
check_hello(const messages::LinkHello& hello, const greeting_context& context);

[[nodiscard]] node_identity identity_of(const messages::LinkHello& hello);

/// Which proofs count.
struct proof_terms {
  std::string authority; ///< Fingerprint of its key.
  std::set<std::string> revoked; ///< Serial numbers.
};

/// Why a link whose other end has proved that may not go on, although it was
/// fine at the handshake: its certificate is of an authority that was replaced
/// meanwhile, is revoked, or has ended at `now`. Nothing if it may.
[[nodiscard]] std::optional<std::string> check_proof(const link_proof& proof,
                                                     const proof_terms& terms,
                                                     runtime::instant now);

/// What is done with a second link to the same node.
enum class second_link : std::uint8_t {
  refused_as_older, ///< Of an earlier start of the node.
  refused, ///< The first one stays.
  replaces_first, ///< The first one is a relic.
};

/// Both ends come to the same answer: the later start of the node wins; else
/// the link that the smaller name dialed; else the newer, for who dials again
/// has noticed a loss.
[[nodiscard]] second_link judge_second_link(const std::string& self,
                                            const link_peer& first,
                                            const link_peer& second);

} // namespace troupe::cluster
