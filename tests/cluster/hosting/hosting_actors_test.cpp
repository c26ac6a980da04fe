#include "actors/engine/activity_host.hpp"
#include "actors/engine/activity_reports.hpp"
#include "tests/cluster/hosting/hosting_fixture.hpp"

#include <caf/actor_registry.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// Leaders "a" and "b", and a node "w" that both are linked to.
struct cluster_fixture : hosting_fixture {
  explicit cluster_fixture(std::uint32_t places = 2) {
    host_activities(places);
    join("a");
    join("b");
    link("a", "w");
    link("b", "w");
  }
};

} // namespace

TEST_CASE_METHOD(hosting_fixture, "an activity runs on another node") {
  join("a");
  join("w");
  link("w", "a");
  const auto a = lead("a", 1);
  auto registry = std::make_shared<engine::activity_registry>();
  registry->add_immediate("echo", [](const messages::RunActivity& request) {
    return engine::success_of(request.ref(), request.input_json());
  });
  port = spawn_hosted_port(system, nodes.at("w"));
  own(port);
  auto options = engine::activity_host_options{};
  options.registry = registry;
  options.limits.activities_max = 3;
  options.labels = {{"zone", "eu"}};
  const auto real = engine::spawn_activity_host(system, port, options);
  own(real);
  settle();
  // It hears who leads when that is said the next time.
  pass(500ms);
  REQUIRE(a.heard->pulls.size() == 1);
  CHECK(a.heard->pulls[0].credit() == 3);
  CHECK(a.heard->pulls[0].node() == "w");
  CHECK(a.heard->pulls[0].labels().at("zone") == "eu");
  CHECK(a.heard->pulls[0].activities(0) == "echo");
  CHECK(a.heard->pulls[0].immediate(0) == "echo");
  give(a, ref_to("step"));
  REQUIRE(a.heard->reports.size() == 1);
  CHECK(a.heard->reports[0].succeeded().output_json() == "{}");
  CHECK(a.heard->reports[0].succeeded().ref().step() == "step");
  CHECK(a.heard->credit == 1);
}

TEST_CASE_METHOD(cluster_fixture, "a desk that fails ends its sessions") {
  const auto a = lead("a", 1);
  REQUIRE(a.heard->pulls.size() == 1);
  stop(a.desk, caf::exit_reason::kill);
  CHECK(a.heard->lost == 1);
}

TEST_CASE_METHOD(cluster_fixture,
                 "what runs goes on under the next leader, and reports to it") {
  const auto a = lead("a", 1);
  REQUIRE(a.heard->pulls.size() == 1);
  give(a, ref_to("ended"));
  give(a, ref_to("running"));
  REQUIRE(told->runs.size() == 2);
  // Its engine stops next, and must not store that the work is lost.
  stop(a.desk);
  CHECK(a.heard->lost == 0);
  say(success_of(ref_to("ended")));
  CHECK(a.heard->reports.empty());

  const auto b = lead("b", 2);
  REQUIRE(b.heard->pulls.size() == 1);
  CHECK(b.heard->pulls[0].credit() == 0);
  CHECK(b.heard->pulls[0].running_size() == 2);
  CHECK(b.heard->reports.empty());
  auto keep = messages::KeepActivities{};
  *keep.add_refs() = ref_to("running");
  *keep.add_refs() = ref_to("ended");
  keep.set_epoch(2);
  caf::anon_send(b.host(), keep);
  settle();
  CHECK(told->keeps.size() == 1);
  CHECK(told->cancels.empty());
  REQUIRE(b.heard->reports.size() == 1);
  CHECK(ref_of(b.heard->reports[0]).step() == "ended");
  CHECK(ref_of(b.heard->reports[0]).epoch() == 2);
  say(success_of(ref_to("running", 2)));
  REQUIRE(b.heard->reports.size() == 2);
  CHECK(ref_of(b.heard->reports[1]).epoch() == 2);
  CHECK(b.heard->credit == 2);
  CHECK(told->runs.size() == 2);
}

