#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_coordinator.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/cluster/computing/computing_fixture.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// The simulation of the reference results, in blocks of four people.
struct simulation_cluster : computing_fixture {
  written_files files = std::make_shared<std::map<std::string, std::string>>();
  bool keep_columns = false; ///< Instead of text.
  std::string columns; ///< Of all years, as bytes.

  simulation::simulation_coordinator_actor spawn_simulation() {
    auto census = read_golden_census(3);
    auto options = simulation::simulation_coordinator_options{};
    options.run.parameters = read_golden_scenario();
    const auto size = census.staff.size();
    options.run.everybody = simulation::to_block(
      simulation::make_blocks(census.staff, size).front());
    options.run.ids = census.ids;
    options.run.workers = 1;
    options.run.block_people = 4;
    options.run.keep_text = !keep_columns;
    options.run.keep_columns = keep_columns;
    options.take_year = [this](const auto& year) {
      for (const auto& block : year.blocks)
        columns += block.to_message().SerializeAsString();
    };
    options.writer = spawn_writer(files);
    options.describe
      = [](const messages::SimulationSummary&) { return std::string{"{}\n"}; };
    options.more_processors = simulate_with(desk);
    auto made
      = simulation::spawn_simulation_coordinator(system, std::move(options));
    own(made);
    return made;
  }

  messages::SimulationSummary run_all(const std::function<void()>& meanwhile
                                      = {}) {
    auto outcome
      = await(send(spawn_simulation(), messages::RunSimulation{}), meanwhile);
    if (const auto* reason = std::get_if<1>(&outcome))
      FAIL(runtime::render(runtime::to_problem(*reason, system)));
    return std::get<0>(outcome);
  }

  /// The columns of a simulation on the node that leads.
  std::string columns_alone() {
    keep_columns = true;
    run_all();
    REQUIRE_FALSE(columns.empty());
    return std::exchange(columns, {});
  }

  /// Simulates, and checks that the files are these results.
  messages::SimulationSummary simulate(const std::function<void()>& meanwhile
                                       = {}) {
    const auto summary = run_all(meanwhile);
    for (const auto* name : {"events.csv", "snapshots.csv", "years.json"}) {
      INFO(name);
      const auto expected = read_simulation_text(name);
      // Whoever makes the files begins them with a header.
      const auto is_table = expected.front() != '[' && expected.front() != '{';
      const auto begin = is_table ? expected.find('\n') + 1 : 0;
      CHECK(((*files)[name] == expected.substr(begin)));
    }
    return summary;
  }
};

} // namespace

TEST_CASE_METHOD(simulation_cluster,
                 "a simulation over any number of nodes gives the same bytes") {
  const auto nodes = GENERATE(0, 1, 2, 5);
  lead();
  const auto tasks = std::make_shared<int>(0);
  for (auto i = 0; i < nodes; ++i)
    lend("w" + std::to_string(i), 2, counting(tasks));
  const auto summary = simulate();
  CHECK(summary.retries() == 0);
  CHECK((*tasks > 0) == (nodes > 0));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "a simulation goes on when nodes die, all of them at last") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  lend("w", 1, counting(tasks));
  auto first = once_at(tasks, 5, [this] { crash("v"); });
  auto second = once_at(tasks, 9, [this] { crash("w"); });
  simulate([&] {
    first();
    second();
  });
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "what a slow node simulates is simulated by others") {
  const auto questions = GENERATE(4, 12, 16);
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  starve_after("v", questions);
  const auto begin = now();
  const auto summary = simulate();
  CHECK(*tasks > 0);
  CHECK(summary.retries() >= 2);
  // Long before the node is given up.
  CHECK(now() - begin < std::chrono::seconds{15});
}

TEST_CASE_METHOD(simulation_cluster, "the same holds for a simulation") {
  auto proxy = slot_proxy_options{};
  proxy.task_bytes_max = 700;
  lead(proxy);
  const auto tasks = std::make_shared<int>(0);
  auto slot = counting(tasks);
  slot.answer_bytes_max = 2'000;
  lend("v", 2, slot);
  simulate();
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "a slot without room for people gets them each year") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  auto slot = counting(tasks);
  slot.kept_bytes_max = GENERATE(std::size_t{0}, std::size_t{100});
  lend("v", 2, slot);
  CHECK(simulate().retries() == 0);
  CHECK(*tasks > 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "columns over any number of nodes are the same bytes") {
  const auto nodes = GENERATE(1, 2, 5);
  lead();
  const auto alone = columns_alone();
  const auto tasks = std::make_shared<int>(0);
  for (auto i = 0; i < nodes; ++i)
    lend("w" + std::to_string(i), 2, counting(tasks));
  CHECK(run_all().retries() == 0);
  CHECK(*tasks > 0);
  CHECK((columns == alone));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "nobody misses the people of nodes that die") {
  // The first of them in each year, before and after its end.
  const auto first_dies = GENERATE(range(1, 40, 3));
  lead();
  const auto alone = columns_alone();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  lend("w", 1, counting(tasks));
  auto first = once_at(tasks, first_dies, [this] { crash("v"); });
  auto second = once_at(tasks, first_dies + 5, [this] { crash("w"); });
  run_all([&] {
    first();
    second();
  });
  CHECK((columns == alone));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(simulation_cluster,
                 "columns are the same where nodes keep no people") {
  lead();
  const auto alone = columns_alone();
  const auto tasks = std::make_shared<int>(0);
  auto slot = counting(tasks);
  slot.kept_bytes_max = GENERATE(std::size_t{0}, std::size_t{1'000});
  lend("v", 2, slot);
  CHECK(run_all().retries() == 0);
  CHECK(*tasks > 0);
  CHECK((columns == alone));
}
