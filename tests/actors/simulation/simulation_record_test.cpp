#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace troupe::simulation {

using tests::make_header;
using tests::read_golden_scenario;
using tests::stored_simulations;

namespace {

std::vector<std::int64_t> numbers(const std::vector<stored_simulation>& runs) {
  auto result = std::vector<std::int64_t>{};
  for (const auto& run : runs)
    result.push_back(run.number);
  return result;
}

year_totals make_totals(std::int32_t year) {
  auto totals = year_totals{};
  totals.year = year;
  totals.end_headcount = 1'000 + year;
  return totals;
}

std::vector<simulation_child> make_children(stored_simulations& runs,
                                            std::size_t count) {
  auto children = std::vector<simulation_child>{};
  for (auto at = std::size_t{0}; at < count; ++at)
    children.push_back({.run = runs.next_id(),
                        .label = "seed " + std::to_string(at),
                        .scenario = "{}",
                        .digest = ~std::uint64_t{0} - at,
                        .seed = at,
                        .years = {make_totals(2025), make_totals(2026)}});
  return children;
}

/// Rows in all tables.
std::int64_t count_rows(const stored_simulations& runs) {
  auto history = runs.history();
  auto count = std::int64_t{0};
  (void)history.reader().query("SELECT (SELECT count(*) FROM simulation_runs)"
                               " + (SELECT count(*) FROM simulation_years)"
                               " + (SELECT count(*) FROM simulation_blocks)"
                               " + (SELECT count(*) FROM simulation_people)",
                               {}, [&](const runtime::sqlite_row& row) {
                                 count = row.integer(0);
                               });
  return count;
}

} // namespace

TEST_CASE("a run is running until it is finished, once") {
  auto runs = stored_simulations{};
  const auto header = make_header(runs.next_id(), read_golden_scenario());
  runs.store(begin_run(header));
  CHECK(runs.history().find_run("last")->status == "running");
  CHECK_FALSE(runs.history().find_run("last")->finished_at);
  const auto ending = simulation_ending{.status = simulation_status::failed,
                                        .reason = "no room"};
  runs.store(finish_run({header.run, ""}, ending));
  CHECK_FALSE(runs.accepts(finish_run({header.run, ""}, ending)));
  CHECK_FALSE(runs.accepts(finish_run({"nobody", ""}, ending)));
  const auto run = runs.history().find_run("last");
  CHECK(run->status == "failed");
  CHECK(run->reason == "no room");
}

TEST_CASE("there is one run with a key") {
  auto runs = stored_simulations{};
  auto header = make_header(runs.next_id(), read_golden_scenario());
  header.idempotency_key = "monday";
  runs.store(begin_run(header));
  header.run = runs.next_id();
  CHECK_FALSE(runs.accepts(begin_run(header)));
  header.idempotency_key.clear();
  runs.store(begin_run(header));
  header.run = runs.next_id();
  runs.store(begin_run(header));
}

TEST_CASE("a year is committed with all its blocks, by a run that runs") {
  auto runs = stored_simulations{};
  const auto run = runs.next_id();
  runs.store(begin_run(make_header(run, read_golden_scenario())));
  const auto blocks
    = std::vector{pack_year_of(0, year_block{}), pack_year_of(1, year_block{})};
  CHECK_FALSE(runs.accepts(record_blocks({"nobody", ""}, 2025, blocks)));
  runs.store(record_blocks({run, ""}, 2025, blocks));
  CHECK_FALSE(runs.accepts(record_blocks({run, ""}, 2025, blocks)));
  const auto totals = make_totals(2025);
  CHECK_FALSE(runs.accepts(commit_year({run, ""}, totals, {.blocks = 3})));
  CHECK_FALSE(runs.accepts(commit_year({"nobody", ""}, totals, {.blocks = 2})));
  runs.store(commit_year({run, ""}, totals, {.blocks = 2}));
  CHECK_FALSE(runs.accepts(commit_year({run, ""}, totals, {.blocks = 2})));
  runs.store(finish_run({run, ""}, {}));
  CHECK_FALSE(runs.accepts(commit_year({run, ""}, make_totals(2026), {})));
}

TEST_CASE("what is discarded before a run goes on can be recorded again") {
  auto runs = stored_simulations{};
  const auto run = runs.add({.years = 2, .status = simulation_status::failed});
  const auto before = count_rows(runs);
  runs.store(take_over({run, ""}, 2026, {}));
  CHECK(count_rows(runs) < before);
  auto history = runs.history();
  const auto stored = history.find_run("last").value();
  CHECK(stored.status == "running");
  CHECK_FALSE(stored.finished_at);
  CHECK(stored.years == 2);
  runs.store(record_blocks({run, ""}, 2027, {}));
  runs.store(commit_year({run, ""}, make_totals(2027), {}));
  CHECK_FALSE(runs.accepts(take_over({"nobody", ""}, 2026, {})));
}

