#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

namespace {

using nlohmann::json;

/// Two runs, the second with more pay; the first has a part.
class fixture {
public:
  fixture() {
    const auto first = runs.add();
    auto scenario = read_golden_scenario();
    scenario.compensation.cola_rate = 30'000;
    (void)runs.add(scenario);
    auto part = simulation::simulation_child{};
    part.run = runs.next_id();
    part.label = "seed 7";
    part.scenario = "{}";
    runs.store(simulation::record_children(first, {}, std::vector{part}));
  }

  [[nodiscard]] program_result look(std::vector<std::string> arguments) const {
    auto asked = program_run{};
    asked.arguments = {"simulate"};
    asked.arguments.insert(asked.arguments.end(), arguments.begin(),
                           arguments.end());
    asked.arguments.insert(asked.arguments.end(), {"--store", runs.path()});
    asked.folder = runs.folder().path();
    return run_program(asked);
  }

  /// What is printed by a command that succeeds.
  [[nodiscard]] std::string answer(std::vector<std::string> arguments) const {
    const auto result = look(std::move(arguments));
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    return result.out;
  }

  [[nodiscard]] json answer_json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--output", "json"});
    return json::parse(answer(std::move(arguments)));
  }

  stored_simulations runs;
};

} // namespace

TEST_CASE_METHOD(fixture, "troupe simulate runs lists whole runs") {
  const auto text = answer({"runs"});
  CHECK(text.find("    2  1970-01-01T00:00:01Z  projection  completed")
        != std::string::npos);
  const auto list = answer_json({"runs"}).at("runs");
  REQUIRE(list.size() == 2);
  CHECK(list[0].at("number") == 2);
  CHECK(list[1].at("parts") == 1);
  CHECK(answer_json({"runs", "--limit", "1"}).at("runs").size() == 1);
}

TEST_CASE_METHOD(fixture, "troupe simulate show has settings, years and bars") {
  const auto text = answer({"show", "1"});
  CHECK(text.starts_with("run 1 (golden, seed 42): completed, 200 people"));
  CHECK(text.find("compensation.cola") != std::string::npos);
  CHECK(text.find("  2029  ##############################  234\n")
        != std::string::npos);
  CHECK(text.find("% less") != std::string::npos);
  CHECK(text.find("      3  seed 7\n") != std::string::npos);
  const auto shown = answer_json({"show", "1"});
  CHECK(shown.at("settings").at("random_seed") == 42);
  CHECK(shown.at("years").size() == 5);
  CHECK(shown.at("years")[4].at("end_headcount") == 234);
  CHECK(shown.at("report").at("people") == 1);
  CHECK(shown.at("runs")[0].at("label") == "seed 7");
}

TEST_CASE_METHOD(fixture, "troupe simulate diff has settings and measures") {
  const auto text = answer({"diff", "1", "2"});
  CHECK(text.find("  compensation.cola: 25000 -> 30000\n")
        != std::string::npos);
  CHECK(text.find("  end_payroll ") != std::string::npos);
  CHECK(text.find("  end_headcount ") == std::string::npos);
  CHECK(text.find(" 0 only in the second\n") != std::string::npos);
  const auto difference = answer_json({"diff", "1", "last"});
  CHECK(difference.at("settings").size() == 1);
  const auto& year = difference.at("years")[0];
  CHECK(year.at("left").at("only_before") == 0);
  for (const auto& measure : year.at("measures"))
    if (measure.at("measure") == "end_payroll_cents")
      CHECK(measure.at("percent").get<double>() > 0.1);
}

TEST_CASE_METHOD(fixture, "troupe simulate person tells a life in a run") {
  const auto text = answer({"person", "NH_2025_000001", "--run", "1"});
  CHECK(text.starts_with("NH_2025_000001, key "));
  CHECK(text.find("  2025  new_hire_") != std::string::npos);
  CHECK(text.find("hire ") != std::string::npos);
  const auto told = answer_json({"person", "NH_2025_000001", "--run", "1"});
  CHECK(told.at("years")[0].at("events")[0].at("event_type") == "hire");
  CHECK_FALSE(told.contains("start"));
  const auto nobody = look({"person", "NH_2025_999999"});
  CHECK(nobody.exit_code == 3);
  CHECK(nobody.err.find("hint: hires of 2025 are NH_2025_000001 to ")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "troupe simulate export writes the reference") {
  (void)answer({"export", "1", "--out", "results"});
  for (const auto* name : {"years.json", "events.csv", "snapshots.csv"})
    CHECK(read_file(runs.folder() / "results" / name)
          == read_simulation_text(name));
}

TEST_CASE_METHOD(fixture, "troupe doctor looks at simulations") {
  auto asked = program_run{};
  asked.arguments = {"doctor", "--store", runs.path()};
  asked.folder = runs.folder().path();
  // The part has no scenario, hence another digest, and no years.
  const auto result = run_program(asked);
  CHECK(result.exit_code == 1);
  CHECK(result.out.find("simulation 3: ") != std::string::npos);
  CHECK(result.out.find("simulation 1: ") == std::string::npos);
  CHECK(result.out.find("simulations: 3 runs with 10 years")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a store or run that is not there has exit code 3") {
  CHECK(look({"show", "9"}).exit_code == 3);
  auto asked = program_run{};
  asked.arguments = {"simulate", "runs", "--store", "none.db"};
  asked.folder = runs.folder().path();
  CHECK(run_program(asked).exit_code == 3);
}

} // namespace troupe::tests
