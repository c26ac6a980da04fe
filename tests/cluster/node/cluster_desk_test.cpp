#include "cluster/node/cluster_desk.hpp"
#include "messages/engine_call.pb.h"
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
  leadership_change leadership;
  std::vector<std::string> heard;
};

using shared_world = std::shared_ptr<desk_world>;

caf::behavior fake_part(caf::event_based_actor*, const shared_world& world) {
  return {
    [=](get_members) { return world->seen; },
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
  std::vector<messages::EngineAnswer> answers;

  cluster_desk_fixture() {
    own(part);
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
