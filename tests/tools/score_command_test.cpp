#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <regex>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::tests;

namespace {

const auto example = source_dir() / "tools/examples/portfolio-1000.jsonl";

class fixture {
public:
  [[nodiscard]] program_result run(std::vector<std::string> arguments) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    return run_program(asked);
  }

  temporary_folder folder;
};

/// Speed and identity differ from run to run.
std::string without_chance(const std::string& text) {
  static const auto speed
    = std::regex{"items in [0-9.]+ s \\([0-9,]+ items/s\\)"};
  return std::regex_replace(text, speed, "items in S s (N items/s)");
}

std::vector<std::string> keys_of(const nlohmann::ordered_json& object) {
  auto keys = std::vector<std::string>{};
  for (const auto& [key, value] : object.items())
    keys.push_back(key);
  return keys;
}

} // namespace

TEST_CASE_METHOD(fixture, "the example portfolio can be made again") {
  const auto made = run({"generate", "portfolio", "--items", "1000", "--seed",
                         "2026", "--out", "made.jsonl"});
  REQUIRE(made.exit_code == 0);
  CHECK(made.out.empty());
  CHECK(read_file(folder / "made.jsonl") == read_file(example));
}

TEST_CASE_METHOD(fixture,
                 "a thousand items are reported as in the transcript") {
  const auto result = run({"score", "--items", example.string(), "--no-store",
                           "--as-of", "2026-01-01", "--top", "5"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(without_chance(result.out)
        == read_file(golden("score_example_transcript.txt")));
}

TEST_CASE_METHOD(fixture, "all presets score the example, with any workers") {
  for (const auto* preset : {"default", "agile", "enterprise", "startup"}) {
    CAPTURE(preset);
    const auto few = run({"score", "--items", example.string(), "--no-store",
                          "--preset", preset, "--workers", "1"});
    const auto many
      = run({"score", "--items", example.string(), "--no-store", "--preset",
             preset, "--workers", "3", "--batch-size", "97"});
    CHECK(few.exit_code == 0);
    CHECK(without_chance(few.out) == without_chance(many.out));
  }
}

TEST_CASE_METHOD(fixture, "JSON results have a stable form") {
  const auto result = run({"score", "--items", example.string(), "--output",
                           "json", "--store", "store.db", "--top", "3"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto json = nlohmann::ordered_json::parse(result.out);
  CHECK(keys_of(json)
        == std::vector<std::string>{"run", "items", "rescored", "seconds",
                                    "store", "top", "left_out", "warnings",
                                    "summary"});
  CHECK(json["items"] == 1000);
  CHECK(json["store"] == "store.db");
  REQUIRE(json["top"].size() == 3);
  CHECK(keys_of(json["top"][0])
        == std::vector<std::string>{"rank", "work_item_id", "title", "total",
                                    "reasons"});
  CHECK(json["summary"].contains("scoring_quality"));
}

TEST_CASE_METHOD(fixture, "items come from standard input as well") {
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.input = read_file(example);
  asked.arguments = {"score", "--items",    "-",        "--format",
                     "jsonl", "--no-store", "--scores", "piped.csv"};
  CHECK(run_program(asked).exit_code == 0);
  CHECK(run({"score", "--items", example.string(), "--no-store", "--scores",
             "named.csv"})
          .exit_code
        == 0);
  CHECK(read_file(folder / "piped.csv") == read_file(folder / "named.csv"));
}

TEST_CASE_METHOD(fixture, "the W4 items are made as a table") {
  const auto result = run({"generate", "w4", "--items", "2"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.starts_with("id,c01,c02,"));
  CHECK(result.out.find("\n1,") != std::string::npos);
  CHECK(result.out.ends_with("\n"));
}
