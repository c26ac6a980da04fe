#include "tests/cluster/transport/link_cluster.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <utility>

namespace troupe::tests {

using cluster::certificate_terms;

namespace {

certificate_terms terms_between(runtime::instant from, runtime::instant until) {
  static auto last_serial = std::atomic<std::uint8_t>{0};
  auto terms = certificate_terms{from, until, {}};
  terms.serial.back() = ++last_serial;
  return terms;
}

} // namespace

link_authority::link_authority()
  : pair_{cluster::make_authority(
            "authority", terms_between(now_ - std::chrono::hours{1'000},
                                       now_ + std::chrono::hours{1'000}))
            .value()} {}

cluster::node_credentials
link_authority::credentials(const std::string& node, std::chrono::hours from,
                            std::chrono::hours until) const {
  const auto made = cluster::issue_certificate(
                      pair_, node, terms_between(now_ + from, now_ + until))
                      .value();
  return {node, pair_.certificate, made.certificate, made.key, now_ + until};
}

cluster::node_credentials
link_authority::without(cluster::node_credentials credentials,
                        const cluster::node_credentials& revoked) const {
  const auto so_far = credentials.revocations;
  credentials.revocations
    = cluster::revoke_certificates(pair_, so_far ? &*so_far : nullptr,
                                   {revoked.certificate}, now_)
        .value();
  return credentials;
}

link_node::link_node(cluster::socket_transport_options options)
  : name{options.self.name} {
  links
    = cluster::make_socket_transport(std::move(options), log.events()).value();
  port = links->listen("127.0.0.1", 0).value();
}

void link_node::link_to(link_node& other) {
  REQUIRE(links->connect(other.name, "127.0.0.1", other.port,
                         std::chrono::minutes{1}));
  log.await("up " + other.name);
  other.log.await("up " + name);
}

void link_node::check_link(link_node& other, std::size_t bytes) {
  const auto body = std::string(bytes, 'x');
  REQUIRE(
    links->send(other.name, test_envelope(1, body), cluster::link_lane::bulk));
  const auto arrived = other.log.await_envelopes(1);
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].envelope.sender() == name);
  CHECK(arrived[0].envelope.body() == body);
}

cluster::socket_transport_options
secure_options(const link_authority& authority, const std::string& name) {
  auto options = plain_options(name);
  options.credentials = authority.credentials(name);
  return options;
}

cluster::socket_transport_options plain_options(const std::string& name) {
  auto options = cluster::socket_transport_options{};
  options.self = {name, 1, "0.1.0"};
  // Silence is what tests of silence set; a busy machine is not silent.
  options.limits.silence_max = std::chrono::minutes{2};
  options.limits.greeting_max = std::chrono::minutes{1};
  return options;
}

} // namespace troupe::tests
