#include "runtime/supervision/supervisor.hpp"
#include "tests/runtime/supervision/supervised_fixture.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

struct fixture : supervised_fixture {
  child_spec stubborn_child(const std::string& id) {
    auto spec = child(id, restart_kind::permanent, manners::stubborn);
    spec.shutdown = 5s;
    return spec;
  }

  std::vector<std::string>
  killed(const outcome_of<messages::TreeStopped>& end) {
    const auto reply = reply_of(end, system);
    return {reply.killed().begin(), reply.killed().end()};
  }
};

using journal = fixture::journal;

} // namespace

TEST_CASE_METHOD(fixture, "a supervisor stops its children in reverse") {
  const auto root = start(options(), {child("a"), child("b"), child("c")});
  take_events();
  CHECK(killed(request(root, messages::StopTree{})).empty());
  CHECK(take_events() == journal{"-c", "-b", "-a"});
  CHECK(end_of(root) == caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(fixture, "an exit message stops the tree in order") {
  const auto root = start(options(), {child("a"), child("b")});
  take_events();
  stop(root);
  CHECK(take_events() == journal{"-b", "-a"});
  CHECK(end_of(root));
}

TEST_CASE_METHOD(fixture, "a subtree stops before its left neighbour") {
  auto inner = options();
  inner.name = "inner";
  const auto root = start(
    options(), {child("a"), supervisor_child(inner, {child("b"), child("c")}),
                child("d")});
  take_events();
  CHECK(killed(request(root, messages::StopTree{})).empty());
  CHECK(take_events() == journal{"-d", "-c", "-b", "-a"});
}

TEST_CASE_METHOD(fixture, "a child that ignores exit is killed when late") {
  const auto root
    = start(options(), {child("a"), stubborn_child("b"), child("c")});
  take_events();
  auto reply = send(root, messages::StopTree{});
  advance(5s - 1ns);
  CHECK(take_events() == journal{"-c", "-b"});
  CHECK(tree(root).children(1).state() == messages::Tree::STATE_STOPPING);
  advance(1ns);
  CHECK(take_events() == journal{"-a"});
  CHECK(killed(take(reply)) == journal{"b"});
}

TEST_CASE_METHOD(fixture, "whoever was killed below is named by its path") {
  auto inner = options();
  inner.name = "inner";
  const auto root
    = start(options(), {supervisor_child(inner, {stubborn_child("b")}),
                        stubborn_child("c")});
  auto reply = send(root, messages::StopTree{});
  advance(10s);
  CHECK(killed(take(reply)) == journal{"inner/b", "c"});
}

TEST_CASE_METHOD(fixture, "all who asked for the end are told") {
  const auto root = start(options(), {stubborn_child("a")});
  auto first = send(root, messages::StopTree{});
  auto second = send(root, messages::StopTree{});
  advance(5s);
  CHECK(killed(take(first)) == journal{"a"});
  CHECK(killed(take(second)) == journal{"a"});
}

TEST_CASE_METHOD(fixture, "a supervisor without children stops at once") {
  const auto root = start(options(), {});
  CHECK(killed(request(root, messages::StopTree{})).empty());
  CHECK(end_of(root));
}

TEST_CASE_METHOD(fixture, "a stubborn sibling delays a restart, not more") {
  const auto root = start(options(restart_strategy::one_for_all),
                          {child("a"), stubborn_child("b")});
  take_events();
  crash(root, "a");
  CHECK(take_events() == journal{"-b"});
  advance(5s);
  CHECK(take_events() == journal{"+a", "+b"});
}

TEST_CASE_METHOD(fixture, "a stop during a restart delay starts nobody") {
  auto how = options();
  how.delay = {1s, 1s};
  const auto root = start(how, {child("a"), child("b")});
  crash(root, "a");
  take_events();
  CHECK(killed(request(root, messages::StopTree{})).empty());
  advance(10s);
  CHECK(take_events() == journal{"-b"});
}

TEST_CASE_METHOD(fixture, "children do not outlive a killed supervisor") {
  const auto root = start(options(), {child("a"), stubborn_child("b")});
  const auto a = find(root, "a");
  const auto b = find(root, "b");
  stop(root, caf::exit_reason::kill);
  CHECK(end_of(a) == caf::exit_reason::kill);
  CHECK(end_of(b) == caf::exit_reason::kill);
}
