#include "runtime/actor_errors.hpp"
#include "runtime/supervision/supervisor.hpp"
#include "tests/runtime/supervision/supervised_fixture.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

using fixture = supervised_fixture;
using journal = fixture::journal;

} // namespace

TEST_CASE_METHOD(fixture, "a supervisor starts its children left to right") {
  start(options(), {child("a"), child("b"), child("c")});
  CHECK(take_events() == journal{"+a", "+b", "+c"});
}

TEST_CASE_METHOD(fixture, "one_for_one restarts the crashed child") {
  const auto root = start(options(), {child("a"), child("b"), child("c")});
  const auto before = find(root, "b").address();
  take_events();
  crash(root, "b");
  CHECK(take_events() == journal{"+b"});
  CHECK(find(root, "b").address() != before);
}

TEST_CASE_METHOD(fixture, "one_for_all restarts all children in order") {
  const auto root = start(options(restart_strategy::one_for_all),
                          {child("a"), child("b"), child("c")});
  take_events();
  crash(root, "b");
  CHECK(take_events() == journal{"-c", "-a", "+a", "+b", "+c"});
}

TEST_CASE_METHOD(fixture, "rest_for_one restarts what depends on the child") {
  const auto root = start(options(restart_strategy::rest_for_one),
                          {child("a"), child("b"), child("c")});
  take_events();
  crash(root, "b");
  CHECK(take_events() == journal{"-c", "+b", "+c"});
}

TEST_CASE_METHOD(fixture, "a permanent child is restarted after any end") {
  const auto root = start(options(), {child("a", restart_kind::permanent)});
  end(root, "a", "");
  end(root, "a", "crash");
  CHECK(take_events() == journal{"+a", "+a", "+a"});
}

TEST_CASE_METHOD(fixture, "a transient child is restarted after errors only") {
  const auto root = start(options(), {child("a", restart_kind::transient)});
  crash(root, "a");
  end(root, "a", "");
  CHECK(take_events() == journal{"+a", "+a"});
  CHECK(tree(root).children(0).state() == messages::Tree::STATE_STOPPED);
}

TEST_CASE_METHOD(fixture, "a temporary child is never restarted") {
  const auto root = start(options(), {child("a", restart_kind::temporary)});
  crash(root, "a");
  CHECK(take_events() == journal{"+a"});
}

TEST_CASE_METHOD(fixture, "a killed child has failed") {
  const auto root = start(options(), {child("a", restart_kind::transient)});
  stop(find(root, "a"), caf::exit_reason::kill);
  advance(0s);
  CHECK(take_events() == journal{"+a", "+a"});
  CHECK(tree(root).children(0).last_error() == "killed");
}

TEST_CASE_METHOD(fixture, "a start function that throws counts as a crash") {
  *broken_starts = 2;
  const auto root = start(options(), {child("a"), child("b")});
  advance(0s);
  CHECK(tree(root).children(0).state() == messages::Tree::STATE_RUNNING);
  CHECK(tree(root).children(0).restarts() == 2);
  CHECK(tree(root).children(0).last_error() == "cannot open socket");
  CHECK(tree(root).children(1).state() == messages::Tree::STATE_RUNNING);
}

TEST_CASE_METHOD(fixture, "a start that always throws stops the supervisor") {
  *broken_starts = 1'000;
  const auto root = start(options(), {child("a")});
  advance(0s);
  CHECK(end_of(root) == supervision_error::intensity_exceeded);
}

TEST_CASE_METHOD(fixture, "crashes beyond the intensity stop the supervisor") {
  auto how = options();
  how.intensity = {2, 10s};
  const auto root = start(how, {child("a"), child("b")});
  crash(root, "a");
  crash(root, "a");
  take_events();
  crash(root, "a");
  CHECK(take_events() == journal{"-b"});
  const auto reason = end_of(root);
  REQUIRE(reason == supervision_error::intensity_exceeded);
  CHECK_THAT(system.render(*reason), Catch::Contains("root: a: "));
}

TEST_CASE_METHOD(fixture, "crashes far apart are no reason to give up") {
  auto how = options();
  how.intensity = {1, 10s};
  const auto root = start(how, {child("a")});
  for (int i = 0; i < 5; ++i) {
    crash(root, "a");
    advance(10s);
  }
  CHECK(tree(root).children(0).restarts() == 5);
}

TEST_CASE_METHOD(fixture,
                 "a supervisor that gives up is restarted by its own") {
  auto inner = options();
  inner.name = "inner";
  inner.intensity = {1, 10s};
  const auto root
    = start(options(restart_strategy::rest_for_one),
            {child("a"), supervisor_child(inner, {child("b"), child("c")}),
             child("d")});
  take_events();
  const auto crash_below
    = [&] { crash(child_handle<supervisor_actor>(find(root, "inner")), "b"); };
  crash_below();
  CHECK(take_events() == journal{"+b"});
  crash_below();
  CHECK(take_events() == journal{"-c", "-d", "+d", "+b", "+c"});
  CHECK_THAT(tree(root).children(1).last_error(),
             Catch::Contains("restart intensity exceeded"));
}

