#include "actors/engine/activity_host.hpp"
#include "actors/engine/activity_reports.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/waiting_chain.hpp"
#include "tests/actors/engine/stored_run.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto placed = R"(apiVersion: troupe/v1
kind: Workflow
id: placed
steps:
- {id: trained, activity: noop, placement: {require: {gpu: "true"}}}
- {id: kept, activity: noop, placement: {exclude: {zone: eu}}}
- id: near
  activity: noop
  foreach: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  max_parallel: 12
  placement: {data: "region ${item}"}
- id: apart
  activity: noop
  foreach: [1, 2, 3, 4]
  placement: {spread: "${run.id}"}
)";

constexpr auto impossible = R"(apiVersion: troupe/v1
kind: Workflow
id: impossible
steps:
- {id: a, activity: noop, placement: {require: {disk: ssd}}}
)";

/// Stands between an engine and a host as the link to a node does: says where
/// the host is, and lets it speak for itself.
activity_source_actor::behavior_type
node_link(activity_source_actor::pointer self, const engine_actor& engine,
          const std::string& node, activity_host_options options) {
  spawn_activity_host(self->home_system(), self, std::move(options));
  self->monitor(engine);
  self->set_down_handler([=](const caf::down_msg&) { self->quit(); });
  return {
    [=](const messages::GetActivities& offer) {
      auto named = offer;
      named.set_node(node);
      caf::send_as(caf::actor_cast<caf::actor>(self->current_sender()), engine,
                   std::move(named));
    },
    [=](const messages::ActivityReports& reports) {
      caf::send_as(caf::actor_cast<caf::actor>(self->current_sender()), engine,
                   reports);
    },
  };
}

/// A host on a node, whose only activity says on which.
engine_companion host_on(const std::string& node, worker_labels labels) {
  auto companion = engine_companion{};
  companion.id = "host on " + node;
  companion.start = [=](caf::actor_system& system, const runtime::store_actor&,
                        const engine_actor& engine) {
    auto registry = std::make_shared<activity_registry>();
    registry->add_immediate(
      "noop", [node](const messages::RunActivity& request) {
        return success_of(request.ref(), "\"" + node + "\"");
      });
    auto options = activity_host_options{};
    options.registry = registry;
    options.labels = labels;
    return caf::actor_cast<caf::actor>(
      system.spawn(node_link, engine, node, std::move(options)));
  };
  return companion;
}

/// An engine without a host of its own, with one on each of two nodes.
struct two_nodes {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();
  local_engine engine = start();

  [[nodiscard]] local_engine start() const {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    options.has_noop = false;
    options.ledger.rebind_window = 1ms;
    // Nothing depends on how busy the machine is.
    options.ledger.placement_patience = 1h;
    options.companions = {host_on("a", {{"gpu", "true"}, {"zone", "eu"}}),
                          host_on("b", {{"gpu", "false"}, {"zone", "us"}})};
    auto started = local_engine::start(std::move(options));
    REQUIRE(started);
    return std::move(*started);
  }

  std::string submit(const std::string& text) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    const auto run = engine.submit(wanted);
    REQUIRE(run);
    return run->run_id();
  }

  [[nodiscard]] messages::QueueReport queue() {
    auto self = caf::scoped_actor{engine.system()};
    auto report = messages::QueueReport{};
    self->request(engine.engine().value(), 20s, messages::GetQueue{})
      .receive([&](const messages::QueueReport& told) { report = told; },
               [](const caf::error& error) { FAIL(to_string(error)); });
    return report;
  }

  /// Until both hosts have said that they are there, and the engine's own.
  void await_hosts() {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (queue().workers_size() < 3)
      REQUIRE(std::chrono::steady_clock::now() < until);
  }

  /// Where each task of a step ran, by its element.
  [[nodiscard]] std::vector<std::string> places_of(const std::string& run_id,
                                                   const std::string& step) {
    const auto run = fold_run(store, run_id);
    const auto index = find_step(run->definition(), step);
    REQUIRE(index);
    auto places = std::vector<std::string>{};
    for (const auto& task : run->steps()[*index].tasks) {
      REQUIRE(task.output.is_string());
      CHECK(task.what == "node " + task.output.get<std::string>());
      places.push_back(task.output.get<std::string>());
    }
    return places;
  }
};

std::set<std::string> set_of(const std::vector<std::string>& places) {
  return {places.begin(), places.end()};
}

} // namespace

TEST_CASE_METHOD(two_nodes, "steps run where their placement says") {
  await_hosts();
  const auto both = std::set<std::string>{"a", "b"};
  auto near = std::vector<std::string>{};
  for (auto i = 0; i < 3; ++i) {
    const auto run = submit(placed);
    const auto ended = engine.await(run, std::stop_token{}, "");
    REQUIRE(ended);
    REQUIRE(ended->status() == "completed");
    CHECK(places_of(run, "trained") == std::vector<std::string>{"a"});
    CHECK(places_of(run, "kept") == std::vector<std::string>{"b"});
    CHECK(set_of(places_of(run, "apart")) == both);
    // The data of an element are where they were.
    const auto now = places_of(run, "near");
    CHECK(now.size() == 12);
    CHECK(set_of(now) == both);
    if (!near.empty())
      CHECK(now == near);
    near = now;
  }
}

TEST_CASE_METHOD(two_nodes, "a step that no node may have says what it lacks") {
  await_hosts();
  const auto run = submit(impossible);
  const auto report = queue();
  REQUIRE(report.placed_size() == 1);
  CHECK(report.placed(0).rules() == "disk=ssd");
  CHECK(report.placed(0).reason() == "no worker has the label disk=ssd");
  auto zones = std::set<std::string>{};
  for (const auto& worker : report.workers())
    if (!worker.node().empty())
      zones.insert(worker.node() + " in " + worker.labels().at("zone"));
  CHECK(zones == std::set<std::string>{"a in eu", "b in us"});
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  const auto state = fold_run(*runs, run);
  auto known = engine_then{};
  known.queue = report;
  const auto chain = waiting_chain(*runs, *state, known);
  REQUIRE(chain);
  REQUIRE(chain->size() == 2);
  for (const auto& link : *chain)
    CHECK(link.why.detail
          == "step a is ready, but no worker has the label disk=ssd");
}
