#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulator.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

using simulation::simulation_request;
using simulation::simulator;

namespace {

simulator make_simulator(std::size_t workers, simulation::year_hook hook = {}) {
  auto options = simulation::simulator_options{};
  options.workers = workers;
  options.before_task = std::move(hook);
  return std::move(*simulator::create(options));
}

simulation_request golden_request(std::size_t block_people,
                                  unsigned shuffled_by = 0) {
  auto census = read_golden_census(shuffled_by);
  auto request = simulation_request{};
  request.parameters = read_golden_scenario();
  request.staff = std::move(census.staff);
  request.ids = census.ids;
  request.manner.block_people = block_people;
  request.manner.fail_fast = true;
  request.describe
    = [](const messages::SimulationSummary&) { return std::string{"{}\n"}; };
  return request;
}

void check_golden_files(const std::filesystem::path& folder) {
  for (const auto* name : {"events.csv", "snapshots.csv", "years.json"}) {
    INFO(name);
    // Not both texts: they have thousands of lines.
    const auto is_equal
      = read_file(folder / name) == read_simulation_text(name);
    CHECK(is_equal);
  }
}

/// Does something once, in the first task of a stage.
simulation::year_hook once_at(messages::SimulationStage stage,
                              std::function<void()> what) {
  const auto done = std::make_shared<std::atomic<bool>>(false);
  return
    [=](const messages::SimulationTask& task, const messages::column_block&) {
      if (task.stage() == stage && !done->exchange(true))
        what();
    };
}

constexpr auto stages
  = {messages::SIMULATION_STAGE_COUNT, messages::SIMULATION_STAGE_LIST,
     messages::SIMULATION_STAGE_SIMULATE};

} // namespace

