#include "tests/tools/scored_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace troupe::tests;

using json = nlohmann::ordered_json;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<json> lines_of(const std::string& text) {
  auto all = std::istringstream{text};
  auto lines = std::vector<json>{};
  for (auto line = std::string{}; std::getline(all, line);)
    lines.push_back(json::parse(line));
  return lines;
}

/// The ranks of the last run as `explain` has them.
std::size_t rank_of(const scored_store& store, const std::string& item) {
  return json::parse(store.answer(
    {"score", "explain", item, "--output", "json"}))["ranks"]["overall"];
}

} // namespace

TEST_CASE_METHOD(scored_store, "stability depends on the seed only") {
  score();
  const auto few = answer({"score", "stability", "--workers", "1"});
  const auto many = answer({"score", "stability", "--workers", "3"});
  CHECK(few == many);
  CHECK(few != answer({"score", "stability", "--seed", "1"}));
  CHECK(has(few, "200 draws, seed 0"));
  CHECK(has(few, "among the best 1,000"));
}

TEST_CASE_METHOD(scored_store,
                 "stability lists the top and who comes into it") {
  score();
  const auto asked
    = std::vector<std::string>{"score",    "stability", "--top",        "5",
                               "--spread", "0.5",       "--output",     "json",
                               "--seed",   "11",        "--iterations", "300"};
  const auto found = json::parse(answer(asked));
  CHECK(found["run"]["number"] == 1);
  CHECK(found["iterations"] == 300);
  CHECK(found["examined"] == 1000);
  REQUIRE(found["items"].size() == 5);
  auto steady = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& item = found["items"][i];
    CHECK(item["rank"] == i + 1);
    CHECK(item["in_top"] == true);
    CHECK(rank_of(*this, item["work_item_id"]) == i + 1);
    steady += item["top_probability"].get<double>() >= 0.9 ? 1 : 0;
  }
  CHECK(found["steady"] == steady);
  REQUIRE(!found["contenders"].empty());
  for (const auto& item : found["contenders"]) {
    CHECK(item["rank"] > 5);
    CHECK(item["top_probability"] > 0.0);
  }
  auto by_line = asked;
  by_line[7] = "jsonl";
  auto expected = std::vector<json>{};
  for (const auto* list : {"items", "contenders"})
    for (const auto& item : found[list])
      expected.push_back(item);
  CHECK(lines_of(answer(by_line)) == expected);
}

TEST_CASE_METHOD(scored_store, "without a spread every rank is certain") {
  score();
  const auto found = json::parse(
    answer({"score", "stability", "--spread", "0", "--output", "json"}));
  CHECK(found["mean_move"] == 0.0);
  CHECK(found["sensitivity"] == "low");
  CHECK(found["steady"] == 10);
  CHECK(found["contenders"].empty());
}

TEST_CASE_METHOD(scored_store,
                 "what if agrees with a scoring by these weights") {
  score();
  const auto found = json::parse(
    answer({"score", "what-if", "--weight", "business_value=0.5", "--weight",
            "strategic_alignment=0.05", "--weight", "customer_value=0.3",
            "--weight", "implementation_complexity=0.1", "--weight",
            "risk_assessment=0.05", "--output", "json", "--top", "20"}));
  folder().write("changed.yaml", "preset: agile\ncategory_weights:\n"
                                 "  business_value: 0.5\n"
                                 "  strategic_alignment: 0.05\n"
                                 "  customer_value: 0.3\n"
                                 "  implementation_complexity: 0.1\n"
                                 "  risk_assessment: 0.05\n");
  const auto example = source_dir() / "tools/examples/portfolio-1000.jsonl";
  REQUIRE(run({"score", "--items", example.string(), "--config", "changed.yaml",
               "--as-of", "2026-01-31"})
            .exit_code
          == 0);
  REQUIRE(!found["entered"].empty());
  CHECK(found["entered"].size() == found["left"].size());
  CHECK(found["moved"].size() == 20);
  for (const auto* list : {"entered", "left", "moved"})
    for (const auto& item : found[list]) {
      const auto now = json::parse(
        answer({"score", "explain", item["work_item_id"], "--output", "json"}));
      CHECK(item["rank_after"] == now["ranks"]["overall"]);
      CHECK(item["total_after"].get<double>()
            == Approx(now["total"].get<double>()).epsilon(0).margin(1e-12));
      const auto before
        = json::parse(answer({"score", "explain", item["work_item_id"], "--run",
                              "1", "--output", "json"}));
      CHECK(item["rank_before"] == before["ranks"]["overall"]);
    }
}