TEST_CASE_METHOD(cluster_fixture, "whoever leads no more gets nothing done") {
  const auto a = lead("a", 1);
  give(a, ref_to("before"));
  const auto b = lead("b", 2);
  REQUIRE(b.heard->pulls.size() == 1);
  give(a, ref_to("zombie"));
  REQUIRE(told->runs.size() == 1);
  CHECK(told->runs[0].ref().step() == "before");
  CHECK(a.heard->lost == 1);
  pass(2s);
  // It goes on saying that it leads: nobody follows.
  CHECK(a.heard->pulls.size() == 1);
  CHECK(b.heard->lost == 0);
  give(b, ref_to("after", 2));
  CHECK(told->runs.size() == 2);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a link that is lost and back loses and doubles nothing") {
  const auto a = lead("a", 1);
  give(a, ref_to("early"));
  unlink("w", "a");
  give(a, ref_to("order"));
  say(success_of(ref_to("early")));
  CHECK(told->runs.size() == 1);
  CHECK(a.heard->reports.empty());
  pass(2s);
  CHECK(told->runs.size() == 2);
  REQUIRE(a.heard->reports.size() == 1);
  CHECK(a.heard->credit == 1);
  // The session went on: nothing had to be named as running.
  CHECK(a.heard->pulls.size() == 1);
  CHECK(a.heard->lost == 0);
}

TEST_CASE_METHOD(cluster_fixture,
                 "an answer that is lost with its link is given again") {
  const auto a = lead("a", 1);
  caf::anon_send(a.host(), all_of(order_to_run(ref_to("step"))));
  run();
  REQUIRE(network.deliver() != 0);
  // The order has arrived, and its answer finds no link.
  caf::anon_send(nodes.at("w"), end_link{"a", "cut"});
  settle();
  CHECK(told->runs.size() == 1);
  pass(2s);
  CHECK(told->runs.size() == 1);

  caf::anon_send(host, reports_of(success_of(ref_to("step"))));
  run();
  REQUIRE(network.deliver() != 0);
  caf::anon_send(nodes.at("a"), end_link{"w", "cut"});
  settle();
  CHECK(a.heard->reports.size() == 1);
  link("a", "w");
  pass(2s);
  CHECK(a.heard->reports.size() == 1);
  CHECK(a.heard->credit == 1);
  CHECK(a.heard->pulls.size() == 1);
  give(a, ref_to("next"));
  CHECK(told->runs.size() == 2);
}

TEST_CASE_METHOD(cluster_fixture, "whoever was held for lost is asked as soon "
                                  "as there is a link") {
  const auto a = lead("a", 1);
  unlink("a", "w");
  caf::anon_send(a.desk, lose_node{"w"});
  settle();
  link("a", "w");
  pass(100ms);
  CHECK(a.heard->pulls.size() == 2);
}

TEST_CASE_METHOD(cluster_fixture, "a node that is held for lost begins anew") {
  const auto a = lead("a", 1);
  give(a, ref_to("step"));
  caf::anon_send(a.desk, lose_node{"w"});
  caf::anon_send(a.desk, lose_node{"nobody"});
  settle();
  CHECK(a.heard->lost == 1);
  // It finds out when it asks the next time.
  pass(3s);
  REQUIRE(a.heard->pulls.size() == 2);
  REQUIRE(a.heard->pulls[1].running_size() == 1);
  CHECK(a.heard->pulls[1].running(0).step() == "step");
  CHECK(a.heard->pulls[1].credit() == 1);
  CHECK(told->cancels.empty());
}

TEST_CASE_METHOD(cluster_fixture,
                 "what waits for a node is bounded by its credit") {
  const auto a = lead("a", 1);
  unlink("a", "w");
  auto orders = messages::RunActivities{};
  for (auto i = 0; i < 5; ++i)
    *orders.add_activities() = order_to_run(ref_to(std::to_string(i)));
  caf::anon_send(a.host(), orders);
  settle();
  REQUIRE(a.heard->reports.size() == 3);
  for (const auto& each : a.heard->reports)
    CHECK(each.failed().kind() == "overloaded");
  CHECK(a.heard->credit == 0);
  pass(5s);
  CHECK(told->runs.empty());
  link("a", "w");
  CHECK(told->runs.size() == 2);
}

TEST_CASE_METHOD(cluster_fixture,
                 "the end of an engine leaves alone what runs") {
  const auto a = lead("a", 1);
  give(a, ref_to("step"));
  stop(a.engine);
  settle();
  CHECK(caf::actor_cast<caf::actor>(a.heard->hosts.back()) == nullptr);
  pass(1s);
  CHECK(told->cancels.empty());
  // The next engine of the same node.
  const auto next = lead("a", 2);
  REQUIRE(next.heard->pulls.size() == 1);
  CHECK(next.heard->pulls[0].running_size() == 1);
}

