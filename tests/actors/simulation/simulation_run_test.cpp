#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/staff_year.hpp"
#include "actors/simulation/year_text.hpp"
#include "actors/simulation/year_work.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/unreliable_processors.hpp"

#include <catch2/catch.hpp>

#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace troupe::tests {

using simulation::simulation_run;

namespace {

/// Of the first year of the reference.
simulation::keyed_draw last_leaver_of_all() {
  const auto census = read_golden_census();
  const auto blocks = simulation::make_blocks(census.staff, 1'000);
  const auto plan = simulation::make_year_plan(read_golden_scenario(), 2025);
  auto search = simulation::leaver_search{};
  simulation::count_staff_draws(plan, blocks.front(), search.histograms());
  REQUIRE(
    search.find_buckets(golden_headcounts()(2025, 200).value().terminations));
  simulation::list_staff_draws(plan, blocks.front(), search.buckets(),
                               search.draws());
  return search.find_bounds()[0].value();
}

/// A run over such processors, to its end.
projection_text run_all(simulation_run& run, unsigned seed) {
  auto processors = unreliable_processors{run, seed};
  REQUIRE(run.start());
  processors.finish();
  return {.events = std::string{simulation::events_csv_header}
                    + processors.texts["events.csv"],
          .rows = std::string{simulation::rows_csv_header}
                  + processors.texts["snapshots.csv"]};
}

} // namespace

TEST_CASE("a run is the reference, however its processors behave") {
  const auto seed = GENERATE(range(1U, 41U));
  auto run = simulation_run{golden_options(seed % 2 == 0 ? 9 : 50)};
  auto processors = unreliable_processors{run, seed};
  REQUIRE(run.start());
  processors.finish();
  CHECK(processors.wrote_golden_files());
  CHECK(run.progress() == 1.0);
}

TEST_CASE("a run by weights and levels is as one thread projects it") {
  const auto seed = GENERATE(range(1U, 11U));
  const auto quotas = GENERATE(false, true);
  auto options = golden_options(seed % 2 == 0 ? 9 : 50);
  options.parameters = read_ruled_scenario();
  options.parameters.workforce.level_quotas = quotas;
  // So few leave that there are levels of which nobody does.
  if (seed % 3 == 0)
    options.parameters.workforce.termination_rate = 5'000;
  const auto expected = project_text(options.parameters, 1'000);
  auto run = simulation_run{std::move(options)};
  const auto told = run_all(run, seed);
  CHECK((told.events == expected.events));
  CHECK((told.rows == expected.rows));
  CHECK((run.years() == expected.years));
}

TEST_CASE("where leavers are not chosen by draws alone, all people stay") {
  auto options = golden_options(50);
  options.parameters.workforce.level_quotas = true;
  options.memory_limit_bytes = 1'000'000;
  auto run = simulation_run{std::move(options)};
  const auto told = run.start();
  REQUIRE_FALSE(told);
  CHECK(told.error().kind == runtime::problem_kind::invalid_input);
  CHECK(told.error().key == "workforce");
}

TEST_CASE("leavers of other levels than their quotas end the run") {
  auto options = golden_options(100'000);
  options.parameters.workforce.level_quotas = true;
  auto run = simulation_run{std::move(options)};
  auto work = simulation::year_work{};
  const auto last_of_all = last_leaver_of_all();
  REQUIRE(run.start());
  auto told = runtime::outcome<void>{};
  while (told) {
    auto offered = run.take(1);
    REQUIRE(offered);
    auto& task = offered->task;
    // As many, but those who come first of all and not of their level.
    if (task.stage() == messages::SIMULATION_STAGE_SIMULATE
        && task.has_context())
      for (auto& bound : *task.mutable_context()->mutable_staff_bound()) {
        bound.set_draw(last_of_all.draw);
        bound.set_key(last_of_all.key);
      }
    const auto done = work.perform(task, offered->block);
    REQUIRE(done);
    told = run.complete(done->result, done->block);
  }
  CHECK(told.error().key == "leavers_by_level");
}

TEST_CASE("text that nobody writes holds up the blocks to come") {
  auto options = golden_options(1);
  options.workers = 1;
  auto run = simulation_run{options};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  auto simulated = 0;
  while (auto offered = run.take(1)) {
    if (offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE)
      ++simulated;
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    REQUIRE(run.complete(done->result, done->block));
  }
  CHECK(simulated == 4);
  REQUIRE(run.take_output());
  REQUIRE(run.output_written());
  CHECK_FALSE(run.take(1)); // The rows of the block are still to be written.
  REQUIRE(run.take_output());
  REQUIRE(run.output_written());
  CHECK(run.take(1));
}

TEST_CASE("people go back to whoever simulated them, others to the rest") {
  using place = runtime::worker_place;
  auto options = golden_options(20);
  options.keep_text = false;
  auto run = simulation_run{options};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  // Of a year, which blocks whom: near workers may have any, at last.
  auto blocks
    = std::map<std::int32_t, std::map<int, std::set<std::uint64_t>>>{};
  const auto serve = [&](int worker, place where) {
    auto offered = run.take(static_cast<std::uint64_t>(worker), where);
    if (!offered)
      return false;
    const auto is_staff = offered->task.first_hire() == 0;
    if (offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE) {
      CHECK(offered->task.keep_people());
      if (is_staff)
        blocks[run.year()][worker].insert(
          simulation::read_keys(offered->block)->front());
    }
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    REQUIRE(run.complete(done->result, done->block));
    return true;
  };
  // One near, two far; whoever has nothing to do lets the others go on.
  auto turn = 0;
  while (!run.is_done()) {
    const auto worker = 1 + turn++ % 3;
    static_cast<void>(serve(worker, worker == 1 ? place::near : place::far));
  }
  REQUIRE(blocks.size() > 2);
  const auto first = blocks.begin();
  const auto second = std::next(first);
  CHECK_FALSE(first->second[2].empty());
  auto kept = 0;
  for (const auto worker : {2, 3})
    for (const auto key : second->second[worker])
      kept += static_cast<int>(first->second[worker].count(key));
  CHECK(kept > 0);
  // Where somebody has them, nobody else of another node gets them.
  for (const auto key : second->second[2])
    CHECK(first->second[3].count(key) == 0);
}

TEST_CASE("nobody keeps people of a run whose memory is limited") {
  auto options = golden_options(50);
  options.memory_limit_bytes = 1'000'000;
  auto run = simulation_run{options};
  auto work = simulation::year_work{};
  REQUIRE(run.start());
  auto simulated = false;
  while (!simulated) {
    const auto offered = run.take(1);
    REQUIRE(offered);
    CHECK_FALSE(offered->task.keep_people());
    simulated = offered->task.stage() == messages::SIMULATION_STAGE_SIMULATE;
    const auto done = work.perform(offered->task, offered->block);
    REQUIRE(done);
    REQUIRE(run.complete(done->result, done->block));
  }
}

TEST_CASE("the answer under an old attempt is dropped") {
  auto run = simulation_run{golden_options(100'000)};
  REQUIRE(run.start());
  const auto first = run.take(1);
  REQUIRE(first);
  auto failure = messages::SimulationTaskFailure{};
  failure.set_task(first->task.task());
  failure.set_attempt(first->task.attempt());
  REQUIRE(run.fail(failure));
  const auto second = run.take(2);
  REQUIRE(second);
  CHECK(second->task.task() == first->task.task());
  CHECK(second->task.has_context());
  auto work = simulation::year_work{};
  const auto late = work.perform(first->task, first->block);
  REQUIRE(late);
  REQUIRE(run.complete(late->result, late->block));
  failure.set_attempt(second->task.attempt());
  REQUIRE(run.fail(failure)); // It still counts as out.
  CHECK(run.summary().retries() == 2);
}

TEST_CASE("an answer that is no block of people ends the run") {
  auto run = simulation_run{golden_options(100'000)};
  REQUIRE(run.start());
  const auto offered = run.take(1);
  REQUIRE(offered);
  auto result = messages::SimulationTaskResult{};
  result.set_task(offered->task.task());
  result.set_attempt(offered->task.attempt());
  const auto told = run.complete(result, {});
  REQUIRE_FALSE(told);
  CHECK(told.error().message == "a processor answered without a histogram");
}

TEST_CASE("people survive the way through columns") {
  const auto census = read_golden_census();
  auto columns = simulation::column_list{};
  simulation::append_people(columns, census.staff, nullptr);
  const auto block = messages::column_block{columns};
  const auto wire = messages::column_block::from_message(block.to_message());
  REQUIRE(wire);
  const auto view = simulation::read_people(*wire);
  REQUIRE(view);
  CHECK(std::ranges::equal(view->key, census.staff.key));
  CHECK(std::ranges::equal(view->birth_date, census.staff.birth_date));
  CHECK(std::ranges::equal(view->hire_date, census.staff.hire_date));
  CHECK(std::ranges::equal(view->pay, census.staff.pay));
  CHECK(std::ranges::equal(view->deferral, census.staff.deferral));
  CHECK(std::ranges::equal(view->level, census.staff.level));
  columns.pop_back();
  CHECK_FALSE(simulation::read_people(messages::column_block{columns}));
  columns.emplace_back(std::string{"short"});
  CHECK_FALSE(simulation::read_people(messages::column_block{columns}));
}

} // namespace troupe::tests