TEST_CASE_METHOD(fixture, "escalation reaches the top through two levels") {
  const auto limited = [](const std::string& name) {
    auto how = options();
    how.name = name;
    how.intensity = {0, 10s};
    return how;
  };
  const auto root
    = start(limited("root"),
            {supervisor_child(
              limited("middle"),
              {supervisor_child(limited("lower"), {child("a"), child("b")})})});
  take_events();
  const auto middle = child_handle<supervisor_actor>(find(root, "middle"));
  const auto lower = child_handle<supervisor_actor>(find(middle, "lower"));
  crash(lower, "a");
  CHECK(take_events() == journal{"-b"});
  CHECK(end_of(lower) == supervision_error::intensity_exceeded);
  CHECK(end_of(middle) == supervision_error::intensity_exceeded);
  CHECK(end_of(root) == supervision_error::intensity_exceeded);
}

TEST_CASE_METHOD(fixture, "a restart waits for its delay") {
  auto how = options();
  how.delay = {1s, 1s};
  const auto root = start(how, {child("a"), child("b")});
  take_events();
  crash(root, "a");
  CHECK(take_events().empty());
  CHECK(tree(root).children(0).state() == messages::Tree::STATE_RESTARTING);
  auto query = messages::GetChild{};
  query.set_id("a");
  CHECK(std::get<caf::error>(request(root, query))
        == problem_kind::unavailable);
  advance(1s);
  CHECK(take_events() == journal{"+a"});
}

TEST_CASE_METHOD(fixture, "delays follow the seed alone") {
  const auto restart_time = [&](std::uint64_t seed) {
    auto how = options();
    how.delay = {1s, 1s};
    how.seed = seed;
    const auto root = start(how, {child("a")});
    crash(root, "a");
    take_events();
    for (int i = 0; i <= 1'000; ++i) {
      if (!take_events().empty())
        return i;
      advance(1ms);
    }
    return -1;
  };
  CHECK(restart_time(1) == restart_time(1));
  CHECK(restart_time(1) != restart_time(2));
  CHECK(restart_time(3) >= 0);
}

TEST_CASE_METHOD(fixture, "an unknown child is not found") {
  const auto root = start(options(), {child("a")});
  auto query = messages::GetChild{};
  query.set_id("z");
  CHECK(std::get<caf::error>(request(root, query)) == problem_kind::not_found);
}

TEST_CASE_METHOD(fixture, "a typed child comes back as what it is") {
  auto spec = child_spec{};
  spec.id = "inner";
  spec.start = start_function([](caf::actor_system& where) {
    return spawn_supervisor(where, options(), {});
  });
  const auto root = start(options(), {spec});
  const auto inner = child_handle<supervisor_actor>(find(root, "inner"));
  CHECK(tree(inner).id() == "root");
}

TEST_CASE_METHOD(fixture, "the tree shows all levels") {
  auto inner = options();
  inner.name = "inner";
  const auto root
    = start(options(), {child("a"), supervisor_child(inner, {child("b")})});
  crash(root, "a");
  const auto shown = tree(root);
  CHECK(shown.id() == "root");
  CHECK(shown.state() == messages::Tree::STATE_RUNNING);
  CHECK(shown.has_mailbox_size());
  REQUIRE(shown.children_size() == 2);
  CHECK(shown.children(0).id() == "a");
  CHECK(shown.children(0).restarts() == 1);
  CHECK_THAT(shown.children(0).last_error(), Catch::Contains("crash"));
  CHECK_FALSE(shown.children(0).has_mailbox_size());
  CHECK(shown.children(1).id() == "inner");
  CHECK(shown.children(1).has_mailbox_size());
  REQUIRE(shown.children(1).children_size() == 1);
  CHECK(shown.children(1).children(0).id() == "b");
  CHECK(shown.children(1).children(0).state() == messages::Tree::STATE_RUNNING);
}

TEST_CASE_METHOD(fixture,
                 "a subtree that says nothing does not hide the rest") {
  auto silent = child("silent"); // Does not understand GetTree.
  silent.kind = child_kind::supervisor;
  silent.start = [](caf::actor_system& where) {
    return caf::actor{where.spawn([](caf::event_based_actor* self) {
      return caf::behavior{[self](const messages::GetTree&) {
        return self->make_response_promise<messages::Tree>();
      }};
    })};
  };
  const auto root = start(options(), {child("a"), silent});
  auto reply = send(root, messages::GetTree{});
  advance(1s);
  const auto shown = reply_of(take(reply), system);
  REQUIRE(shown.children_size() == 2);
  CHECK(shown.children(1).last_error() == "no answer in time");
}

TEST_CASE_METHOD(fixture, "children that cannot be told apart are refused") {
  CHECK_THROWS_AS(spawn_supervisor(system, options(), {child("a"), child("a")}),
                  std::logic_error);
  auto empty = child("b");
  empty.start = nullptr;
  CHECK_THROWS_AS(spawn_supervisor(system, options(), {empty}),
                  std::logic_error);
}
