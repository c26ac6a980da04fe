#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace troupe::tests;

using nlohmann::json;

namespace {

class fixture {
public:
  [[nodiscard]] program_result run(std::vector<std::string> arguments) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    return run_program(asked);
  }

  /// Over the golden census and scenario.
  [[nodiscard]] program_result
  simulate(std::vector<std::string> before,
           const std::vector<std::string>& after) const {
    before.insert(before.begin(), "simulate");
    before.insert(before.end(),
                  {"--census", golden("simulation/census.csv").string(),
                   "--config", golden("simulation/scenario.yaml").string()});
    before.insert(before.end(), after.begin(), after.end());
    return run(std::move(before));
  }

  temporary_folder folder;
};

json parse(const program_result& from) {
  INFO(from.err);
  REQUIRE(from.exit_code == 0);
  return json::parse(from.out);
}

/// The value of a figure in a list of {measure, year, value}.
json figure(const json& list, const std::string& measure) {
  for (const auto& each : list)
    if (each.at("measure") == measure)
      return each.at("value");
  return nullptr;
}

} // namespace

TEST_CASE_METHOD(fixture, "many seeds have the figures of each seed alone") {
  const auto spread
    = parse(simulate({}, {"--seeds", "3", "--output", "json", "--exceed",
                          "end_headcount[2029]>=234"}));
  CHECK(spread.at("members") == 3);
  CHECK(spread.at("exceedances").at(0).at("probability_ppm") == 1'000'000);
  auto highest = std::int64_t{0};
  for (const auto* seed : {"42", "43", "44"}) {
    const auto alone
      = parse(simulate({}, {"--seed", seed, "--output", "json"}));
    highest = std::max(
      highest, alone.at("years").back().at("promotions").get<std::int64_t>());
  }
  auto found = false;
  for (const auto& band : spread.at("bands"))
    if (band.at("measure") == "promotions" && band.at("year") == 2029) {
      found = true;
      CHECK(band.at("maximum") == highest);
      CHECK(band.at("depends_on_draws") == true);
    } else if (band.at("measure") == "end_headcount") {
      CHECK(band.at("depends_on_draws") == false);
    }
  CHECK(found);
}

TEST_CASE_METHOD(fixture, "an ensemble is a run with a part for each seed") {
  const auto result = simulate({}, {"--seeds", "12", "--html", "spread.html"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.out.starts_with("12 seeds from 42;"));
  CHECK_THAT(read_file(folder / "spread.html"),
             Catch::StartsWith("<!DOCTYPE html>")
               && Catch::Contains("participation"));
  const auto runs
    = parse(run({"simulate", "runs", "--output", "json"})).at("runs");
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].at("kind") == "ensemble");
  CHECK(run({"doctor"}).exit_code == 0);
  const auto none = simulate({}, {"--seeds", "2", "--no-store"});
  CHECK(none.exit_code == 0);
  CHECK(parse(run({"simulate", "runs", "--output", "json"})).at("runs").size()
        == 1);
}

TEST_CASE_METHOD(fixture, "a run is compared with one that was there before") {
  const auto nothing = simulate({}, {"--compare-baseline", "last"});
  CHECK(nothing.exit_code == 3);
  REQUIRE(simulate({}, {}).exit_code == 0);
  const auto changed
    = parse(simulate({}, {"--compare-baseline", "last", "--output", "json",
                          "--set", "compensation.cola_rate=0.03"}));
  const auto& baseline = changed.at("baseline");
  CHECK(baseline.at("before").at("number") == 1);
  CHECK(baseline.at("after").at("number") == 2);
  REQUIRE(baseline.at("settings").size() == 1);
  CHECK(baseline.at("settings")[0].at("setting") == "compensation.cola");
  const auto told = simulate({}, {"--compare-baseline", "1"});
  CHECK(told.exit_code == 0);
  CHECK_THAT(told.out, Catch::StartsWith("year ")
                         && Catch::Contains("the same settings"));
}

TEST_CASE_METHOD(fixture, "stored runs can be shown as a page") {
  REQUIRE(simulate({}, {}).exit_code == 0);
  REQUIRE(simulate({}, {"--seeds", "3"}).exit_code == 0);
  for (const auto* run : {"1", "2"}) {
    const auto shown = this->run({"simulate", "show", run, "--html", "a.html"});
    INFO(shown.err);
    CHECK(shown.exit_code == 0);
    CHECK_THAT(read_file(folder / "a.html"),
               Catch::StartsWith("<!DOCTYPE html>") && Catch::Contains("2029"));
  }
}

