#include "cluster/node/node_steward.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using told_list = std::shared_ptr<std::vector<std::string>>;

/// Whoever the steward tells something, whichever part that is.
caf::behavior told_part(caf::event_based_actor*, const told_list& told) {
  return {
    [=](const lose_node& what) { told->push_back("lose " + what.node); },
    [=](const serve_nodes& what) {
      for (const auto& node : what.held)
        told->push_back("serve all but " + node);
    },
    [=](const hold_node& what) {
      told->push_back((what.is_on ? "hold " : "resume ") + what.node);
    },
    [=](const expect_nodes& what) {
      auto text = std::string{"expect"};
      for (const auto& node : what.nodes)
        text += " " + node;
      told->push_back(text);
    },
    [=](const step_aside& what) {
      told->push_back("step aside for " + std::to_string(what.abstain.count()));
    },
    [=](come_back) { told->push_back("come back"); },
    [=](const leader_is& what) { told->push_back("leader " + what.node); },
    [=](const leader_followed& what) {
      told->push_back("followed " + what.node);
    },
  };
}

member_event event_of(member_event_kind kind, member_state state) {
  auto event = member_event{};
  event.kind = kind;
  event.of.name = "w";
  event.of.state = state;
  event.of.roles.is_worker = true;
  return event;
}

struct steward_fixture : actor_fixture {
  told_list told = std::make_shared<std::vector<std::string>>();
  caf::actor part = system.spawn(told_part, told);
  std::shared_ptr<node_turns> turns = std::make_shared<node_turns>();
  node_steward_actor steward = spawn_node_steward(system, options());

  steward_fixture() {
    own(part);
    own(steward);
    run();
  }

  node_steward_options options() {
    auto with = node_steward_options{};
    with.self = "a";
    with.turns = turns;
    with.relay = caf::actor_cast<engine_relay_actor>(part);
    with.cluster = caf::actor_cast<leader_watcher_actor>(part);
    with.leadership = caf::actor_cast<leadership_actor>(part);
    with.parts = {part};
    return with;
  }

  void open_desk() {
    tell(hosting_opened{caf::actor_cast<hosting_desk_actor>(part)});
  }

  template <class Message>
  void tell(const Message& what) {
    caf::anon_send(steward, what);
    run();
  }

  /// What there is to do for whoever does not lead, once it is known.
  node_turns::turn turn() {
    return turns->next(std::nullopt, {});
  }
};

} // namespace

TEST_CASE_METHOD(steward_fixture,
                 "a node that is lost is lost for the engine") {
  tell(event_of(member_event_kind::down, member_state::dead));
  CHECK(told->empty()); // There is no engine.
  open_desk();
  tell(event_of(member_event_kind::up, member_state::alive));
  CHECK(told->empty());
  tell(event_of(member_event_kind::down, member_state::dead));
  tell(event_of(member_event_kind::left, member_state::left));
  CHECK(*told == std::vector<std::string>{"lose w", "lose w"});
}

TEST_CASE_METHOD(steward_fixture, "whoever drains or is suspect gets nothing "
                                  "new until it is neither") {
  open_desk();
  tell(event_of(member_event_kind::draining, member_state::draining));
  tell(event_of(member_event_kind::suspect, member_state::suspect));
  tell(event_of(member_event_kind::trusted, member_state::draining));
  CHECK(*told == std::vector<std::string>{"hold w"});
  tell(event_of(member_event_kind::resumed, member_state::alive));
  CHECK(told->back() == "resume w");
  tell(event_of(member_event_kind::suspect, member_state::suspect));
  tell(event_of(member_event_kind::trusted, member_state::alive));
  CHECK(
    *told
    == std::vector<std::string>{"hold w", "resume w", "hold w", "resume w"});
}

TEST_CASE_METHOD(steward_fixture, "a new engine hears who gets nothing new") {
  tell(event_of(member_event_kind::draining, member_state::draining));
  CHECK(told->empty());
  open_desk();
  CHECK(*told == std::vector<std::string>{"serve all but w"});
}