TEST_CASE_METHOD(cluster_fixture, "a node that began anew has nothing left") {
  const auto a = lead("a", 1);
  give(a, ref_to("step"));
  stop(host);
  stop(port);
  crash("w");
  pass(1s);
  CHECK(a.heard->lost == 0); // It may come back.
  told = std::make_shared<host_record>();
  port = spawn_hosted_port(system, join("w", 2));
  own(port);
  start_host(4);
  pass(3s);
  CHECK(a.heard->lost == 1);
  REQUIRE(a.heard->pulls.size() == 2);
  CHECK(a.heard->pulls[1].running_size() == 0);
  CHECK(a.heard->pulls[1].credit() == 4);
  give(a, ref_to("again"));
  CHECK(told->runs.size() == 1);
}

TEST_CASE_METHOD(cluster_fixture, "what a host ran that ended has failed") {
  const auto a = lead("a", 1);
  const auto keep = [&](const messages::ActivityRef& ref) {
    auto kept = messages::KeepActivities{};
    *kept.add_refs() = ref;
    kept.set_epoch(1);
    caf::anon_send(a.host(), kept);
    pass(1s);
  };
  give(a, ref_to("step"));
  stop(host);
  settle();
  start_host(2);
  pass(1s);
  // The engine gave up the session that the host belonged to.
  CHECK(a.heard->lost == 1);
  CHECK(a.heard->events == std::vector<std::string>{"pull", "lost", "pull"});
  REQUIRE(a.heard->pulls.size() == 2);
  CHECK(a.heard->pulls[1].running_size() == 1);
  CHECK(a.heard->pulls[1].credit() == 1);
  CHECK(a.heard->reports.empty());
  keep(ref_to("step"));
  REQUIRE(a.heard->reports.size() == 1);
  CHECK(a.heard->reports[0].failed().kind() == "crashed");
  CHECK(a.heard->credit == 1);
  // Another one in its place, while it lives.
  give(a, ref_to("other"));
  const auto before = host;
  start_host(1);
  pass(1s);
  CHECK(a.heard->pulls.size() == 3);
  keep(ref_to("other"));
  REQUIRE(a.heard->reports.size() == 2);
  CHECK(a.heard->reports[1].failed().message()
        == "another host took its place");
  caf::anon_send(before, reports_of(success_of(ref_to("other"))));
  settle();
  CHECK(a.heard->reports.size() == 2);
}

TEST_CASE_METHOD(hosting_fixture, "what no link carries has failed") {
  limits.envelope_bytes_max = 10'000;
  host_activities(2);
  join("a");
  link("a", "w");
  const auto a = lead("a", 1);
  auto large = order_to_run(ref_to("input"));
  large.set_input_json(std::string(20'000, 'x'));
  caf::anon_send(a.host(), all_of(large));
  settle();
  REQUIRE(a.heard->reports.size() == 1);
  CHECK(a.heard->reports[0].failed().kind() == "input_too_large");
  CHECK(a.heard->credit == 1);
  CHECK(told->runs.empty());
  give(a, ref_to("output"));
  CHECK(told->runs.size() == 1);
  auto success = success_of(ref_to("output"));
  success.mutable_succeeded()->set_output_json(std::string(20'000, 'x'));
  say(success);
  pass(500ms);
  REQUIRE(a.heard->reports.size() == 2);
  CHECK(a.heard->reports[1].failed().kind() == "output_too_large");
  CHECK(a.heard->credit == 2);
}

TEST_CASE_METHOD(cluster_fixture,
                 "two nodes that lead under one epoch: the first is followed") {
  const auto a = lead("a", 1);
  const auto b = lead("b", 1);
  pass(1s);
  CHECK(a.heard->pulls.size() == 1);
  CHECK(b.heard->pulls.empty());
  give(a, ref_to("step"));
  CHECK(told->runs.size() == 1);
}

TEST_CASE_METHOD(cluster_fixture, "leaders come and go, and ends count once") {
  auto leaders = std::vector<leader>{};
  for (std::uint64_t epoch = 1; epoch <= 6; ++epoch) {
    leaders.push_back(lead(epoch % 2 == 0 ? "b" : "a", epoch));
    const auto& now = leaders.back();
    REQUIRE(now.heard->pulls.size() == 1);
    if (epoch == 1) {
      give(now, ref_to("step"));
      continue;
    }
    REQUIRE(now.heard->pulls[0].running_size() == 1);
    auto keep = messages::KeepActivities{};
    *keep.add_refs() = now.heard->pulls[0].running(0);
    keep.set_epoch(epoch);
    caf::anon_send(now.host(), keep);
    settle();
  }
  // The host has heard only of some of it.
  say(success_of(ref_to("step", 4)));
  pass(1s);
  for (const auto& each : leaders)
    CHECK(each.heard->reports.size() == (&each == &leaders.back() ? 1 : 0));
  CHECK(ref_of(leaders.back().heard->reports[0]).epoch() == 6);
}
