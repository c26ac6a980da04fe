#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_export.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace troupe::simulation {

using tests::read_file;
using tests::read_simulation_text;
using tests::stored_simulations;

TEST_CASE("a stored run is exported to the files of the reference") {
  const auto block_size = GENERATE(std::size_t{3}, std::size_t{64});
  auto runs = stored_simulations{};
  (void)runs.add({.block_size = block_size});
  auto history = runs.history();
  const auto folder = runs.folder() / "results";
  const auto exported
    = export_simulation(history, history.find_run("last").value(), folder);
  REQUIRE(exported);
  CHECK(exported->years == 5);
  CHECK(exported->csv_bytes
        == read_simulation_text("events.csv").size()
             + read_simulation_text("snapshots.csv").size());
  for (const auto* name : {"events.csv", "snapshots.csv", "years.json"})
    CHECK(read_file(folder / name) == read_simulation_text(name));
  CHECK(read_file(folder / "run.json") == "{\"people\":1}\n");
}

TEST_CASE("an exported run has the bands of its scenario") {
  auto runs = stored_simulations{};
  auto parameters = tests::read_golden_scenario();
  parameters.end_year = parameters.start_year;
  // Nobody is that old, and everybody is there for that long.
  parameters.bands.age = {123, 124, 125, 126, 127};
  parameters.bands.tenure = {1, 2, 3, 4};
  (void)runs.add(parameters);
  auto history = runs.history();
  const auto folder = runs.folder() / "results";
  REQUIRE(export_simulation(history, history.find_run("last").value(), folder));
  auto lines = std::istringstream{read_file(folder / "events.csv")};
  auto line = std::string{};
  std::getline(lines, line);
  REQUIRE(line.ends_with(",age,tenure,age_band,tenure_band,probability_ppm"));
  auto raises = 0;
  while (std::getline(lines, line)) {
    auto fields = std::vector<std::string>{};
    auto rest = std::istringstream{line};
    for (auto field = std::string{}; std::getline(rest, field, ',');)
      fields.push_back(field);
    const auto count = fields.size();
    CHECK(fields[count - 3] == "0");
    CHECK(std::stoi(fields[count - 2])
          == std::min(std::stoi(fields[count - 4]), 4));
    raises += line.find(",raise,") == std::string::npos ? 0 : 1;
  }
  CHECK(raises > 0);
}

TEST_CASE("what is there of a run that was stopped can be exported") {
  auto runs = stored_simulations{};
  (void)runs.add({.years = 2, .status = simulation_status::running});
  auto history = runs.history();
  const auto folder = runs.folder() / "results";
  REQUIRE(export_simulation(history, history.find_run("1").value(), folder));
  const auto events = read_file(folder / "events.csv");
  CHECK(read_simulation_text("events.csv").starts_with(events));
  CHECK(events.find("\n2026,") != std::string::npos);
  CHECK(events.find("\n2027,") == std::string::npos);
  CHECK(read_file(folder / "run.json").find("running") != std::string::npos);
}

TEST_CASE("a run that cannot be exported leaves no files") {
  auto runs = stored_simulations{};
  const auto parent = runs.add();
  runs.store(
    record_children(parent, {},
                    std::vector{simulation_child{.run = runs.next_id(),
                                                 .scenario = canonical_text({}),
                                                 .years = {year_totals{}}}}));
  (void)runs.add({.years = 0, .status = simulation_status::failed});
  auto history = runs.history();
  const auto folder = runs.folder() / "results";
  for (const auto* name : {"2", "3"}) {
    const auto exported
      = export_simulation(history, history.find_run(name).value(), folder);
    REQUIRE_FALSE(exported);
    CHECK(exported.error().kind == runtime::problem_kind::not_found);
    CHECK_FALSE(std::filesystem::exists(folder / "events.csv"));
  }
}

} // namespace troupe::simulation
