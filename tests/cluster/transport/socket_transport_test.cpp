#include "cluster/transport/socket_transport.hpp"
#include "tests/cluster/transport/link_cluster.hpp"

#include <catch2/catch.hpp>

#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

constexpr auto dial_deadline = std::chrono::minutes{1};

} // namespace

TEST_CASE("nodes with certificates of one authority are linked") {
  const auto authority = link_authority{};
  auto a = link_node{secure_options(authority, "a")};
  auto b = link_node{secure_options(authority, "b")};
  a.link_to(b);
  REQUIRE(a.links->links().size() == 1);
  const auto peer = a.links->links()[0];
  CHECK(peer.node == node_identity{"b", 1, "0.1.0"});
  CHECK(peer.protocol_version == link_protocol_version);
  CHECK(peer.origin == link_origin::dialed);
  CHECK(b.links->links()[0].origin == link_origin::accepted);
  a.check_link(b);
  b.check_link(a);
  a.check_link(b, 8'000'000);
  a.check_link(b, 0);
}

TEST_CASE("an envelope arrives with all that it was given") {
  auto a = link_node{plain_options("a")};
  auto b = link_node{plain_options("b")};
  a.link_to(b);
  REQUIRE(a.links->send("b", test_envelope(77, "body"), link_lane::urgent));
  const auto arrived = b.log.await_envelopes(1);
  auto expected = test_envelope(77, "body");
  expected.set_protocol_version(link_protocol_version);
  expected.set_sender("a");
  expected.set_sender_incarnation(1);
  CHECK(arrived[0].envelope.SerializeAsString()
        == expected.SerializeAsString());
  CHECK(arrived[0].lane == link_lane::urgent);
}

