#include "cluster/node/cluster_desk.hpp"
#include "cluster/node/engine_relay.hpp"
#include "cluster/node/node_gauge.hpp"
#include "messages/engine_call.pb.h"
#include "tests/cluster/hosting/scripted_exchange.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// What the parts of a node say, and hear.
struct desk_world {
  members_seen seen;
  bool is_broken = false; ///< Nobody tells of members.
  leadership_change leadership;
  std::vector<std::string> heard;
};

using shared_world = std::shared_ptr<desk_world>;

caf::behavior fake_part(caf::event_based_actor*, const shared_world& world) {
  return {
    [=](get_members) -> caf::result<members_seen> {
      if (world->is_broken)
        return caf::make_error(runtime::problem_kind::unavailable, "broken");
      return world->seen;
    },
    [=](const drain_node& what) {
      world->heard.push_back((what.is_on ? "drain " : "undrain ") + what.name);
      return membership_done{};
    },
    [=](const remove_node& what) {
      world->heard.push_back("remove " + what.name);
      return membership_done{};
    },
    [=](get_leadership) { return world->leadership; },
    [=](const step_aside& what) {
      world->heard.push_back("aside " + std::to_string(what.abstain.count()));
    },
  };
}

member_seen member_of(const std::string& name, bool is_coordinator,
                      member_state state = member_state::alive) {
  auto seen = member_seen{};
  seen.of.name = name;
  seen.of.state = state;
  seen.of.roles = {is_coordinator, !is_coordinator};
  return seen;
}

struct cluster_desk_fixture : actor_fixture {
  shared_world world = std::make_shared<desk_world>();
  caf::actor part = system.spawn(fake_part, world);
  std::shared_ptr<asked_of_exchange> asked
    = std::make_shared<asked_of_exchange>();
  scripted_exchange_actor exchange = system.spawn(scripted_exchange, asked);
  std::vector<messages::EngineAnswer> answers;

  cluster_desk_fixture() {
    own(part);
    own(exchange);
    world->seen.self = "a";
    world->seen.members
      = {member_of("a", true), member_of("b", true), member_of("w", false)};
  }

  enum class leadership : std::uint8_t { none, present };

  cluster_desk_actor desk_with(leadership what, const std::string& only = {}) {
    auto options = cluster_desk_options{};
    options.membership = caf::actor_cast<membership_actor>(part);
    if (what == leadership::present)
      options.leadership = caf::actor_cast<leadership_actor>(part);
    options.only_coordinator = only;
    options.only_epoch = only.empty() ? 0 : 9;
    options.exchange = exchange;
    options.answers
      = [this](engine::asker_id to, std::span<const std::string> payloads) {
          CHECK(to == 7);
          for (const auto& payload : payloads)
            REQUIRE(answers.emplace_back().ParseFromString(payload));
        };
    auto desk = spawn_cluster_desk(system, std::move(options));
    own(desk);
    return desk;
  }

  messages::EngineAnswer ask(const cluster_desk_actor& desk,
                             const messages::EngineCall& call) {
    answers.clear();
    caf::anon_send(desk, engine::desk_questions{7, {call.SerializeAsString()}});
    run();
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().id() == call.id());
    return answers.front();
  }

  messages::ClusterStatus show(const cluster_desk_actor& desk) {
    auto call = messages::EngineCall{};
    call.set_id(3);
    call.mutable_cluster();
    const auto answer = ask(desk, call);
    REQUIRE(answer.has_cluster());
    return answer.cluster();
  }

  /// Asks how busy the nodes are, so many times at once, and does not wait.
  void ask_load(const cluster_desk_actor& desk, std::size_t times,
                bool only_this = false) {
    auto call = messages::EngineCall{};
    call.set_id(5);
    call.mutable_cluster_load()->set_only_this(only_this);
    const auto payloads
      = std::vector<std::string>(times, call.SerializeAsString());
    caf::anon_send(desk, engine::desk_questions{7, payloads});
    run();
  }

  void ask_load(bool only_this = false) {
    world->leadership.leader = holder_of("b", 2);
    ask_load(desk_with(leadership::present), 1, only_this);
  }

  template <class Message>
  void answer(std::size_t call, const Message& with) {
    caf::anon_send(exchange, answer_call{call, to_envelope({}, 0, with)});
    run();
  }

  messages::ClusterLoad load() {
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().id() == 5);
    return answers.front().cluster_load();
  }

  messages::EngineAnswer change(const cluster_desk_actor& desk,
                                const messages::ChangeCluster& wanted) {
    auto call = messages::EngineCall{};
    call.set_id(4);
    *call.mutable_change_cluster() = wanted;
    return ask(desk, call);
  }
};

} // namespace

TEST_CASE_METHOD(cluster_desk_fixture, "a coordinator shows who leads, and "
                                       "whether another one could") {
  world->leadership.leader = holder_of("b", 2);
  world->leadership.leader_epoch = 5;
  const auto desk = desk_with(leadership::present);
  auto status = show(desk);
  CHECK(status.node() == "a");
  CHECK(status.leader() == "b");
  CHECK(status.epoch() == 5);
  CHECK(status.has_failover());
  REQUIRE(status.nodes_size() == 3);
  CHECK(status.nodes(2).name() == "w");
  CHECK(status.nodes(2).is_worker());
  world->seen.members[1] = member_of("b", true, member_state::draining);
  CHECK_FALSE(show(desk).has_failover());
}

TEST_CASE_METHOD(cluster_desk_fixture, "a worker shows whom it follows, as "
                                       "long as that one is there") {
  const auto desk = desk_with(leadership::none);
  CHECK(show(desk).leader().empty());
  caf::anon_send(desk, leader_followed{"b", 4});
  auto status = show(desk);
  CHECK(status.leader() == "b");
  CHECK(status.epoch() == 4);
  CHECK(status.has_failover());
  world->seen.members[1] = member_of("b", true, member_state::dead);
  CHECK(show(desk).leader().empty());
}

