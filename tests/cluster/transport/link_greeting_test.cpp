#include "cluster/transport/link_greeting.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::cluster;

namespace {

const auto greeting_self = node_identity{"a", 7, "0.1.0"};

messages::LinkHello good_hello() {
  return hello_of({"b", 3, "0.1.0"}, {});
}

greeting_context context_of(std::string proved) {
  auto context = greeting_context{};
  context.self = greeting_self;
  context.proved = std::move(proved);
  return context;
}

link_peer peer_of(const std::string& node, std::uint64_t incarnation,
                  link_origin origin) {
  auto peer = link_peer{};
  peer.node.name = node;
  peer.node.incarnation = incarnation;
  peer.origin = origin;
  return peer;
}

} // namespace

TEST_CASE("a hello that fits is not refused") {
  CHECK_FALSE(check_hello(good_hello(), context_of("b")));
  CHECK(identity_of(good_hello()) == node_identity{"b", 3, "0.1.0"});
  auto plain = context_of("");
  plain.proved.reset();
  plain.expected = "b";
  CHECK_FALSE(check_hello(good_hello(), plain));
}

TEST_CASE("a name that the certificate does not prove is refused") {
  CHECK(check_hello(good_hello(), context_of("c")).value()
        == "it calls itself \"b\", but its certificate is of \"c\"");
  CHECK(check_hello(good_hello(), context_of("")).value()
        == "its certificate is not of exactly one node");
  auto dialed = context_of("b");
  dialed.expected = "d";
  CHECK(check_hello(good_hello(), dialed).value()
        == "node \"b\" is where \"d\" was expected");
  CHECK(check_hello(hello_of(greeting_self, {}), context_of("a")).value()
        == "both ends are called \"a\"");
}

TEST_CASE("versions and builds that differ are refused with both") {
  auto hello = good_hello();
  hello.set_protocol_version(2);
  CHECK(check_hello(hello, context_of("b"))->find("version 2")
        != std::string::npos);
  hello = good_hello();
  hello.set_build("0.2.0");
  CHECK(check_hello(hello, context_of("b")).value()
        == "one end is build 0.2.0, the other 0.1.0: run the same release");
  auto any = context_of("b");
  any.builds = build_rule::any;
  CHECK_FALSE(check_hello(hello, any));
}

TEST_CASE("a hello that could not be shown or kept to is refused") {
  auto hello = good_hello();
  hello.set_build("0.1.0\nforged line");
  CHECK(check_hello(hello, context_of("b")));
  hello = good_hello();
  hello.set_node("../b");
  CHECK(check_hello(hello, context_of("b")));
  hello = good_hello();
  hello.set_bulk_window_bytes(0);
  CHECK(check_hello(hello, context_of("b")));
  hello = good_hello();
  hello.set_envelope_bytes_max(hello.bulk_window_bytes());
  CHECK(check_hello(hello, context_of("b")));
}

TEST_CASE("of two links to a node both ends keep the same one") {
  using enum link_origin;
  // a and b have dialed each other: each sees the links in another order.
  CHECK(
    judge_second_link("a", peer_of("b", 1, dialed), peer_of("b", 1, accepted))
    == second_link::refused);
  CHECK(
    judge_second_link("b", peer_of("a", 1, dialed), peer_of("a", 1, accepted))
    == second_link::replaces_first);
  CHECK(
    judge_second_link("a", peer_of("b", 1, accepted), peer_of("b", 1, dialed))
    == second_link::replaces_first);
  CHECK(
    judge_second_link("b", peer_of("a", 1, accepted), peer_of("a", 1, dialed))
    == second_link::refused);
}

TEST_CASE("a node that dials again, or starts again, has lost the first link") {
  using enum link_origin;
  CHECK(
    judge_second_link("a", peer_of("b", 1, accepted), peer_of("b", 1, accepted))
    == second_link::replaces_first);
  CHECK(
    judge_second_link("a", peer_of("b", 1, dialed), peer_of("b", 2, accepted))
    == second_link::replaces_first);
  CHECK(
    judge_second_link("b", peer_of("a", 2, dialed), peer_of("a", 1, accepted))
    == second_link::refused_as_older);
}

TEST_CASE("what was proved counts until it ends or is revoked") {
  const auto until = runtime::parse_instant("2026-05-01T12:00:00Z").value();
  const auto proof = link_proof{"b", "2A", until, "0f"};
  const auto before = until - std::chrono::microseconds{1};
  CHECK_FALSE(check_proof(proof, {"0f", {"2B"}}, before));
  CHECK(check_proof(proof, {"0f", {}}, until)
        == "the certificate of \"b\" ended at 2026-05-01T12:00:00Z");
  CHECK(check_proof(proof, {"0f", {"2A", "2B"}}, before)
        == "the certificate of \"b\" is revoked");
  CHECK(check_proof(proof, {"1f", {}}, before)
        == "the certificate of \"b\" is of another authority");
}
