#include "cluster/transport/link_greeting.hpp"

#include "cluster/certificates/node_name.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

constexpr auto build_letters_max = std::size_t{64};

/// What is no such name could not be shown to anybody.
bool is_build_name(const std::string& text) noexcept {
  return text.size() <= build_letters_max
         && std::ranges::all_of(text,
                                [](char c) { return c > ' ' && c <= '~'; });
}

/// An envelope has to fit its window at least twice, or it might wait for ever.
bool has_sound_limits(const messages::LinkHello& hello) noexcept {
  constexpr auto window_bytes_min = std::uint64_t{64} << 10;
  constexpr auto window_bytes_max = std::uint64_t{1} << 30;
  return hello.urgent_window_bytes() >= window_bytes_min
         && hello.urgent_window_bytes() <= window_bytes_max
         && hello.bulk_window_bytes() >= window_bytes_min
         && hello.bulk_window_bytes() <= window_bytes_max
         && hello.envelope_bytes_max() <= hello.bulk_window_bytes() / 2;
}

/// The name of the node that dialed.
const std::string& dialer(const std::string& self, const link_peer& link) {
  return link.origin == link_origin::dialed ? self : link.node.name;
}

} // namespace

messages::LinkHello hello_of(const node_identity& self,
                             const link_limits& limits) {
  auto hello = messages::LinkHello{};
  hello.set_protocol_version(link_protocol_version);
  hello.set_node(self.name);
  hello.set_incarnation(self.incarnation);
  hello.set_build(self.build);
  hello.set_urgent_window_bytes(limits.urgent_window_bytes);
  hello.set_bulk_window_bytes(limits.bulk_window_bytes);
  hello.set_envelope_bytes_max(limits.envelope_bytes_max);
  return hello;
}

std::optional<std::string> check_hello(const messages::LinkHello& hello,
                                       const greeting_context& context) {
  // First, as everything else may differ in another version.
  if (hello.protocol_version() != link_protocol_version)
    return "one end speaks version " + std::to_string(hello.protocol_version())
           + " of the protocol of links, the other "
           + std::to_string(link_protocol_version)
           + ": run releases that fit together";
  if (!is_node_name(hello.node()))
    return "it has no valid name";
  if (context.proved && context.proved->empty())
    return "its certificate is not of exactly one node";
  if (context.proved && *context.proved != hello.node())
    return "it calls itself \"" + hello.node()
           + "\", but its certificate is of \"" + *context.proved + "\"";
  if (!context.expected.empty() && context.expected != hello.node())
    return "node \"" + hello.node() + "\" is where \"" + context.expected
           + "\" was expected";
  if (hello.node() == context.self.name)
    return "both ends are called \"" + hello.node() + "\"";
  if (!is_build_name(hello.build()))
    return "the name of its build is none";
  if (!has_sound_limits(hello))
    return "what it takes is too little or too much";
  if (context.builds == build_rule::same && hello.build() != context.self.build)
    return "one end is build " + hello.build() + ", the other "
           + context.self.build + ": run the same release";
  return std::nullopt;
}

node_identity identity_of(const messages::LinkHello& hello) {
  return {hello.node(), hello.incarnation(), hello.build()};
}

std::optional<std::string> check_proof(const link_proof& proof,
                                       const proof_terms& terms,
                                       runtime::instant now) {
  const auto whose = "the certificate of \"" + proof.name + "\" ";
  if (proof.authority != terms.authority)
    return whose + "is of another authority";
  if (terms.revoked.contains(proof.serial))
    return whose + "is revoked";
  if (proof.until <= now)
    return whose + "ended at " + runtime::to_string(proof.until);
  return std::nullopt;
}

second_link judge_second_link(const std::string& self, const link_peer& first,
                              const link_peer& second) {
  if (second.node.incarnation != first.node.incarnation)
    return second.node.incarnation > first.node.incarnation
             ? second_link::replaces_first
             : second_link::refused_as_older;
  if (dialer(self, first) == dialer(self, second))
    return second_link::replaces_first;
  return dialer(self, second) < dialer(self, first)
           ? second_link::replaces_first
           : second_link::refused;
}

} // namespace troupe::cluster
