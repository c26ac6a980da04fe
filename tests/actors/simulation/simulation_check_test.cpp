#include "actors/simulation/simulation_check.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>
#include <xxhash.h>

#include <algorithm>

namespace troupe::simulation {

using tests::stored_simulations;

namespace {

/// Whether a problem of the store says this.
bool is_told(const stored_simulations& runs, const std::string& text) {
  const auto found = check_simulations(runs.path());
  return std::ranges::any_of(found.problems, [&](const auto& reason) {
    return reason.message.find(text) != std::string::npos
           && !reason.hint.empty();
  });
}

} // namespace

TEST_CASE("sound simulations have no problems, whatever became of them") {
  auto runs = stored_simulations{};
  const auto parent = runs.add();
  (void)runs.add({.block_size = 5});
  (void)runs.add({.years = 2, .status = simulation_status::running});
  (void)runs.add({.years = 0, .status = simulation_status::cancelled});
  runs.store(begin_run(
    tests::make_header(runs.next_id(), tests::read_golden_scenario())));
  auto history = runs.history();
  const auto stored = history.load_years(history.find_run("1").value()).value();
  auto years = std::vector<year_totals>{};
  for (const auto& year : stored)
    years.push_back(year.totals);
  runs.store(
    record_children(parent, {},
                    std::vector{simulation_child{.run = runs.next_id(),
                                                 .scenario = "{}",
                                                 .digest = XXH3_64bits("{}", 2),
                                                 .years = years}}));
  const auto found = check_simulations(runs.path());
  for (const auto& reason : found.problems)
    UNSCOPED_INFO(runtime::render(reason));
  CHECK(found.problems.empty());
  CHECK(found.runs == 6);
  CHECK(found.years == 5 + 5 + 2 + 5);
  CHECK(found.rows > 2'000);
}

TEST_CASE("a store without simulations, or without their tables, is well") {
  auto runs = stored_simulations{};
  CHECK(check_simulations(runs.path()).problems.empty());
  runs.damage("DROP TABLE simulation_blocks; DROP TABLE simulation_runs");
  CHECK(check_simulations(runs.path()).problems.empty());
  CHECK(check_simulations(runs.path() + "x").problems.size() == 1);
}

TEST_CASE("people without ids are told") {
  auto runs = stored_simulations{};
  auto header
    = tests::make_header(runs.next_id(), tests::read_golden_scenario());
  const auto staff = tests::read_golden_census().staff;
  runs.store(
    join(begin_run(header),
         record_people(header.run, std::vector{pack_people_of(0, staff, {})})));
  CHECK(is_told(runs,
                "0 of " + std::to_string(staff.size()) + " people have an id"));
}

TEST_CASE("what is damaged is told") {
  struct damage {
    std::string sql;
    std::string told;
  };
  const auto [sql, told] = GENERATE(values<damage>({
    {"UPDATE simulation_runs SET scenario = scenario || ' '",
     "simulation 1: its scenario is not the one of its digest"},
    {"DELETE FROM simulation_years WHERE year = 2027", "after 2026 comes 2028"},
    {"DELETE FROM simulation_years WHERE year = 2029",
     "it is completed, but has no year 2029"},
    {"UPDATE simulation_years SET totals = (SELECT totals FROM"
     " simulation_years WHERE year = 2026) WHERE year = 2027",
     "the totals of run 1 cannot be read"},
    {"UPDATE simulation_blocks SET events = substr(events, 1, 40) WHERE year ="
     " 2025 AND block = 1",
     "in block 1 of 2025 of run 1"},
    {"DELETE FROM simulation_blocks WHERE year = 2025 AND block = 1",
     "all blocks of 2025"},
    {"UPDATE simulation_blocks SET last_key = last_key + 1 WHERE year = 2026"
     " AND block = 0",
     "a block of 2026 has other keys than it is found by"},
    {"UPDATE simulation_blocks SET year_rows = (SELECT year_rows FROM"
     " simulation_blocks WHERE year = 2026 AND block = 0) WHERE year = 2027"
     " AND block = 0",
     "a termination is of another year"},
    {"DELETE FROM simulation_blocks WHERE year = 2026;"
     "DELETE FROM simulation_years WHERE year = 2026",
     "who starts 2027 is not who was there before it"},
    {"UPDATE simulation_blocks SET events = (SELECT events FROM"
     " simulation_blocks WHERE year = 2026 AND block = 1) WHERE year = 2026"
     " AND block = 0",
     "its events of 2026 are"},
    {"UPDATE simulation_blocks SET block = block - 10 WHERE year = 2026"
     " AND block = 2",
     "its people of 2026 are not in order"},
    {"UPDATE simulation_people SET people = ids", "the people of run 1"},
    {"UPDATE simulation_people SET ids = x''", "the ids of run 1"},
    {"INSERT INTO simulation_people VALUES (77, 0, 0, 0, x'', x'')",
     "1 rows of simulation_people belong to run 77"},
    {"UPDATE simulation_runs SET parent = 'x'",
     "simulation 1 is a part of x, which is not there"},
  }));
  auto runs = stored_simulations{};
  (void)runs.add({.block_size = 30});
  runs.damage(sql);
  CAPTURE(sql);
  CHECK(is_told(runs, told));
}

} // namespace troupe::simulation
