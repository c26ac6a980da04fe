#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

using runtime::problem_kind;
using tests::read_golden_census;
using tests::read_golden_scenario;
using tests::stored_simulations;

namespace {

/// The totals of the rest of the run that a checkpoint is of.
std::vector<year_totals> go_on(simulation_checkpoint from) {
  auto scenario = read_golden_scenario();
  scenario.start_year = from.last ? from.last->year + 1 : scenario.start_year;
  return project(
           scenario, std::move(from.staff), 64, planned_headcounts(scenario),
           [](const projected_year&) -> runtime::outcome<void> { return {}; })
    .value();
}

} // namespace

TEST_CASE("runs are listed newest first, as many as asked for") {
  auto runs = stored_simulations{};
  (void)runs.add();
  const auto second
    = runs.add({.years = 2, .status = simulation_status::cancelled});
  auto history = runs.history();
  const auto all = history.list_runs(10).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == second);
  CHECK(all[0].number == 2);
  CHECK(all[0].status == "cancelled");
  CHECK(all[0].years == 2);
  CHECK(all[1].number == 1);
  CHECK(all[1].kind == "projection");
  CHECK(all[1].scenario_name == "golden");
  CHECK(all[1].digest == digest(read_golden_scenario()));
  CHECK(all[1].seed == read_golden_scenario().seed);
  CHECK(all[1].census == "census.csv");
  CHECK(all[1].people == read_golden_census().staff.size());
  CHECK(all[1].start_year == 2025);
  CHECK(all[1].years == 5);
  CHECK(all[1].started_at == runtime::from_microseconds(1'000'000));
  CHECK(all[1].finished_at == runtime::from_microseconds(3'000'000));
  CHECK(all[1].version == "1.2.3");
  CHECK(all[1].report == R"({"people":1})");
  CHECK(history.list_runs(1)->size() == 1);
  CHECK(history.load_scenario_text(all[1])
        == canonical_text(read_golden_scenario()));
}

TEST_CASE(
  "a simulation is found by number, id, its beginning and as the last") {
  auto runs = stored_simulations{};
  const auto first = runs.add({.idempotency_key = "monday"});
  const auto second = runs.add();
  runs.store(record_children(
    second, {},
    std::vector{simulation_child{.run = second.substr(0, 35) + "1"}}));
  auto history = runs.history();
  CHECK(history.find_run("1")->id == first);
  CHECK(history.find_run(first)->number == 1);
  CHECK(history.find_run(second.substr(0, 20))->number == 2);
  CHECK(history.find_run(second.substr(0, 35) + "1")->number == 3);
  CHECK(history.find_run("3")->parent == second);
  CHECK(history.find_run("last")->number == 2);
  CHECK(history.find_key("monday").value()->number == 1);
  CHECK_FALSE(history.find_key("tuesday").value());
}

TEST_CASE("a simulation that is not there is told from an ambiguous one") {
  auto runs = stored_simulations{};
  (void)runs.add();
  (void)runs.add();
  auto history = runs.history();
  const auto absent = history.find_run("7");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
  CHECK(absent.error().hint.find("1 to 2") != std::string::npos);
  CHECK(history.find_run("").error().kind == problem_kind::not_found);
  CHECK(history.find_run("%").error().kind == problem_kind::not_found);
  CHECK(history.find_run("00").error().kind == problem_kind::invalid_input);
}

TEST_CASE("the years of a run have their totals and what they cost") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto years = history.load_years(history.find_run("last").value());
  REQUIRE(years);
  const auto expected = tests::project_golden(64, 0).years;
  REQUIRE(years->size() == expected.size());
  for (auto at = std::size_t{0}; at < expected.size(); ++at) {
    CHECK((*years)[at].totals == expected[at]);
    CHECK((*years)[at].figures.blocks > 0);
    CHECK((*years)[at].figures.packed_bytes < (*years)[at].figures.raw_bytes);
    CHECK((*years)[at].figures.seconds == 0.25);
  }
}