TEST_CASE("envelopes of a lane arrive in order, more than its window in all") {
  const auto authority = link_authority{};
  auto options = secure_options(authority, "b");
  options.limits.bulk_window_bytes = 256 << 10;
  options.limits.envelope_bytes_max = 100 << 10;
  auto a = link_node{secure_options(authority, "a")};
  auto b = link_node{options};
  auto ids = std::vector<std::uint64_t>{};
  b.log.on_envelope = [&](incoming_envelope incoming) {
    ids.push_back(incoming.envelope.correlation_id());
    if (ids.size() == 2'000)
      REQUIRE(b.links->send("a", test_envelope(0, "done"), link_lane::urgent));
  };
  a.link_to(b);
  for (auto i = std::uint64_t{0}; i < 2'000; ++i) {
    const auto bytes = i % 10 == 0 ? 90'000U : 300U;
    REQUIRE(a.links->send("b", test_envelope(i, std::string(bytes, 'x')),
                          link_lane::bulk));
  }
  REQUIRE(a.log.await_envelopes(1)[0].envelope.body() == "done");
  auto expected = std::vector<std::uint64_t>(2'000);
  std::iota(expected.begin(), expected.end(), 0U);
  CHECK(ids == expected);
}

TEST_CASE(
  "a receiver that does not deal with what it got holds up the sender") {
  auto options = plain_options("a");
  options.limits.bulk_queue_bytes_max = 200'000;
  auto receiving = plain_options("b");
  receiving.limits.bulk_window_bytes = 400'000;
  receiving.limits.envelope_bytes_max = 100'000;
  auto a = link_node{options};
  auto b = link_node{receiving};
  a.link_to(b);
  auto sent = std::size_t{0};
  for (;;) {
    const auto result = a.links->send(
      "b", test_envelope(sent, std::string(50'000, 'x')), link_lane::bulk);
    if (!result) {
      CHECK(result.error().kind == runtime::problem_kind::unavailable);
      break;
    }
    REQUIRE(++sent < 100);
  }
  // What is urgent has room of its own.
  REQUIRE(a.links->send("b", test_envelope(999, "beat"), link_lane::urgent));
  auto arrived = std::size_t{0};
  auto has_beat = false;
  while (arrived < sent || !has_beat)
    for (auto& one : b.log.await_envelopes(1)) {
      has_beat = has_beat || one.envelope.correlation_id() == 999;
      arrived += one.lane == link_lane::bulk ? 1 : 0;
    }
  a.log.await("room b");
  CHECK(a.links->send("b", test_envelope(1, "x"), link_lane::bulk));
}

TEST_CASE("an envelope that the other end does not take is refused at once") {
  auto receiving = plain_options("b");
  receiving.limits.envelope_bytes_max = 1'000;
  auto a = link_node{plain_options("a")};
  auto b = link_node{receiving};
  CHECK(a.links->send("b", test_envelope(1, "x"), link_lane::bulk).error().kind
        == runtime::problem_kind::not_found);
  a.link_to(b);
  const auto refused = a.links->send(
    "b", test_envelope(1, std::string(1'000, 'x')), link_lane::bulk);
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  auto large_head = test_envelope(1, "");
  large_head.set_target(std::string(5'000, 't'));
  CHECK_FALSE(a.links->send("b", large_head, link_lane::bulk));
  a.check_link(b, 500);
}

TEST_CASE("both ends learn of an end at once") {
  const auto authority = link_authority{};
  auto a = link_node{secure_options(authority, "a")};
  auto b = std::make_unique<link_node>(secure_options(authority, "b"));
  a.link_to(*b);
  a.links->disconnect("b", "no longer needed");
  CHECK(a.log.await("lost b").ends_with("no longer needed"));
  CHECK(b->log.await("lost a").ends_with("no longer needed"));
  CHECK(a.links->links().empty());
  CHECK_FALSE(a.links->send("b", test_envelope(1, "x"), link_lane::bulk));
  b->link_to(a);
  b.reset();
  a.log.await("lost b");
}

TEST_CASE("a node that starts anew replaces what it was") {
  const auto authority = link_authority{};
  auto a = link_node{secure_options(authority, "a")};
  auto first = secure_options(authority, "b");
  auto second = first;
  second.self.incarnation = 2;
  auto b = link_node{first};
  b.link_to(a);
  auto again = link_node{second};
  again.link_to(a);
  b.log.await("lost a");
  CHECK(a.links->links()[0].node.incarnation == 2);
  // The first one comes back, too late.
  REQUIRE(b.links->connect("a", "127.0.0.1", a.port, dial_deadline));
  CHECK(b.log.await("refused a").find("a later start of that node")
        != std::string::npos);
  again.check_link(a);
}

TEST_CASE("nodes that dial each other at once end with the same link") {
  const auto authority = link_authority{};
  auto a = link_node{secure_options(authority, "a")};
  auto b = link_node{secure_options(authority, "b")};
  REQUIRE(a.links->connect("b", "127.0.0.1", b.port, dial_deadline));
  // b may be linked before it can dial.
  (void)b.links->connect("a", "127.0.0.1", a.port, dial_deadline);
  const auto has_link = [](const link_node& node, link_origin origin) {
    const auto links = node.links->links();
    return links.size() == 1 && links[0].origin == origin;
  };
  while (!has_link(a, link_origin::dialed)
         || !has_link(b, link_origin::accepted))
    std::this_thread::yield();
  a.check_link(b);
}

TEST_CASE("whom a node cannot reach is refused with the reason") {
  auto a = link_node{plain_options("a")};
  auto free_port = std::uint16_t{0};
  {
    const auto gone = link_node{plain_options("gone")};
    free_port = gone.port;
  }
  REQUIRE(a.links->connect("b", "127.0.0.1", free_port, dial_deadline));
  CHECK(a.log.await("refused b").find("Connection refused")
        != std::string::npos);
  CHECK_FALSE(a.links->connect("a", "127.0.0.1", free_port, dial_deadline));
  CHECK_FALSE(a.links->connect("B!", "127.0.0.1", free_port, dial_deadline));
}

TEST_CASE("an address that fails at once is refused, and dialed again") {
  auto options = plain_options("a");
  options.plain = plain_links::anywhere;
  auto a = link_node{options};
  // There is no TCP to a broadcast address.
  constexpr auto nowhere = "255.255.255.255";
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(a.links->connect("b", nowhere, 1, dial_deadline));
    CHECK(a.log.await("refused ")
            .starts_with("refused b: cannot connect to 255.255.255.255:1"));
  }
  auto b = link_node{plain_options("b")};
  a.link_to(b);
}

TEST_CASE("another build, another name and the same name are refused") {
  auto a = link_node{plain_options("a")};
  auto newer = plain_options("b");
  newer.self.build = "0.2.0";
  auto b = link_node{newer};
  REQUIRE(a.links->connect("b", "127.0.0.1", b.port, dial_deadline));
  CHECK(a.log.await("refused b").find("run the same release")
        != std::string::npos);
  CHECK(b.log.await("refused").find("run the same release")
        != std::string::npos);
  auto c = link_node{plain_options("c")};
  REQUIRE(a.links->connect("d", "127.0.0.1", c.port, dial_deadline));
  CHECK(a.log.await("refused").find("node \"c\" is where \"d\" was expected")
        != std::string::npos);
  auto twin = link_node{plain_options("a")};
  REQUIRE(c.links->connect("a", "127.0.0.1", twin.port, dial_deadline));
  c.log.await("up a");
}

TEST_CASE("without certificates nothing leaves the machine") {
  auto a = link_node{plain_options("a")};
  const auto refused = a.links->listen("0.0.0.0", 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::denied);
  CHECK(refused.error().hint.find("troupe cluster init") != std::string::npos);
  CHECK(a.links->connect("b", "192.0.2.1", 1, dial_deadline).error().kind
        == runtime::problem_kind::denied);
  CHECK(a.links->connect("b", "b.example", 1, dial_deadline).error().kind
        == runtime::problem_kind::denied);
  auto open = plain_options("c");
  open.plain = plain_links::anywhere;
  auto c = link_node{open};
  CHECK(c.links->listen("0.0.0.0", 0));
  CHECK(c.links->listen("no address", 0).error().kind
        == runtime::problem_kind::invalid_input);
  CHECK(c.links->listen("127.0.0.1", c.port).error().kind
        == runtime::problem_kind::unavailable);
}

TEST_CASE("a name is looked up, and one that nobody knows is refused") {
  const auto authority = link_authority{};
  auto a = link_node{secure_options(authority, "a")};
  auto b = link_node{secure_options(authority, "b")};
  REQUIRE(a.links->connect("b", "localhost", b.port, dial_deadline));
  a.log.await("up b");
  REQUIRE(a.links->connect("c", "c.invalid", 1, dial_deadline));
  a.log.await("refused c");
}

TEST_CASE("wrong options are refused before there is a socket") {
  const auto authority = link_authority{};
  auto log = transport_events_log{};
  auto options = secure_options(authority, "a");
  options.self.name = "b";
  CHECK(make_socket_transport(options, log.events()).error().kind
        == runtime::problem_kind::invalid_input);
  options = plain_options("Not A Name");
  CHECK_FALSE(make_socket_transport(options, log.events()));
  options = plain_options("a");
  options.limits.envelope_bytes_max = options.limits.bulk_window_bytes;
  CHECK_FALSE(make_socket_transport(options, log.events()));
}