TEST_CASE_METHOD(fixture, "a sweep has a row for each combination") {
  const auto swept = parse(simulate(
    {"sweep"}, {"--vary", "growth_rate=0:0.04:0.02", "--vary", "cola=0.02,0.03",
                "--show", "end_payroll[2027]", "--output", "json"}));
  const auto& points = swept.at("points");
  REQUIRE(points.size() == 6);
  CHECK(points[3].at("label") == "growth_rate=0.02, cola=0.03");
  const auto alone
    = parse(simulate({}, {"--set", "target_growth_rate=0.02", "--set",
                          "compensation.cola_rate=0.03", "--output", "json"}));
  CHECK(figure(points[3].at("figures"), "end_payroll_cents")
        == alone.at("years")[2].at("end_payroll_cents"));
}

TEST_CASE_METHOD(fixture, "a goal is met by the value that the answer names") {
  const auto sought = parse(simulate(
    {"seek"}, {"--goal", "end_headcount=250", "--tolerance", "1", "--vary",
               "growth_rate=0:0.1:0.001", "--output", "json"}));
  CHECK(sought.at("state") == "met");
  const auto rate = sought.at("value_ppm").get<std::int64_t>();
  const auto alone = parse(simulate(
    {}, {"--set", "target_growth_rate=0.0" + std::to_string(rate / 1'000),
         "--output", "json"}));
  CHECK(std::abs(alone.at("years")[4].at("end_headcount").get<int>() - 250)
        <= 1);
  const auto missed = simulate({"seek"}, {"--goal", "end_headcount=100000",
                                          "--vary", "growth_rate=0:0.1:0.01"});
  CHECK(missed.exit_code == 1);
  CHECK_THAT(missed.out, Catch::Contains("out of reach"));
}

TEST_CASE_METHOD(fixture, "the scenarios of a file stand side by side") {
  const auto file = folder.write(
    "scenarios.yaml", "base: " + golden("simulation/scenario.yaml").string()
                        + "\nscenarios:\n  steady: {}\n  shrinking:\n"
                          "    target_growth_rate: -0.05\n");
  const auto result = run({"simulate", "batch", "--census",
                           golden("simulation/census.csv").string(), "--config",
                           file.string(), "--show", "end_headcount"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.out, Catch::Contains("steady")
                           && Catch::Contains("shrinking")
                           && Catch::Contains("234"));
}

TEST_CASE_METHOD(fixture, "what is asked wrongly is named by its flag") {
  struct wrong {
    std::vector<std::string> before;
    std::vector<std::string> after;
    const char* flag;
  };
  const auto asked = GENERATE(
    wrong{{}, {"--seeds", "2", "--exceed", "headcount>1"}, "--exceed"},
    wrong{{}, {"--seeds", "2", "--show", "pay"}, "--show"},
    wrong{{}, {"--seeds", "0"}, "--seeds"},
    wrong{{}, {"--seeds", "2", "--out", "results"}, "--out"},
    wrong{{}, {"--seeds", "2", "--memory-limit", "1GiB"}, "--memory-limit"},
    wrong{{}, {"--show", "promotions"}, "--seeds"},
    wrong{{"sweep"}, {"--vary", "growth_rate=0:1:0.3"}, "--vary"},
    wrong{{"seek"}, {"--goal", "pay=1", "--vary", "cola=0:0.1"}, "--goal"},
    wrong{{"seek"}, {"--goal", "raises=1", "--vary", "cola=0.1:0"}, "--vary"});
  const auto result = simulate(asked.before, asked.after);
  INFO(result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Catch::Contains(asked.flag));
}

TEST_CASE_METHOD(fixture, "a sweep over a key that there is not is refused") {
  const auto result
    = simulate({"sweep"}, {"--vary", "compensation.cola=0.1,0.2"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Catch::Contains("cola"));
}

TEST_CASE_METHOD(fixture, "a benchmark of the simulation simulates") {
  const auto measured = parse(
    run({"bench", "w7", "--runs", "2", "--census",
         golden("simulation/census.csv").string(), "--config",
         golden("simulation/scenario.yaml").string(), "--output", "json"}));
  CHECK(measured.at("median").at("events") == 1'709);
  CHECK(measured.at("each").size() == 2);
}
