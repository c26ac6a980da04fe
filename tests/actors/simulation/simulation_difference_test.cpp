#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_difference.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

using tests::read_golden_scenario;
using tests::stored_simulations;

namespace {

const measure_change& measure_of(const year_change& year,
                                 std::string_view name) {
  for (const auto& each : year.measures)
    if (each.measure->name == name)
      return each;
  throw std::runtime_error{"no such measure"};
}

} // namespace

TEST_CASE("a run does not differ from itself") {
  auto runs = stored_simulations{};
  (void)runs.add();
  auto history = runs.history();
  const auto difference = compare_simulations(history, "1", "last").value();
  CHECK(difference.settings.empty());
  REQUIRE(difference.years.size() == 5);
  for (const auto& year : difference.years) {
    CHECK(year.measures.size() == year_measures().size());
    for (const auto& measure : year.measures)
      CHECK(measure.difference() == 0);
    CHECK(year.leavers->both > 0);
    CHECK(year.leavers->only_before == 0);
    CHECK(year.leavers->only_after == 0);
  }
}

TEST_CASE("another seed lets as many others go") {
  auto runs = stored_simulations{};
  auto scenario = read_golden_scenario();
  (void)runs.add();
  scenario.seed += 1;
  (void)runs.add(scenario, {.years = 3});
  auto history = runs.history();
  const auto difference = compare_simulations(history, "1", "2").value();
  REQUIRE(difference.settings.size() == 1);
  CHECK(difference.settings[0].key == "random_seed");
  CHECK(difference.settings[0].after == std::to_string(scenario.seed));
  REQUIRE(difference.years.size() == 3);
  const auto& leavers = *difference.years[0].leavers;
  CHECK(leavers.only_before > 0);
  CHECK(leavers.only_before == leavers.only_after);
  const auto left
    = measure_of(difference.years[0], "terminations").before
      + measure_of(difference.years[0], "new_hire_terminations").before;
  CHECK(leavers.both + leavers.only_before == static_cast<std::uint64_t>(left));
}

TEST_CASE("an option differs from its default, not from nothing") {
  auto runs = stored_simulations{};
  auto scenario = read_golden_scenario();
  (void)runs.add();
  scenario.bands.age[4] = 60;
  scenario.workforce.selection.method = leaver_selection::hazard_weighted;
  (void)runs.add(scenario, {.years = 1});
  auto history = runs.history();
  const auto difference = compare_simulations(history, "1", "2").value();
  REQUIRE(difference.settings.size() == 2);
  CHECK(difference.settings[0].key == "bands.age[5]");
  CHECK(difference.settings[0].before == "65");
  CHECK(difference.settings[0].after == "60");
  CHECK(difference.settings[1].key == "selection.method");
  CHECK(difference.settings[1].before == "\"uniform\"");
}

TEST_CASE("measures have both values, their difference and its share") {
  auto runs = stored_simulations{};
  auto scenario = read_golden_scenario();
  (void)runs.add();
  scenario.compensation.cola_rate += 10'000;
  (void)runs.add(scenario);
  auto history = runs.history();
  const auto difference = compare_simulations(history, "1", "2").value();
  CHECK(difference.settings.front().key == "compensation.cola");
  const auto& year = difference.years.front();
  const auto& start = measure_of(year, "start_payroll_cents");
  CHECK(start.percent() == 0.0);
  const auto& payroll = measure_of(year, "end_payroll_cents");
  CHECK(payroll.after - payroll.before == payroll.difference());
  CHECK(*payroll.percent() > 0.3);
  CHECK(*payroll.percent() < 1.1);
  CHECK_FALSE((measure_change{.before = 0, .after = 4}).percent());
}

TEST_CASE("of parts of a run totals are compared") {
  auto runs = stored_simulations{};
  const auto parent = runs.add();
  auto year = year_totals{};
  year.year = 2026;
  runs.store(record_children(parent, {},
                             std::vector{simulation_child{.run = runs.next_id(),
                                                          .scenario = "{}",
                                                          .years = {year}}}));
  auto history = runs.history();
  const auto difference = compare_simulations(history, "1", "2").value();
  REQUIRE(difference.years.size() == 1);
  CHECK(difference.years[0].year == 2026);
  CHECK_FALSE(difference.years[0].leavers);
  CHECK(difference.settings.size() > 20);
  CHECK(difference.settings[0].after.empty());
}

TEST_CASE("settings are named by their path, levels and years") {
  auto before = read_golden_scenario();
  auto after = before;
  after.compensation.merit_by_level[1] = 1;
  after.compensation.hire_band_by_level[4] = {1, 2};
  before.growth_by_year = {{2025, 10}, {2026, 20}};
  after.growth_by_year = {{2026, 30}};
  after.enrollment.hire_date_cutoff.reset();
  const auto changes
    = compare_settings(canonical_text(before), canonical_text(after)).value();
  REQUIRE(changes.size() == 5);
  CHECK(changes[0].key == "compensation.hire_band_by_level[5]");
  CHECK(changes[0].after == "[1,2]");
  CHECK(changes[1].key == "compensation.merit_by_level[2]");
  CHECK(changes[2].key == "enrollment.hire_date_cutoff");
  CHECK(changes[2].after == "null");
  CHECK(changes[3].key == "growth_by_year[2025]");
  CHECK(changes[3].before == "10");
  CHECK(changes[3].after.empty());
  CHECK(changes[4].key == "growth_by_year[2026]");
  CHECK(changes[4].before == "20");
  CHECK(changes[4].after == "30");
  CHECK_FALSE(compare_settings("{", "{}"));
  CHECK(compare_settings(R"({"growth_by_year":[7]})", "{}").value().front().key
        == "growth_by_year[1]");
}

} // namespace troupe::simulation
