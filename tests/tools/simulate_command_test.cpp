#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::tests;

namespace {

class fixture {
public:
  /// Over the golden census and scenario, with more arguments.
  [[nodiscard]] program_result
  simulate(const std::vector<std::string>& more) const {
    auto arguments = std::vector<std::string>{
      "simulate", "--census", golden("simulation/census.csv").string(),
      "--config", golden("simulation/scenario.yaml").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  [[nodiscard]] program_result run(std::vector<std::string> arguments) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    return run_program(asked);
  }

  [[nodiscard]] std::vector<std::string> files() const {
    auto names = std::vector<std::string>{};
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{folder.path()})
      names.push_back(entry.path().filename().string());
    return names;
  }

  temporary_folder folder;
};

} // namespace

TEST_CASE_METHOD(fixture, "troupe simulate writes the reference, to the byte") {
  const auto result = simulate({"--out", "results"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  for (const auto* name : {"years.json", "events.csv", "snapshots.csv"}) {
    CAPTURE(name);
    CHECK(read_file(folder / "results" / name)
          == read_file(golden(std::string{"simulation/"} + name)));
  }
  const auto run
    = nlohmann::json::parse(read_file(folder / "results" / "run.json"));
  CHECK(run.at("seed") == 42);
  CHECK(run.at("people") == 200);
  CHECK(run.at("configuration_digest").get<std::string>().size() == 16);
}

TEST_CASE_METHOD(fixture, "a limit of memory changes nothing but where people "
                          "are") {
  const auto result = simulate(
    {"--out", "results", "--memory-limit", "20KiB", "--batch-size", "32"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  for (const auto* name : {"years.json", "events.csv", "snapshots.csv"}) {
    CAPTURE(name);
    const auto is_equal
      = read_file(folder / "results" / name)
        == read_file(golden(std::string{"simulation/"} + name));
    CHECK(is_equal);
  }
  const auto run
    = nlohmann::json::parse(read_file(folder / "results" / "run.json"));
  CHECK(run.at("blocks_spilled") > 0);
}

TEST_CASE_METHOD(fixture, "a limit of memory that cannot be kept says what is "
                          "needed") {
  const auto stored = GENERATE(true, false);
  auto arguments = std::vector<std::string>{"--memory-limit", "1KiB"};
  if (!stored)
    arguments.emplace_back("--no-store");
  const auto result = simulate(arguments);
  CHECK(result.exit_code == 6);
  CHECK_THAT(result.err, Catch::Contains("2025 takes ")
                           && Catch::Contains("KiB of memory at least"));
  const auto misspelt = simulate({"--memory-limit", "many"});
  CHECK(misspelt.exit_code == 2);
  CHECK_THAT(misspelt.err, Catch::Contains("--memory-limit"));
  const auto resumed
    = run({"simulate", "--resume", "last", "--memory-limit", "many"});
  CHECK(resumed.exit_code == 2);
  CHECK_THAT(resumed.err, Catch::Contains("--memory-limit"));
}

TEST_CASE_METHOD(fixture, "who goes on with a run cannot name other people") {
  const auto result = simulate({"--resume", "last"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err,
             Catch::Contains("--resume") && Catch::Contains("--census"));
}

TEST_CASE_METHOD(fixture,
                 "another seed has other people, the same headcounts") {
  const auto one = simulate({"--output", "json"});
  const auto other = simulate({"--output", "json", "--seed", "43"});
  REQUIRE(one.exit_code == 0);
  REQUIRE(other.exit_code == 0);
  const auto ours = nlohmann::json::parse(one.out).at("years");
  const auto theirs = nlohmann::json::parse(other.out).at("years");
  REQUIRE(ours.size() == 5);
  REQUIRE(theirs.size() == 5);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    CHECK(ours[i]["end_headcount"] == theirs[i]["end_headcount"]);
    CHECK(ours[i]["terminated_key_sum"] != theirs[i]["terminated_key_sum"]);
  }
}

TEST_CASE_METHOD(fixture, "the years of a simulation are a table with bars") {
  const auto result = simulate({});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(result.out.starts_with("year "));
  CHECK(result.out.find("\n2025 ") != std::string::npos);
  CHECK(result.out.find("  2029  ##############################  234\n")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "what a flag says wins over the scenario") {
  const auto result = simulate({"--output", "jsonl", "--end-year", "2026",
                                "--set", "workforce.total_termination_rate=0",
                                "--set", "target_growth_rate=0"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const auto first
    = nlohmann::json::parse(result.out.substr(0, result.out.find('\n')));
  CHECK(first.at("terminations") == 0);
  CHECK(first.at("hires") == 0);
  CHECK(first.at("end_headcount") == 200);
  CHECK(std::ranges::count(result.out, '\n') == 2);
}

TEST_CASE_METHOD(fixture, "what a simulation starts from can be looked at") {
  const auto result = simulate({"--foundation-only", "--out", "results"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.out.starts_with("scenario scenario, digest "));
  CHECK(result.out.find("\n200 people of 200 rows; left out: 0 bad, 0 "
                        "duplicates, 0 who are no staff\n")
        != std::string::npos);
  CHECK(files().empty());
}

TEST_CASE_METHOD(fixture, "a year may have rates of its own") {
  const auto plain = simulate({"--output", "json"});
  const auto other
    = simulate({"--output", "json", "--set", "growth_by_year={2027: 0.1}",
                "--set", "compensation.cola_by_year={2026: 0.05}"});
  CAPTURE(other.err);
  REQUIRE(other.exit_code == 0);
  const auto ours = nlohmann::json::parse(plain.out).at("years");
  const auto theirs = nlohmann::json::parse(other.out).at("years");
  CHECK(ours[0] == theirs[0]);
  CHECK(ours[1]["end_headcount"] == theirs[1]["end_headcount"]);
  CHECK(ours[1]["end_payroll_cents"] < theirs[1]["end_payroll_cents"]);
  CHECK(ours[2]["hires"] < theirs[2]["hires"]);
}

TEST_CASE_METHOD(fixture, "a bad simulation leaves nothing behind") {
  const auto [arguments, key]
    = GENERATE(table<std::vector<std::string>, std::string>(
      {{{"--scenario", "other"}, "--scenario"},
       {{"--set", "nothing"}, "--set"},
       {{"--set", "compensation.cola=1"}, "cola"},
       {{"--set", "workforce.new_hire_termination_rate=1"}, "new_hire"}}));
  auto more = arguments;
  more.insert(more.end(), {"--out", "results"});
  const auto result = simulate(more);
  CAPTURE(key);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(result.err.find(key) != std::string::npos);
  CHECK(result.err.find("hint:") != std::string::npos);
  for (const auto& name : files())
    CHECK(name == "results");
}