TEST_CASE("a run goes on from any of its years as if it had never stopped") {
  const auto expected = tests::project_golden(64, 0).years;
  const auto years = GENERATE(0, 1, 3);
  const auto block_size = GENERATE(std::size_t{7}, std::size_t{500});
  auto runs = stored_simulations{};
  (void)runs.add({.block_size = block_size,
                  .years = years,
                  .status = simulation_status::running});
  auto history = runs.history();
  auto checkpoint = history.load_checkpoint(history.find_run("last").value());
  REQUIRE(checkpoint);
  CHECK(checkpoint->last.has_value() == (years > 0));
  const auto rest = go_on(std::move(*checkpoint));
  CHECK(std::ranges::equal(
    rest, std::span{expected}.subspan(static_cast<std::size_t>(years))));
}

TEST_CASE(
  "blocks of a year come in their order, with the ids of their people") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto run = history.find_run("last").value();
  auto last_key = std::uint64_t{0};
  auto rows_read = std::size_t{0};
  REQUIRE(history.for_each_block(
    run, 2026,
    [&](const year_row_columns& rows,
        const event_columns& events) -> runtime::outcome<void> {
      for (auto at = std::size_t{0}; at < rows.count; ++at) {
        CHECK(rows.key[at] > last_key);
        last_key = rows.key[at];
      }
      CHECK(events.count > 0);
      rows_read += rows.count;
      return {};
    }));
  CHECK(rows_read > 200);
  const auto ids = history.load_ids(run).value();
  const auto census = read_golden_census();
  CHECK(std::ranges::equal(ids.keys(), census.ids.keys()));
  CHECK(ids.characters() == census.ids.characters());
  CHECK(history.for_each_block(run, 2031, {}).error().kind
        == problem_kind::not_found);
  const auto refused = history.for_each_block(
    run, 2026, [](const year_row_columns&, const event_columns&) {
      return runtime::outcome<void>{
        runtime::fail(problem_kind::interrupted, "enough")};
    });
  CHECK(refused.error().kind == problem_kind::interrupted);
}

TEST_CASE("damage is a problem that names the run") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto run = history.find_run("last").value();
  const auto wants = [&](const std::string& sql) {
    runs.damage(sql);
    history = runs.history();
  };
  const auto nothing = [](const year_row_columns&, const event_columns&) {
    return runtime::outcome<void>{};
  };
  wants("UPDATE simulation_blocks SET events = x'00' WHERE year = 2027 AND"
        " block = 2");
  CHECK(history.for_each_block(run, 2027, nothing)
          .error()
          .message.ends_with("in block 2 of 2027 of run 1"));
  wants("DELETE FROM simulation_blocks WHERE year = 2028 AND block = 2");
  CHECK(history.for_each_block(run, 2028, nothing)
          .error()
          .message.starts_with("all blocks of 2028 of run 1"));
  wants("UPDATE simulation_years SET totals = x'ff' WHERE year = 2025");
  CHECK_FALSE(history.load_years(run));
  wants("DELETE FROM simulation_years; DELETE FROM simulation_people WHERE"
        " block = 1");
  CHECK(history.load_checkpoint(run).error().kind == problem_kind::failed);
  wants("UPDATE simulation_people SET ids = people");
  CHECK_FALSE(history.load_ids(run));
}

TEST_CASE("a store without simulations says so") {
  auto runs = stored_simulations{};
  CHECK(runs.history().list_runs(10)->empty());
  CHECK(runs.history().find_run("last").error().kind
        == problem_kind::not_found);
  runs.damage("DROP TABLE simulation_runs");
  CHECK(runs.history().list_runs(10)->empty());
  CHECK_FALSE(runs.history().find_key("monday").value());
  CHECK(runs.history().find_run("1").error().kind == problem_kind::not_found);
}

} // namespace troupe::simulation
