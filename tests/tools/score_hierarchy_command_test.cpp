#include "tests/tools/scored_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe::tests;

using json = nlohmann::ordered_json;

namespace {

/// An epic with a feature and two stories; odd ones beside it.
constexpr auto items
  = R"({"work_item_id":"low","work_item_type":"User Story","parent_id":"F","state":"Closed","story_points":3,"business_value_raw":10,"risk_score":20}
{"work_item_id":"E","work_item_type":"Epic","title":"All of it","business_value_raw":50}
{"work_item_id":"F","work_item_type":"Feature","parent_id":"E","story_points":1,"business_value_raw":40}
{"work_item_id":"high","work_item_type":"User Story","parent_id":"F","story_points":4,"business_value_raw":90,"complexity_score":8}
{"work_item_id":"stray","parent_id":"nowhere","business_value_raw":1}
{"work_item_id":"odd","work_item_type":"Feature","parent_id":"low","business_value_raw":2}
{"work_item_id":"one","parent_id":"two","business_value_raw":3}
{"work_item_id":"two","parent_id":"one","business_value_raw":4}
)";

class hierarchy_store : public scored_store {
public:
  hierarchy_store() {
    folder().write("items.jsonl", items);
    score("items.jsonl");
  }

  /// The rows as JSON lines.
  [[nodiscard]] std::vector<json> rows(std::vector<std::string> more) const {
    more.insert(more.begin(), {"score", "hierarchy", "--output", "jsonl"});
    auto lines = std::istringstream{run(more).out};
    auto all = std::vector<json>{};
    for (auto line = std::string{}; std::getline(lines, line);)
      all.push_back(json::parse(line));
    return all;
  }

  [[nodiscard]] std::string ids(std::vector<std::string> more) const {
    auto text = std::string{};
    for (const auto& row : rows(std::move(more)))
      text
        += (text.empty() ? "" : " ") + row["work_item_id"].get<std::string>();
    return text;
  }
};

std::size_t count_of(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE_METHOD(hierarchy_store, "a tree sums what is below") {
  const auto all = rows({});
  REQUIRE(all.size() == 8);
  const auto& epic = all[0];
  CHECK(epic["work_item_id"] == "E");
  CHECK(epic["parent_id"].is_null());
  CHECK(epic["title"] == "All of it");
  CHECK(epic["type"] == "Epic");
  CHECK(epic["depth"] == 0);
  CHECK(epic["descendants"] == 4);
  CHECK(epic["story_points"] == 8.0);
  CHECK(epic["completed"] == 3.0);
  CHECK(epic["completion_percent"] == 37.5);
  CHECK(epic["mean_risk"] == 20.0);
  CHECK(epic["mean_complexity"] == 8.0);
  CHECK(all[1]["parent_id"] == "E");
  CHECK(all[1]["mean_complexity"] == 8.0);
  CHECK(all[2]["mean_risk"].is_null());
}

TEST_CASE_METHOD(hierarchy_store, "siblings go by score or by the source") {
  CHECK(ids({}) == "E F high low odd one two stray");
  CHECK(ids({"--order", "source"}) == "E F low odd high stray one two");
}

TEST_CASE_METHOD(hierarchy_store, "depth, limit and an item cut the tree") {
  CHECK(ids({"--depth", "1"}) == "E F one two stray");
  CHECK(ids({"--limit", "2"}) == "E F");
  CHECK(ids({"F"}) == "F high low odd");
  CHECK(ids({"F", "--depth", "0"}) == "F");
  const auto text = run({"score", "hierarchy", "--limit", "3"}).out;
  CHECK(has(text, "  E (Epic)  All of it\n"));
  CHECK(has(text, "    F (Feature)"));
  CHECK(has(text, "\n5 more; see --limit"));
}

TEST_CASE_METHOD(hierarchy_store, "odd parents are warnings, not errors") {
  for (const auto* output : {"text", "json", "jsonl"}) {
    const auto result = run({"score", "hierarchy", "--output", output});
    CAPTURE(output, result.err);
    CHECK(result.exit_code == 0);
    CHECK(count_of(result.err, '\n') == 3);
    CHECK(has(result.err, "warning: item \"stray\" has the unknown parent "
                          "\"nowhere\"\n"));
    CHECK(has(result.err, "warning: Feature \"odd\" is below User Story "
                          "\"low\"\n"));
    CHECK(has(result.err, "warning: items are their own ancestors: \"one\" "
                          "below \"two\" below \"one\"\n"));
  }
  const auto object = json::parse(
    run({"score", "hierarchy", "--output", "json", "--limit", "6"}).out);
  CHECK(object["run"]["number"] == 1);
  CHECK(object["left_out"] == 2);
  CHECK(count_of(run({"score", "hierarchy", "--output", "json"}).out, '\n')
        == 1);
  CHECK(object["items"].size() == 6);
  REQUIRE(object["warnings"].size() == 3);
  CHECK(object["warnings"][2]["kind"] == "cycle");
  CHECK(object["warnings"][2]["items"] == json{"one", "two"});
  CHECK(object["items"] == json(rows({"--limit", "6"})));
}

TEST_CASE_METHOD(hierarchy_store, "the rows can be had as a table") {
  const auto written = run({"score", "hierarchy", "--csv", "tree.csv"});
  CHECK(written.exit_code == 0);
  CHECK(written.out.empty());
  const auto table = read_file(folder() / "tree.csv");
  CHECK(count_of(table, '\n') == 9);
  CHECK(table.starts_with("work_item_id,parent_id,depth,title,type,state,"
                          "overall_rank,total_score,descendants,"));
  CHECK(has(table, "\nE,,0,All of it,Epic,,"));
  CHECK(has(table, ",4,8.0,3.0,0.0,37.5,20.0,8.0\nF,E,1,,Feature,,"));
  CHECK(run({"score", "hierarchy", "--csv", "-"}).out == table);
  CHECK(run({"score", "hierarchy", "--csv", "none/tree.csv"}).exit_code == 3);
}

TEST_CASE_METHOD(hierarchy_store, "an unknown item or run is not found") {
  const auto item = run({"score", "hierarchy", "hihg"});
  CHECK(item.exit_code == 3);
  CHECK(item.out.empty());
  CHECK(has(item.err, "did you mean \"high\"?"));
  CHECK(run({"score", "hierarchy", "--run", "7"}).exit_code == 3);
}

TEST_CASE_METHOD(scored_store, "the example's hierarchy is a sound one") {
  score();
  const auto text = answer({"score", "hierarchy"});
  CHECK(count_of(text, '\n') == 3 + 50 + 2);
  const auto object
    = json::parse(answer({"score", "hierarchy", "--output", "json"}));
  CHECK(object["items"].size() == 1000);
  CHECK(object["warnings"].empty());
}