TEST_CASE_METHOD(steward_fixture,
                 "an engine hears who may run something, once that is known") {
  tell(event_of(member_event_kind::up, member_state::alive));
  auto other = event_of(member_event_kind::up, member_state::alive);
  other.of.name = "c";
  other.of.roles = {true, false};
  tell(other);
  open_desk();
  CHECK(told->empty()); // The node itself is too young to know.
  advance(2'999ms);
  CHECK(told->empty());
  advance(1ms);
  CHECK(*told == std::vector<std::string>{"expect w"});
  // Whoever is suspect may come back.
  tell(event_of(member_event_kind::suspect, member_state::suspect));
  CHECK(told->back() == "hold w");
  tell(event_of(member_event_kind::down, member_state::dead));
  CHECK(*told
        == std::vector<std::string>{"expect w", "hold w", "expect", "lose w"});
  tell(event_of(member_event_kind::up, member_state::alive));
  CHECK(told->back() == "expect w");
  open_desk();
  CHECK(told->size() == 6);
  CHECK(told->back() == "expect w");
}

TEST_CASE_METHOD(steward_fixture, "a node leads when it is its turn") {
  auto change = leadership_change{};
  change.epoch = 3;
  change.leader = holder_of("a", 1);
  tell(change);
  CHECK(turn().epoch == lease_epoch{3});
  CHECK(*told == std::vector<std::string>{"leader a"});
  change.epoch.reset();
  change.leader = holder_of("b", 1);
  tell(change);
  CHECK_FALSE(turns->next(lease_epoch{3}, {}).epoch);
  CHECK(told->back() == "leader b");
}

TEST_CASE_METHOD(steward_fixture, "whom a worker follows its programs ask") {
  tell(leader_followed{"b", 4});
  CHECK(*told == std::vector<std::string>{"leader b", "followed b"});
}

TEST_CASE_METHOD(steward_fixture, "a node that was removed or replaced ends") {
  for (const auto kind :
       {own_notice_kind::stopped_removed, own_notice_kind::stopped_replaced}) {
    tell(own_notice{kind, {}});
    REQUIRE(turn().end);
    CHECK(turn().end->kind == runtime::problem_kind::conflict);
  }
}

TEST_CASE_METHOD(steward_fixture, "a node ends with any of its parts") {
  stop(part);
  REQUIRE(turn().end);
  CHECK(turn().end->kind == runtime::problem_kind::failed);
}

TEST_CASE_METHOD(steward_fixture,
                 "a node that drains lets others lead, if there are any") {
  auto own = event_of(member_event_kind::draining, member_state::draining);
  own.of.name = "a";
  own.of.roles = {true, true};
  auto other = event_of(member_event_kind::up, member_state::alive);
  other.of.name = "b";
  other.of.roles = {true, false};
  tell(event_of(member_event_kind::up, member_state::alive)); // A worker.
  SECTION("somebody else lives") {
    tell(other);
    tell(own);
    CHECK(*told == std::vector<std::string>{"step aside for 10000"});
    // It stops as well: what runs here needs somebody to tell.
    other.kind = member_event_kind::draining;
    other.of.state = member_state::draining;
    tell(other);
    CHECK(told->back() == "come back");
  }
  SECTION("nobody else lives") {
    tell(other);
    other.kind = member_event_kind::suspect;
    other.of.state = member_state::suspect;
    tell(other);
    tell(own);
    CHECK(told->empty());
    other.kind = member_event_kind::trusted;
    other.of.state = member_state::alive;
    tell(other);
    CHECK(*told == std::vector<std::string>{"step aside for 10000"});
    other.kind = member_event_kind::down;
    other.of.state = member_state::dead;
    tell(other);
    CHECK(told->back() == "come back");
  }
  SECTION("it takes work again") {
    tell(other);
    tell(own);
    own.kind = member_event_kind::resumed;
    own.of.state = member_state::alive;
    tell(own);
    CHECK(told->back() == "come back");
  }
}
