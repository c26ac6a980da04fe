#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace troupe::tests;

// The activity `simulate` as a step.

TEST_CASE("a workflow simulates under several seeds, and goes on with them") {
  const auto folder = temporary_folder{};
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments
    = {"run",
       "execute",
       (source_dir() / "tools/examples/simulation/workflow.yaml").string(),
       "--input",
       "census=" + golden("simulation/census.csv").string(),
       "--input",
       "config=" + golden("simulation/scenario.yaml").string(),
       "--store",
       "runs.db",
       "--output",
       "json"};
  const auto result = run_program(asked);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const auto run = nlohmann::json::parse(result.out);
  CHECK(run.at("status") == "completed");
  const auto& told = run.at("steps").at("tell").at("output");
  REQUIRE(told.size() == 3);
  for (auto i = 0U; i < 3; ++i) {
    CHECK(told[i].at("seed") == 41 + i);
    const auto out = folder / ("results/seed-" + std::to_string(41 + i));
    const auto years = nlohmann::json::parse(read_file(out / "years.json"));
    REQUIRE(years.size() == 3);
    CHECK(told[i].at("people") == years[2].at("end_headcount"));
    CHECK(told[i].at("payroll_cents") == years[2].at("end_payroll_cents"));
  }
  // The one with the seed of the reference has its years.
  const auto reference = read_file(golden("simulation") / "events.csv");
  CHECK(
    reference.starts_with(read_file(folder / "results/seed-42/events.csv")));
  asked.arguments
    = {"simulate", "runs", "--store", "runs.db", "--output", "json"};
  const auto stored = nlohmann::json::parse(run_program(asked).out);
  CHECK(stored.dump().find("failed") == std::string::npos);
}

TEST_CASE("a step that simulates is told what is wrong with it") {
  const auto folder = temporary_folder{};
  const auto file = folder.write(
    "flow.yaml", "apiVersion: troupe/v1\nkind: Workflow\nid: wrong\nsteps:\n"
                 "- {id: simulate, activity: simulate, with: {census: "
                 "missing.csv, config: \""
                   + golden("simulation/scenario.yaml").string() + "\"}}\n");
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments = {"run",     "execute",  file.string(), "--store",
                     "runs.db", "--output", "json"};
  const auto result = run_program(asked);
  CHECK(result.exit_code == 1);
  const auto run = nlohmann::json::parse(result.out);
  CHECK(run.at("status") != "completed");
  const auto reason = run.at("reason").get<std::string>();
  CAPTURE(reason);
  CHECK(reason.find("missing.csv: No such file") != std::string::npos);
  CHECK(reason.find("hint: ") != std::string::npos);
}
