#include "tests/cluster/transport/link_cluster.hpp"
#include "tests/cluster/transport/raw_peer.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// The machine's clock, until a test says that it is later.
class hasty_clock final : public runtime::clock {
public:
  [[nodiscard]] wall_time now() const override {
    return real_.now() + std::chrono::hours{ahead_};
  }
  [[nodiscard]] steady_time steady_now() const override {
    return real_.steady_now();
  }
  void skip(std::chrono::hours elapsed) {
    ahead_ += elapsed.count();
  }

private:
  runtime::real_clock real_;
  std::atomic<std::chrono::hours::rep> ahead_ = 0;
};

/// Linked nodes, the first of which is told of new certificates.
struct proving_fixture {
  hasty_clock time;
  link_authority authority;
  node_credentials a_credentials = authority.credentials("a", -1h, 100h);
  node_credentials b_credentials = authority.credentials("b");
  link_node a{with("a", a_credentials)};
  link_node b{with("b", b_credentials)};
  link_node c{with("c", authority.credentials("c", -1h, 100h))};

  proving_fixture() {
    a.link_to(b);
    c.link_to(a);
  }

  socket_transport_options with(const std::string& name,
                                node_credentials credentials) {
    auto options = plain_options(name);
    options.credentials = std::move(credentials);
    options.limits.proof_interval = 20ms;
    options.time = &time;
    return options;
  }

  void dial(link_node& from, link_node& to) {
    REQUIRE(from.links->connect(to.name, "127.0.0.1", to.port, 1min));
  }

  /// The link has been there all the time, and works in both directions.
  static void check_health(link_node& one, link_node& other) {
    one.check_link(other);
    other.check_link(one);
    for (const auto* node : {&one, &other})
      for (const auto& event : node->log.seen())
        CHECK_FALSE(event.starts_with("lost"));
  }
};

} // namespace

TEST_CASE_METHOD(proving_fixture, "new certificates are for new links") {
  // Told apart by what others say to them: it has ended.
  const auto ended = authority.credentials("a", -3h, -2h);
  REQUIRE(a.links->use_credentials(ended));
  auto d = link_node{with("d", authority.credentials("d", -1h, 100h))};
  dial(d, a);
  d.log.await("refused a: its certificate does not hold: certificate has "
              "expired");
  dial(a, d);
  CHECK(a.log.await("refused d").find("the other end refused our certificate")
        != std::string::npos);
  check_health(a, b);
  check_health(a, c);

  REQUIRE(a.links->use_credentials(authority.credentials("a", -1h, 100h)));
  d.link_to(a);
  check_health(a, b);
}

TEST_CASE_METHOD(proving_fixture, "certificates of others are not used") {
  const auto refused = a.links->use_credentials(b_credentials);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("of node \"b\", not of \"a\"")
        != std::string::npos);
  auto junk = a_credentials;
  junk.key = "none";
  CHECK_FALSE(a.links->use_credentials(junk));
  junk = authority.without(a_credentials, b_credentials);
  junk.revocations->pem = "none";
  CHECK_FALSE(a.links->use_credentials(junk));
  auto plain = link_node{plain_options("d")};
  CHECK_FALSE(plain.links->use_credentials(authority.credentials("d")));
  check_health(a, b);
}

TEST_CASE_METHOD(proving_fixture, "a link ends with the certificate it had") {
  time.skip(2h);
  const auto reason = std::string{"the certificate of \"b\" ended at "};
  CHECK(a.log.await("lost b").find(reason) != std::string::npos);
  CHECK(b.log.await("lost a").find(reason) != std::string::npos);
  check_health(a, c);

  REQUIRE(b.links->use_credentials(authority.credentials("b", -1h, 100h)));
  b.link_to(a);
  check_health(a, b);
}

TEST_CASE_METHOD(proving_fixture, "a revoked node loses its links") {
  REQUIRE(
    a.links->use_credentials(authority.without(a_credentials, b_credentials)));
  CHECK(a.log.await("lost b") == "lost b: the certificate of \"b\" is revoked");
  b.log.await("lost a");
  check_health(a, c);
  // Whoever does not know of it yet goes on.
  b.link_to(c);
}

TEST_CASE_METHOD(proving_fixture, "a revoked node stays refused, told once") {
  a.links->disconnect("b", "test");
  a.log.await("lost b");
  b.log.await("lost a");
  const auto list = authority.without(a_credentials, b_credentials);
  REQUIRE(a.links->use_credentials(list));
  for (auto i = 0; i < 3; ++i) {
    dial(b, a);
    CHECK(b.log.await("refused a").find("revoked") != std::string::npos);
  }
  CHECK(
    a.log.await("refused ")
      .starts_with(
        "refused : its certificate does not hold: certificate revoked (\"b\", "
        "serial "));
  check_health(a, c);
  CHECK(a.log.seen().empty());
  dial(a, b);
  a.log.await("refused b: its certificate does not hold: certificate revoked");

  // The name comes back with another certificate.
  REQUIRE(b.links->use_credentials(authority.credentials("b", -1h, 100h)));
  b.link_to(a);
  check_health(a, b);
  check_health(a, c);
}

TEST_CASE_METHOD(proving_fixture, "links end with their authority") {
  // The same one, written in another way, is no other one.
  auto rewritten = authority.credentials("a", -1h, 100h);
  rewritten.authority = "written anew\n" + rewritten.authority;
  REQUIRE(a.links->use_credentials(rewritten));
  check_health(a, b);

  const auto next = link_authority{};
  REQUIRE(a.links->use_credentials(next.credentials("a", -1h, 100h)));
  CHECK(a.log.await("lost ").ends_with("is of another authority"));
  CHECK(a.log.await("lost ").ends_with("is of another authority"));
  CHECK(b.log.await("lost a").ends_with(
    "the certificate of \"b\" is of another authority"));
  dial(b, a);
  b.log.await("refused a");
  REQUIRE(b.links->use_credentials(next.credentials("b")));
  b.link_to(a);
  check_health(a, b);
}

TEST_CASE_METHOD(proving_fixture, "who is half way in when revoked comes out") {
  const auto thief = authority.credentials("d", -1h, 100h);
  auto peer = raw_peer{a.port, {thief}};
  REQUIRE(peer.is_secure());
  // From its hello the test knows that the handshake is over at both ends.
  REQUIRE(peer.write_frame(
    frame_kind::hello,
    hello_of({"d", 1, "0.1.0"}, link_limits{}).SerializeAsString()));
  REQUIRE(a.links->use_credentials(authority.without(a_credentials, thief)));
  peer.read_all();
  CHECK(a.log.await("refused").find("revoked") != std::string::npos);
  CHECK(a.links->links().size() == 2);
}

TEST_CASE_METHOD(proving_fixture,
                 "a node knows from its start who is revoked") {
  auto d = link_node{
    with("d", authority.without(authority.credentials("d"), b_credentials))};
  dial(b, d);
  CHECK(b.log.await("refused d").find("revoked") != std::string::npos);
  c.link_to(d);
}
