#include "tools/cli/cluster_report.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tools;

namespace {

messages::NodeLoad& add_node(messages::ClusterLoad& to, const std::string& name,
                             bool is_worker) {
  auto& node = *to.mutable_status()->add_nodes();
  node.set_name(name);
  node.set_state("alive");
  node.set_is_worker(is_worker);
  node.set_is_coordinator(!is_worker);
  auto& load = *to.add_nodes();
  load.set_name(name);
  auto& figures = *load.mutable_figures();
  figures.set_incarnation(3);
  figures.set_at_us(10'000'000);
  figures.set_processors(2);
  figures.set_cpu_us(4'000'000);
  figures.set_resident_bytes(85'000'000);
  figures.set_lateness_us(200);
  if (is_worker) {
    figures.mutable_steps()->set_running(3);
    figures.mutable_steps()->set_places(16);
    figures.mutable_steps()->set_ended(100);
    figures.mutable_slots()->set_total(2);
  }
  load.set_round_trip_us(400);
  return load;
}

/// Leader "a" and worker "w", and the same two seconds later.
load_samples two_seconds() {
  auto samples = load_samples{};
  samples.elapsed = 2s;
  auto& before = samples.before;
  before.mutable_status()->set_leader("a");
  before.mutable_status()->set_epoch(4);
  add_node(before, "a", false);
  add_node(before, "w", true);
  auto& queue = *before.mutable_queue();
  queue.set_runs_ended(50);
  samples.now = before;
  auto& now = samples.now;
  auto& of_class = *now.mutable_queue()->add_classes();
  of_class.set_ready(7);
  of_class.set_under_way(3);
  (*of_class.mutable_runs())["running"] = 5;
  now.mutable_queue()->set_runs_ended(90);
  auto& figures = *now.mutable_nodes(1)->mutable_figures();
  figures.set_at_us(12'000'000);
  figures.set_cpu_us(7'000'000);
  figures.mutable_steps()->set_ended(180);
  figures.mutable_slots()->set_tasks_ended(4);
  now.mutable_nodes(0)->mutable_figures()->set_at_us(12'000'000);
  return samples;
}

} // namespace

TEST_CASE("what counts up is told per second of the node's clock") {
  auto samples = two_seconds();
  const auto worker = rates_of(samples, 1);
  CHECK(worker.cpu == 1.5);
  CHECK(worker.steps == 40.0);
  CHECK(worker.tasks == 2.0);
  const auto coordinator = rates_of(samples, 0);
  CHECK(coordinator.cpu == 0.0);
  CHECK_FALSE(coordinator.steps); // It is no worker.
  CHECK(runs_per_second(samples) == 20.0);
}

TEST_CASE("a node that began anew has no rates yet") {
  auto samples = two_seconds();
  samples.now.mutable_nodes(1)->mutable_figures()->set_incarnation(4);
  CHECK_FALSE(rates_of(samples, 1).cpu);
  CHECK_FALSE(rates_of(samples, 1).steps);
  samples = two_seconds();
  samples.before.mutable_nodes(1)->clear_figures();
  CHECK_FALSE(rates_of(samples, 1).cpu);
  samples.before.mutable_nodes()->RemoveLast();
  CHECK_FALSE(rates_of(samples, 1).cpu);
}

TEST_CASE("another engine counts runs anew") {
  auto samples = two_seconds();
  samples.now.mutable_queue()->set_runs_ended(10); // The same leader's next.
  CHECK_FALSE(runs_per_second(samples));
  samples = two_seconds();
  samples.now.mutable_status()->set_leader("b");
  CHECK_FALSE(runs_per_second(samples));
  samples = two_seconds();
  samples.before.clear_queue();
  CHECK_FALSE(runs_per_second(samples));
}

TEST_CASE("a table shows each node, and the queue above") {
  const auto text = render_load(two_seconds());
  CHECK(
    text.starts_with("node a leads, epoch 4; nobody takes over if it "
                     "fails\nqueue: 7 steps ready, 3 under way; 5 runs open, 5 "
                     "running; runs per second: 20.0\n"));
  CHECK(text.find("150% of 2") != std::string::npos);
  CHECK(text.find("85.0 MB") != std::string::npos);
  CHECK(text.find("3/16") != std::string::npos);
  CHECK(text.find("0/2") != std::string::npos);
  CHECK(text.find("0.2 ms") != std::string::npos);
}

TEST_CASE("whoever does not answer is shown without figures") {
  auto samples = two_seconds();
  auto& silent = *samples.now.mutable_nodes(1);
  silent.clear_figures();
  silent.set_problem("the node did not answer");
  auto& dead = *samples.now.mutable_status()->add_nodes();
  dead.set_name("x");
  dead.set_state("dead");
  samples.now.clear_queue();
  samples.now.set_queue_problem("nobody leads");
  const auto text = render_load(samples);
  CHECK(text.find("queue: not known, nobody leads\n") != std::string::npos);
  CHECK(text.find("w     alive  worker\n") != std::string::npos);
  CHECK(text.find("node w did not answer: the node did not answer\n")
        != std::string::npos);
  const auto all = to_json(samples);
  CHECK(all["nodes"][1]["problem"] == "the node did not answer");
  CHECK_FALSE(all["nodes"][1].contains("processors"));
  CHECK_FALSE(all["nodes"][2].contains("processors"));
  CHECK(all["queue"] == nlohmann::ordered_json{{"problem", "nobody leads"}});
}

TEST_CASE("programs read the same figures") {
  const auto all = to_json(two_seconds());
  CHECK(all["leader"] == "a");
  CHECK(all["epoch"] == 4);
  CHECK(all["nodes"][0]["leads"] == true);
  CHECK_FALSE(all["nodes"][0].contains("steps"));
  const auto& worker = all["nodes"][1];
  CHECK(worker["cpu"] == 1.5);
  CHECK(worker["steps"]["running"] == 3);
  CHECK(worker["steps_per_second"] == 40.0);
  CHECK(worker["slots"]["total"] == 2);
  CHECK(worker["round_trip_us"] == 400);
  CHECK(all["queue"]["runs_per_second"] == 20.0);
  CHECK(all["queue"]["runs"]["running"] == 5);
}

TEST_CASE("a status says who leads, and what is not known") {
  auto status = two_seconds().now.status();
  status.set_node("w");
  status.set_has_failover(true);
  status.mutable_nodes(1)->set_phi(1.234);
  const auto all = to_json(status);
  CHECK(all["node"] == "w");
  CHECK(all["leader"] == "a");
  CHECK(all["epoch"] == 4);
  CHECK(all["failover"] == true);
  CHECK(all["nodes"][1]["phi"] == 1.23);
  CHECK_FALSE(all["nodes"][0].contains("phi"));
  CHECK(render_leader(status)
        == "node a leads, epoch 4; another coordinator takes over if it "
           "fails\n");
  status.set_epoch(0);
  CHECK(render_leader(status).find("epoch not known") != std::string::npos);
  status.clear_leader();
  CHECK(render_leader(status) == "nobody leads, as far as is known\n");
}
