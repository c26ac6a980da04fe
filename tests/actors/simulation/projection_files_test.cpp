#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection_files.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <utility>

namespace troupe::tests {

namespace {

runtime::outcome<void> write_golden(simulation::projection_files& files,
                                    bool publishes) {
  const auto census = read_golden_census();
  const auto scenario = read_golden_scenario();
  const auto years
    = simulation::project(scenario, simulation::make_blocks(census.staff, 64),
                          64, golden_headcounts(),
                          [&](const simulation::projected_year& year) {
                            return files.add(year, census.ids);
                          });
  if (!years)
    return runtime::fail(years.error());
  if (publishes)
    return files.publish(*years, "{}\n");
  return {};
}

} // namespace

TEST_CASE("the files of a projection are the reference, and all or none") {
  const auto folder = temporary_folder{};
  const auto results = folder / "made" / "results";
  {
    auto files = simulation::projection_files::create(results);
    REQUIRE(files);
    REQUIRE(write_golden(*files, true));
    CHECK(files->bytes_written()
          == read_simulation_text("events.csv").size()
               + read_simulation_text("snapshots.csv").size());
  }
  for (const auto* name : {"events.csv", "snapshots.csv", "years.json"})
    CHECK(read_file(results / name) == read_simulation_text(name));
  CHECK(read_file(results / "run.json") == "{}\n");

  const auto dropped = folder / "dropped";
  {
    auto files = simulation::projection_files::create(dropped);
    REQUIRE(files);
    REQUIRE(write_golden(*files, false));
  }
  CHECK(std::filesystem::is_empty(dropped));
}

TEST_CASE("a folder that cannot be made is named") {
  const auto folder = temporary_folder{};
  const auto file = folder.write("taken", "");
  const auto files = simulation::projection_files::create(file / "results");
  REQUIRE_FALSE(files);
  CHECK(files.error().file == (file / "results").string());
  CHECK_FALSE(files.error().hint.empty());
}

} // namespace troupe::tests