TEST_CASE_METHOD(cluster_desk_fixture, "the only coordinator leads for good") {
  const auto desk = desk_with(leadership::none, "a");
  const auto status = show(desk);
  CHECK(status.leader() == "a");
  CHECK(status.epoch() == 9);
  CHECK_FALSE(status.has_failover());
  auto wanted = messages::ChangeCluster{};
  wanted.set_step_aside_ms(1'000);
  CHECK(change(desk, wanted).has_problem());
}

TEST_CASE_METHOD(cluster_desk_fixture, "nodes are drained and removed") {
  const auto desk = desk_with(leadership::present);
  auto wanted = messages::ChangeCluster{};
  wanted.set_node("w");
  wanted.set_drain(true);
  CHECK(change(desk, wanted).has_cluster_changed());
  wanted.set_undrain(true);
  CHECK(change(desk, wanted).has_cluster_changed());
  wanted.set_remove(true);
  CHECK(change(desk, wanted).has_cluster_changed());
  CHECK(world->heard
        == std::vector<std::string>{"drain w", "undrain w", "remove w"});
}

TEST_CASE_METHOD(cluster_desk_fixture, "only who leads can step aside") {
  const auto desk = desk_with(leadership::present);
  auto wanted = messages::ChangeCluster{};
  wanted.set_step_aside_ms(1'000);
  CHECK(change(desk, wanted).has_problem());
  CHECK(world->heard.empty());
  world->leadership.epoch = 5;
  CHECK(change(desk, wanted).has_cluster_changed());
  CHECK(world->heard == std::vector<std::string>{"aside 1000"});
}

TEST_CASE_METHOD(cluster_desk_fixture, "what is no question is refused") {
  const auto desk = desk_with(leadership::present);
  CHECK(change(desk, {}).has_problem());
  caf::anon_send(desk, engine::desk_questions{7, {"junk"}});
  run();
  CHECK(answers.back().has_problem());
}

TEST_CASE_METHOD(cluster_desk_fixture,
                 "each node that lives says itself how busy it is") {
  world->seen.members.push_back(member_of("x", false, member_state::dead));
  ask_load();
  REQUIRE(asked->calls.size() == 4); // Three nodes, and the leader's queue.
  CHECK(asked->calls[0].node == "a");
  CHECK(asked->calls[0].envelope.target() == gauge_target);
  CHECK(asked->calls[3].node == "b");
  CHECK(asked->calls[3].envelope.target() == engine_target);
  auto figures = messages::NodeFigures{};
  figures.set_cpu_us(11);
  advance(3ms);
  answer(0, figures);
  figures.set_cpu_us(12);
  answer(1, figures);
  auto queue = messages::EngineAnswer{};
  queue.mutable_queue()->set_pending(6);
  answer(3, queue);
  CHECK(answers.empty()); // One has not said anything yet.
  caf::anon_send(exchange, fail_call{2, runtime::problem_kind::timeout});
  run();
  const auto told = load();
  REQUIRE(told.nodes_size() == 3);
  CHECK(told.nodes(0).figures().cpu_us() == 11);
  CHECK(told.nodes(0).round_trip_us() == 3'000);
  CHECK(told.nodes(1).figures().cpu_us() == 12);
  CHECK(told.nodes(2).name() == "w");
  CHECK_FALSE(told.nodes(2).has_figures());
  CHECK_FALSE(told.nodes(2).has_round_trip_us());
  CHECK(told.queue().pending() == 6);
  CHECK(told.status().nodes_size() == 4);
}

TEST_CASE_METHOD(cluster_desk_fixture,
                 "a leader that does not answer leaves no figures behind") {
  ask_load();
  for (auto call = std::size_t{0}; call < 4; ++call)
    caf::anon_send(exchange,
                   fail_call{call, runtime::problem_kind::unavailable});
  run();
  const auto told = load();
  CHECK_FALSE(told.has_queue());
  CHECK_FALSE(told.queue_problem().empty());
}

TEST_CASE_METHOD(cluster_desk_fixture,
                 "a node may be asked about itself only") {
  ask_load(true);
  REQUIRE(asked->calls.size() == 1);
  CHECK(asked->calls[0].node == "a");
  answer(0, messages::NodeFigures{});
  const auto told = load();
  REQUIRE(told.nodes_size() == 1);
  CHECK(told.nodes(0).name() == "a");
  CHECK_FALSE(told.has_queue());
  CHECK(told.queue_problem().empty());
}

TEST_CASE_METHOD(cluster_desk_fixture,
                 "of many who ask at once how busy the nodes are, few may") {
  const auto desk = desk_with(leadership::none);
  ask_load(desk, 1'000, true);
  CHECK(asked->calls.size() == 64);
  CHECK(answers.size() == 1'000 - 64);
  CHECK(answers.front().has_problem());
  answer(0, messages::NodeFigures{});
  CHECK(answers.back().has_cluster_load());
  ask_load(desk, 2, true); // One place is free again.
  CHECK(asked->calls.size() == 65);
}

TEST_CASE_METHOD(cluster_desk_fixture,
                 "who cannot be told how busy the nodes are takes no place") {
  const auto desk = desk_with(leadership::none);
  world->is_broken = true;
  ask_load(desk, 1'000, true);
  CHECK(asked->calls.empty());
  CHECK(answers.size() == 1'000);
  world->is_broken = false;
  ask_load(desk, 64, true);
  CHECK(asked->calls.size() == 64);
}
