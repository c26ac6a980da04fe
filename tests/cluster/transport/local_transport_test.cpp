#include "cluster/transport/local_transport.hpp"
#include "tests/cluster/transport/transport_events_log.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// Two nodes of one process; events move when the test says so.
struct local_fixture {
  local_network network{local_network::delivery::by_hand};
  transport_events_log a_log;
  transport_events_log b_log;
  std::unique_ptr<transport> a
    = network.join({"a", 1, "0.1.0"}, a_log.events());
  std::unique_ptr<transport> b
    = network.join({"b", 2, "0.1.0"}, b_log.events());

  void link() {
    const auto port = b->listen("local", 0);
    REQUIRE(port);
    REQUIRE(a->connect("b", "local", *port, 1s));
    network.deliver();
    a_log.await("up b");
    b_log.await("up a");
  }
};

} // namespace

TEST_CASE_METHOD(local_fixture, "nodes of one process are linked and talk") {
  link();
  CHECK(a->links().at(0).node == node_identity{"b", 2, "0.1.0"});
  CHECK(b->links().at(0).origin == link_origin::accepted);
  REQUIRE(a->send("b", test_envelope(1, "one"), link_lane::bulk));
  REQUIRE(a->send("b", test_envelope(2, "two"), link_lane::urgent));
  CHECK(network.deliver() == 2);
  const auto arrived = b_log.await_envelopes(2);
  CHECK(arrived[0].envelope.body() == "one");
  CHECK(arrived[1].envelope.sender() == "a");
  CHECK(arrived[1].lane == link_lane::urgent);
}

TEST_CASE_METHOD(local_fixture, "whom nobody knows is refused") {
  REQUIRE(a->connect("b", "local", 1, 1s));
  network.deliver();
  a_log.await("refused b: cannot connect");
  const auto port = b->listen("local", 7);
  CHECK(port == 7);
  CHECK_FALSE(a->listen("local", 7));
  REQUIRE(a->connect("c", "local", 7, 1s));
  network.deliver();
  CHECK(a_log.await("refused c").find("where \"c\" was expected")
        != std::string::npos);
  CHECK_FALSE(a->connect("a", "local", 7, 1s));
  CHECK_FALSE(a->send("b", test_envelope(1, ""), link_lane::bulk));
}

TEST_CASE_METHOD(local_fixture, "both ends learn of an end") {
  link();
  CHECK(a->connect("b", "local", 7, 1s).error().kind
        == runtime::problem_kind::conflict);
  b->disconnect("a", "enough");
  network.deliver();
  CHECK(a_log.await("lost b") == "lost b: enough");
  CHECK(b_log.await("lost a") == "lost a: enough");
  link();
  b.reset();
  network.deliver();
  a_log.await("lost b");
  CHECK(a->links().empty());
}

TEST_CASE_METHOD(local_fixture, "what is not dealt with holds up the sender") {
  link();
  auto sent = std::size_t{0};
  while (a->send("b", test_envelope(sent, std::string(4 << 20, 'x')),
                 link_lane::bulk))
    REQUIRE(++sent < 100);
  CHECK(sent == 7); // Of 32 MiB, with what each counts besides.
  network.deliver();
  CHECK(
    a->send("b", test_envelope(1, std::string(4 << 20, 'x')), link_lane::bulk)
      .error()
      .kind
    == runtime::problem_kind::unavailable);
  CHECK(b_log.await_envelopes(sent).size() == sent); // And let go.
  network.deliver();
  a_log.await("room b");
  CHECK(a->send("b", test_envelope(1, "x"), link_lane::bulk));
}

TEST_CASE("a network with a thread of its own needs no hand") {
  auto network = local_network{local_network::delivery::on_own_thread};
  auto a_log = transport_events_log{};
  auto b_log = transport_events_log{};
  const auto a = network.join({"a", 1, ""}, a_log.events());
  auto b = network.join({"b", 1, ""}, b_log.events());
  REQUIRE(a->connect("b", "local", b->listen("local", 0).value(), 1s));
  a_log.await("up b");
  REQUIRE(a->send("b", test_envelope(1, "x"), link_lane::bulk));
  CHECK(b_log.await_envelopes(1).size() == 1);
  b.reset();
  a_log.await("lost b");
}