TEST_CASE("whoever goes on with a run fences who had it before") {
  auto runs = stored_simulations{};
  auto header = make_header(runs.next_id(), read_golden_scenario());
  header.claim = "first";
  runs.store(begin_run(header));
  const auto first = run_claim{header.run, "first"};
  const auto second = run_claim{header.run, "second"};
  const auto block = std::vector{pack_year_of(0, year_block{})};
  runs.store(record_blocks(first, 2025, block));
  runs.store(take_over(second, 2024, {}));
  CHECK_FALSE(runs.accepts(record_blocks(first, 2025, block)));
  runs.store(record_blocks(second, 2025, block));
  CHECK_FALSE(
    runs.accepts(commit_year(first, make_totals(2025), {.blocks = 1})));
  runs.store(commit_year(second, make_totals(2025), {.blocks = 1}));
  CHECK_FALSE(runs.accepts(finish_run(first, {})));
  runs.store(finish_run(second, {}));
  CHECK_FALSE(runs.accepts(take_over(first, 2024, {})));
  CHECK(runs.history().find_run("last")->years == 1);
}

TEST_CASE("children have what their parent has, and totals") {
  auto runs = stored_simulations{};
  const auto parent = runs.add();
  const auto at = runtime::from_microseconds(9);
  const auto children = make_children(runs, 3);
  runs.store(record_children(parent, at, children));
  runs.store(record_children(parent, at, make_children(runs, 1)));
  CHECK_FALSE(
    runs.accepts(record_children("nobody", at, make_children(runs, 1))));
  auto history = runs.history();
  const auto stored = history.find_run(parent).value();
  CHECK(stored.children == 4);
  const auto parts = history.children(stored).value();
  REQUIRE(parts.size() == 4);
  CHECK(parts[2].id == children[2].run);
  CHECK(parts[2].label == "seed 2");
  CHECK(parts[2].digest == children[2].digest);
  CHECK(parts[2].parent == parent);
  CHECK(parts[2].census == stored.census);
  CHECK(parts[2].people == stored.people);
  CHECK(parts[2].status == "completed");
  CHECK(parts[2].finished_at == at);
  CHECK(parts[2].start_year == 2025);
  CHECK(parts[2].end_year == 2026);
  const auto years = history.load_years(parts[2]).value();
  REQUIRE(years.size() == 2);
  CHECK(years[1].totals == make_totals(2026));
  CHECK(history.load_scenario_text(parts[2]) == "{}");
}

TEST_CASE("old runs go with their children; running ones stay") {
  auto runs = stored_simulations{};
  const auto first = runs.add();
  runs.store(record_children(first, {}, make_children(runs, 2)));
  (void)runs.add({.years = 1, .status = simulation_status::running});
  const auto third = runs.add();
  runs.store(record_children(third, {}, make_children(runs, 2)));
  const auto rows = count_rows(runs);
  (void)runs.add({.runs_kept = 2});
  auto history = runs.history();
  CHECK(numbers(history.list_runs(10).value())
        == std::vector<std::int64_t>{8, 5, 4});
  CHECK(history.children(history.find_run("5").value())->size() == 2);
  CHECK_FALSE(history.find_run("2"));
  // Of the children of the first run nothing is left either.
  CHECK(count_rows(runs) == rows - 2 - 4);
  (void)runs.add({.runs_kept = 50});
  CHECK(runs.history().list_runs(10)->size() == 4);
}

TEST_CASE("runs that nobody has gone on with for a week go, too") {
  auto runs = stored_simulations{};
  const auto scenario = read_golden_scenario();
  const auto week = std::chrono::days{7};
  auto header = make_header(runs.next_id(), scenario);
  const auto left = header.run;
  runs.store(begin_run(header));
  header.run = runs.next_id();
  const auto resumed = header.run;
  runs.store(begin_run(header));
  const auto later = header.started_at + week;
  runs.store(take_over({resumed, ""}, 2024, later));
  header.run = runs.next_id();
  runs.store(begin_run(header));
  runs.store(finish_run({header.run, ""},
                        {.at = header.started_at + week, .runs_kept = 1}));
  CHECK(runs.history().list_runs(10)->size() == 3);
  header.run = runs.next_id();
  runs.store(begin_run(header));
  runs.store(finish_run({header.run, ""},
                        {.at = later + std::chrono::hours{1}, .runs_kept = 1}));
  auto history = runs.history();
  CHECK(numbers(history.list_runs(10).value())
        == std::vector<std::int64_t>{4, 2});
  CHECK_FALSE(history.find_run(left));
}

TEST_CASE("a transaction that does two things has the rows of both") {
  auto runs = stored_simulations{};
  const auto run = runs.next_id();
  const auto other = runs.next_id();
  const auto scenario = read_golden_scenario();
  const auto blocks = std::vector{pack_year_of(3, year_block{})};
  runs.store(join(begin_run(make_header(run, scenario)),
                  begin_run(make_header(other, scenario))));
  runs.store(join(join(record_blocks({run, ""}, 2025, blocks),
                       record_blocks({other, ""}, 2026, blocks)),
                  commit_year({other, ""}, make_totals(2026), {.blocks = 1})));
  CHECK(runs.history().find_run("1")->years == 0);
  CHECK(runs.history().find_run("2")->years == 1);
}

} // namespace troupe::simulation