TEST_CASE("actors reproduce the reference for any workers, blocks and order") {
  const auto workers = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{4});
  const auto block_people = GENERATE(std::size_t{1}, std::size_t{7},
                                     std::size_t{64}, std::size_t{100'000});
  const auto shuffled_by = GENERATE(0U, 3U);
  const auto folder = temporary_folder{};
  auto request = golden_request(block_people, shuffled_by);
  request.out = folder / "results";
  auto run = make_simulator(workers);
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  check_golden_files(folder / "results");
  CHECK(result->retries == 0);
  CHECK(simulation::to_json_text(result->years)
        == read_simulation_text("years.json"));
}

TEST_CASE("actors choose by weights and levels as one thread does") {
  const auto workers = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{4});
  const auto block_people = GENERATE(std::size_t{1}, std::size_t{7},
                                     std::size_t{64}, std::size_t{100'000});
  const auto folder = temporary_folder{};
  auto request = golden_request(block_people, 3);
  request.parameters = read_ruled_scenario();
  request.out = folder / "results";
  const auto expected = project_text(request.parameters, 1'000);
  auto run = make_simulator(workers);
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  CHECK((result->years == expected.years));
  CHECK((read_file(folder / "results" / "events.csv") == expected.events));
  CHECK((read_file(folder / "results" / "snapshots.csv") == expected.rows));
  CHECK((expected.events != read_simulation_text("events.csv")));
}

TEST_CASE("years come as columns, in the order of people") {
  auto request = golden_request(16);
  auto rows = std::vector<std::size_t>{};
  auto events = std::vector<std::size_t>{};
  auto keys = std::vector<std::int64_t>{};
  request.take_year = [&](const simulation::simulation_run::finished_year& of) {
    rows.push_back(0);
    events.push_back(0);
    keys.clear();
    for (const auto& block : of.blocks) {
      events.back() += block[7].size();
      rows.back() += block[7 + 9].size();
      const auto some = block[7 + 9].integers();
      keys.insert(keys.end(), some.begin(), some.end());
    }
    CHECK(static_cast<std::int64_t>(events.back()) == of.totals.events);
    CHECK(std::ranges::is_sorted(keys));
  };
  auto run = make_simulator(2);
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  REQUIRE(rows.size() == result->years.size());
  for (std::size_t at = 0; at < rows.size(); ++at)
    CHECK(static_cast<std::int64_t>(rows[at])
          == result->years[at].start_headcount + result->years[at].hires);
}

TEST_CASE("a task that fails once, or kills its processor, changes nothing") {
  const auto stage = GENERATE(values(stages));
  const auto dies = GENERATE(false, true);
  const auto folder = temporary_folder{};
  auto request = golden_request(16);
  request.out = folder / "results";
  auto run = make_simulator(2, once_at(stage, [dies] {
                              if (dies)
                                throw 1;
                              throw std::runtime_error{"once"};
                            }));
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  CHECK(result->retries > 0);
  check_golden_files(folder / "results");
}

TEST_CASE("a block that always fails ends the run, and leaves no files") {
  const auto folder = temporary_folder{};
  auto request = golden_request(16);
  request.out = folder / "results";
  auto run = make_simulator(2, [](const messages::SimulationTask& task,
                                  const messages::column_block&) {
    if (task.stage() == messages::SIMULATION_STAGE_SIMULATE
        && task.block() == 5)
      throw std::runtime_error{"no such luck"};
  });
  const auto result = run.simulate(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().message
        == "a block of 2025 failed three times: no such luck");
  CHECK(std::filesystem::is_empty(folder / "results"));
}

TEST_CASE("a run whose processors fail goes on at a lower level") {
  const auto folder = temporary_folder{};
  auto request = golden_request(16);
  request.manner.fail_fast = false;
  request.out = folder / "results";
  auto failures = std::make_shared<std::atomic<int>>(0);
  // Two processors have four tasks, so that the ninth failure is the third of
  // one of them; three failures end each of the levels before the last.
  auto run = make_simulator(2, [=](const messages::SimulationTask& task,
                                   const messages::column_block&) {
    if (task.stage() == messages::SIMULATION_STAGE_LIST
        && failures->fetch_add(1) < 11)
      throw std::runtime_error{"too many of us"};
  });
  const auto result = run.simulate(std::move(request));
  REQUIRE(result);
  CHECK(result->level != simulation::optimization::high);
  check_golden_files(folder / "results");
}

TEST_CASE("what the people are to blame for is not tried again") {
  auto request = golden_request(16);
  request.manner.fail_fast = false;
  request.staff.pay[3] = simulation::pay_max;
  auto counted = std::make_shared<std::atomic<int>>(0);
  auto run = make_simulator(1, [=](const messages::SimulationTask& task,
                                   const messages::column_block&) {
    if (task.stage() == messages::SIMULATION_STAGE_SIMULATE
        && task.block() == 0)
      ++*counted;
  });
  REQUIRE_FALSE(run.simulate(std::move(request)));
  CHECK(*counted == 1);
}

TEST_CASE("a run that is told to stop leaves no files") {
  const auto folder = temporary_folder{};
  auto request = golden_request(16);
  request.out = folder / "results";
  auto stop = std::stop_source{};
  auto run = make_simulator(2, once_at(messages::SIMULATION_STAGE_SIMULATE,
                                       [&stop] { stop.request_stop(); }));
  const auto result
    = run.simulate(std::move(request), nullptr, stop.get_token());
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::interrupted);
  CHECK(std::filesystem::is_empty(folder / "results"));
}

TEST_CASE("a simulator works again after a failure, and tells its progress") {
  auto run = make_simulator(2, once_at(messages::SIMULATION_STAGE_COUNT, [] {
                              throw std::runtime_error{"once"};
                            }));
  auto wrong = golden_request(16);
  wrong.staff.pay.front() = -1;
  const auto refused = run.simulate(std::move(wrong));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  const auto progress = std::make_shared<simulation::simulation_progress>();
  REQUIRE(run.simulate(golden_request(16), progress));
  CHECK(progress->share == 1.0);
  CHECK(progress->years_over == 5);
}

TEST_CASE("too much pay ends a run with the person and the year") {
  auto request = golden_request(16);
  request.staff.pay[3] = simulation::pay_max;
  const auto key = std::to_string(request.staff.key[3]);
  auto run = make_simulator(2);
  const auto result = run.simulate(std::move(request));
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Catch::Contains("key " + key + " "));
}

TEST_CASE("nobody at all is refused, as one after the other") {
  auto request = golden_request(16);
  request.staff = {};
  auto run = make_simulator(2);
  const auto result = run.simulate(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::invalid_input);
}

TEST_CASE("projections of many scenarios are those of each alone") {
  const auto census = read_golden_census(4);
  auto scenarios = std::vector<simulation::scenario>{};
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    scenarios.push_back(seed % 2 == 0 ? read_ruled_scenario()
                                      : read_golden_scenario());
    scenarios.back().seed = seed;
  }
  const auto dies = GENERATE(false, true);
  auto run = make_simulator(2, once_at(messages::SIMULATION_STAGE_PROJECT, [=] {
                              if (dies)
                                throw 1;
                            }));
  const auto all = run.project(census.staff, scenarios);
  REQUIRE(all);
  REQUIRE(all->size() == scenarios.size());
  for (std::size_t at = 0; at < all->size(); ++at) {
    const auto alone = simulation::project(
      scenarios[at], simulation::make_blocks(census.staff, 64), 64,
      simulation::planned_headcounts(scenarios[at]),
      [](const auto&) -> runtime::outcome<void> { return {}; });
    REQUIRE(alone);
    CHECK((*all)[at] == *alone);
  }
}

} // namespace troupe::tests