TEST_CASE_METHOD(scored_store, "what if shows the weights before and after") {
  score();
  const auto asked
    = std::vector<std::string>{"score",    "what-if",
                               "--weight", "business_value=0.4",
                               "--weight", "customer_value.cv_user_impact=0.5"};
  const auto text = answer(asked);
  CHECK(has(text, "  0.3000 -> 0.4000  business_value  (given)\n"));
  CHECK(has(text, "  0.3000 -> 0.2571  customer_value\n"));
  CHECK(has(text, "weights within customer_value\n"));
  CHECK(has(text, " -> 0.5000  cv_user_impact  (given)\n"));
  CHECK_FALSE(has(text, "weights within business_value"));
  CHECK(has(text, "into the top 10"));
  CHECK(has(text, "furthest moves"));
  auto as_json = asked;
  as_json.insert(as_json.end(), {"--output", "json"});
  const auto found = json::parse(answer(as_json));
  auto sum = 0.0;
  for (const auto& one : found["weights"]["criteria"])
    sum += one["after"].get<double>();
  CHECK(sum == Approx(1.0));
  CHECK(found["weights"]["categories"][0]["after"].get<double>()
        == Approx(0.4));
  auto by_line = asked;
  by_line.insert(by_line.end(), {"--output", "jsonl"});
  auto expected = std::vector<json>{};
  for (const auto* list : {"entered", "left", "moved"})
    for (const auto& item : found[list])
      expected.push_back(item);
  CHECK(lines_of(answer(by_line)) == expected);
}

TEST_CASE_METHOD(scored_store, "wrong questions about weights are refused") {
  score();
  struct question {
    std::vector<std::string> arguments;
    int exit_code;
    std::string said;
  };
  const auto questions = std::vector<question>{
    {{"what-if"}, 2, "--weight"},
    {{"what-if", "--weight", "busines_value=0.4"},
     2,
     "did you mean \"business_value\"?"},
    {{"what-if", "--weight", "business_value"}, 2, "business_value=0.4"},
    {{"what-if", "--weight", "business_value=2"}, 2, "0 to 1"},
    {{"what-if", "--weight", "business_value=0.4", "--run", "7"},
     3,
     "run \"7\""},
    {{"stability", "--run", "7"}, 3, "run \"7\""},
    {{"stability", "--spread", "1.5"}, 2, "--spread"},
    {{"stability", "--iterations", "0"}, 2, "--iterations"},
    {{"stability", "--top", "0"}, 2, "--top"},
    {{"stabilty"}, 2, "did you mean \"troupe score stability\"?"},
  };
  for (const auto& [arguments, exit_code, said] : questions) {
    auto line = arguments;
    line.insert(line.begin(), "score");
    const auto result = run(line);
    CAPTURE(line, result.err);
    CHECK(result.exit_code == exit_code);
    CHECK(result.out.empty());
    CHECK(has(result.err, said));
  }
}

TEST_CASE_METHOD(scored_store, "single items have no ranks to shake") {
  score();
  const auto example = source_dir() / "tools/examples/portfolio-1000.jsonl";
  REQUIRE(run({"score", "--items", example.string(), "--preset", "agile",
               "--mode", "real_time", "--ids", "1000"})
            .exit_code
          == 0);
  const auto result = run({"score", "stability", "--run", "2"});
  CHECK(result.exit_code == 2);
  CHECK(has(result.err, "in real time"));
}
