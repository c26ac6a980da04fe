#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/node/node_gauge.hpp"
#include "messages/cluster_call.pb.h"
#include "tests/cluster/hosting/scripted_exchange.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <utility>
#include <variant>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

caf::behavior fake_membership(caf::event_based_actor*) {
  return {[](get_members) {
    auto seen = members_seen{};
    seen.self = "a";
    seen.members.resize(2);
    seen.members[0].of.name = "a";
    seen.members[0].lateness = 40us;
    seen.members[1].of.name = "b";
    seen.members[1].lateness = 70us;
    return seen;
  }};
}

struct gauge_fixture : actor_fixture {
  std::shared_ptr<asked_of_exchange> asked
    = std::make_shared<asked_of_exchange>();
  scripted_exchange_actor exchange = system.spawn(scripted_exchange, asked);
  caf::actor membership = system.spawn(fake_membership);
  node_gauge_options options;

  gauge_fixture() {
    own(exchange);
    own(membership);
    options.incarnation = 3;
    options.membership = caf::actor_cast<membership_actor>(membership);
    options.exchange = exchange;
    options.processors = 8;
  }

  auto ask(const node_gauge_actor& gauge, const std::string& type) {
    auto incoming = incoming_envelope{};
    incoming.envelope.set_type(type);
    return request(
      gauge,
      node_question{std::make_shared<const incoming_envelope>(incoming)});
  }

  messages::NodeFigures figures(const node_gauge_actor& gauge) {
    const auto answer = reply_of(ask(gauge, "GetNodeFigures"), system);
    const auto read = from_envelope<messages::NodeFigures>(answer.envelope);
    REQUIRE(read);
    return *read;
  }
};

} // namespace

TEST_CASE_METHOD(gauge_fixture, "a worker says what it uses, runs and lends") {
  options.read_process = [] {
    auto process = runtime::process_figures{};
    process.cpu_seconds = 1.5;
    process.resident_bytes = 4'096;
    return runtime::outcome<runtime::process_figures>{process};
  };
  options.steps = {std::make_shared<work_count>(), 16};
  options.slots = {std::make_shared<work_count>(), 2};
  options.steps.count->running = 5;
  options.steps.count->ended = 100;
  options.slots.count->running = 1;
  options.slots.count->ended = 7;
  const auto gauge = spawn_node_gauge(system, options);
  for (const auto* name : {"a", "b", "c"}) {
    auto change = link_change{};
    change.peer.node.name = name;
    change.is_up = true;
    caf::anon_send(gauge, change);
  }
  run();
  const auto told = figures(gauge);
  CHECK(told.incarnation() == 3);
  CHECK(told.processors() == 8);
  CHECK(told.cpu_us() == 1'500'000);
  CHECK(told.resident_bytes() == 4'096);
  CHECK(told.lateness_us() == 40);
  CHECK(told.links() == 2); // Not the one to itself.
  CHECK(told.steps().running() == 5);
  CHECK(told.steps().places() == 16);
  CHECK(told.steps().ended() == 100);
  CHECK(told.slots().busy() == 1);
  CHECK(told.slots().total() == 2);
  CHECK(told.slots().tasks_ended() == 7);
  const auto before = told.at_us();
  advance(2s);
  CHECK(figures(gauge).at_us() == before + 2'000'000);
}

TEST_CASE_METHOD(gauge_fixture, "what is not known is not told") {
  options.read_process = []() -> runtime::outcome<runtime::process_figures> {
    return runtime::fail(runtime::problem_kind::unavailable, "no /proc");
  };
  const auto told = figures(spawn_node_gauge(system, options));
  CHECK_FALSE(told.has_cpu_us());
  CHECK_FALSE(told.has_resident_bytes());
  CHECK_FALSE(told.has_steps());
  CHECK_FALSE(told.has_slots());
}

TEST_CASE_METHOD(gauge_fixture, "a gauge refuses what is no question for it") {
  const auto refused = ask(spawn_node_gauge(system, options), "GetQueue");
  CHECK(std::holds_alternative<caf::error>(refused));
}
