#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/value_rules.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/actors/scoring/item_readings.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace troupe::scoring {

namespace {

using nlohmann::json;
using tests::bits;
using tests::first_problem;
using tests::golden_lines;
using tests::golden_plan;
using tests::plan_of;
using tests::rows_of;
using tests::text_at;

} // namespace

TEST_CASE("CSV columns are found by their sources") {
  auto options = item_reader_options{};
  options.format = item_format::csv;
  auto plan = plan_of({"points", "custom_fields.x", "/y"});
  plan.fields["work_item_id"] = "key";
  const auto reading = read_items(plan, options,
                                  "\xEF\xBB\xBFignored,key,x,points,y,title\n"
                                  "z,A-1,2,1.5,,\"one, two\"\n"
                                  "z,A-2,, 1_000 ,many,\"two\nlines\"\r\n"
                                  "z,A-3,3,inf,-0,\n");
  REQUIRE(reading);
  const auto& batch = reading->batch;
  REQUIRE(batch.rows == 3);
  CHECK(batch.values[0][0] == 1.5);
  CHECK(batch.values[0][1] == 1000.0);
  CHECK(std::isnan(batch.values[0][2]));
  CHECK(batch.values[1][0] == 2.0);
  CHECK(std::isnan(batch.values[1][1]));
  CHECK(std::isnan(batch.values[2][0]));
  CHECK(std::isnan(batch.values[2][1]));
  CHECK(batch.values[2][2] == 0.0);
  CHECK(text_at(batch.titles, 0) == "one, two");
  CHECK(reading->lines == std::vector<std::size_t>{2, 3, 5});
}

TEST_CASE("the golden items read the same from CSV and JSONL") {
  const auto plan = golden_plan(rule_set::standard);
  auto text = std::string{"work_item_id,title"};
  for (const auto& planned : plan.criteria)
    text += "," + planned.definition.source;
  text += "\n";
  for (const auto& line : golden_lines()) {
    const auto item = json::parse(line);
    text += item["work_item_id"].dump() + "," + item["title"].dump();
    for (const auto& planned : plan.criteria) {
      const auto& source = planned.definition.source;
      const auto dot = source.find('.');
      const auto raw
        = dot == std::string::npos
            ? item.value(source, json{})
            : item["custom_fields"].value(source.substr(dot + 1), json{});
      text += ",";
      if (raw.is_boolean())
        text += raw.get<bool>() ? "1" : "0";
      else if (!raw.is_null())
        text += raw.dump();
    }
    text += "\n";
  }
  auto options = item_reader_options{};
  options.format = item_format::csv;
  const auto from_csv = read_items(plan, options, text);
  REQUIRE(from_csv);
  const auto from_jsonl
    = read_items(plan, {}, tests::read_golden_text("items.jsonl"));
  REQUIRE(from_csv->batch.rows == from_jsonl->batch.rows);
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    CHECK(bits(from_csv->batch.values[j]) == bits(from_jsonl->batch.values[j]));
}

TEST_CASE("a CSV header that cannot serve is refused") {
  auto options = item_reader_options{};
  options.format = item_format::csv;
  const auto key_of = [&](const scoring_plan& plan, const std::string& header) {
    const auto reason = first_problem(plan, header + "\n1,2\n", options);
    CHECK(reason.line == 1);
    return reason.key;
  };
  CHECK(key_of(plan_of({"a"}), "a,b") == "work_item_id");
  CHECK(key_of(plan_of({"a"}), "work_item_id,b") == "a");
  CHECK(key_of(plan_of({"a"}), "work_item_id,work_item_id") == "work_item_id");
  auto strict = plan_of({"a", "b"});
  strict.criteria[1].definition.missing = missing_policy::error;
  CHECK(key_of(strict, "work_item_id,a") == "b");
  CHECK_FALSE(read_items(plan_of({"a"}), options, ""));
}

TEST_CASE("a ragged CSV row is refused, or left out alone") {
  const auto plan = plan_of({"a"});
  const auto text
    = std::string{"work_item_id,a\n1,1\n\"2\n\",2,3\n4,4\n5\n6,6\n"};
  auto options = item_reader_options{};
  options.format = item_format::csv;
  CHECK(first_problem(plan, text, options).line == 3);
  options.on_bad_item = bad_item::isolate;
  const auto reading = read_items(plan, options, text);
  REQUIRE(reading);
  CHECK(reading->batch.values[0] == std::vector<double>{1.0, 4.0, 6.0});
  CHECK(reading->lines == std::vector<std::size_t>{2, 5, 7});
  REQUIRE(reading->rejected.size() == 2);
  CHECK(reading->rejected[0].reason.line == 3);
  CHECK(reading->rejected[1].reason.line == 6);
}

TEST_CASE("any cut of a CSV file into chunks gives the same rows") {
  auto lines = std::vector<std::string>{};
  for (auto i = 0; i < 200; ++i)
    lines.push_back(
      std::to_string(i) + "," + std::to_string(i * 0.37)
      + (i % 7 == 0 ? ",\"q\"\"" + std::to_string(i) + "\"\n" : ",t\n"));
  lines[50] = "50,x\n";
  auto options = item_reader_options{};
  options.format = item_format::csv;
  options.on_bad_item = bad_item::isolate;
  options.csv_header = "work_item_id,a,title\n";
  const auto reader = item_reader::create(plan_of({"a"}), options);
  REQUIRE(reader);
  const auto read = [&](std::size_t begin, std::size_t end) {
    auto text = std::string{};
    for (auto i = begin; i < end; ++i)
      text += lines[i];
    return reader->read(text, begin + 2).value();
  };
  const auto whole = read(0, lines.size());
  CHECK(whole.batch.rows == 199);
  REQUIRE(whole.rejected.size() == 1);
  auto random = std::mt19937{3};
  for (auto round = 0; round < 20; ++round) {
    auto rows = std::vector<std::string>{};
    auto rejected = std::vector<rejected_item>{};
    for (std::size_t begin = 0; begin < lines.size();) {
      const auto end = std::min(begin + 1 + random() % 70, lines.size());
      const auto part = read(begin, end);
      const auto more = rows_of(part);
      rows.insert(rows.end(), more.begin(), more.end());
      for (const auto& one : part.rejected)
        rejected.push_back(one);
      begin = end;
    }
    CHECK(rows == rows_of(whole));
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].reason.line == whole.rejected[0].reason.line);
  }
}

TEST_CASE("real Jira issues are scored by configuration alone") {
  const auto folder = tests::shared_data();
  if (folder.empty()) {
    WARN("no shared data beside the checkout");
    return;
  }
  const auto configuration = read_configuration(
    (tests::source_dir() / "tools/examples/jira.yaml").string());
  if (!configuration)
    FAIL(runtime::render(configuration.error()));
  const auto plan = compile(*configuration);
  REQUIRE(plan);
  auto options = item_reader_options{};
  options.format = item_format::csv;
  options.as_of = parse_instant("2022-02-01T00:00:00Z");
  const auto reading = read_items(
    *plan, options,
    tests::read_file(folder / "work_items/tracked/jira_estimates.csv"));
  if (!reading)
    FAIL(runtime::render(reading.error()));
  const auto& batch = reading->batch;
  CHECK(batch.rows == 1'670);
  CHECK(text_at(batch.ids, 0) == "Spring-46541");
  const auto known = [&](std::string_view id) {
    for (std::size_t j = 0; j < plan->criteria.size(); ++j)
      if (plan->criteria[j].definition.id == id)
        return std::count_if(batch.values[j].begin(), batch.values[j].end(),
                             [](double v) { return !std::isnan(v); });
    return std::ptrdiff_t{-1};
  };
  CHECK(known("d_priority") == 1'670 - 294);
  CHECK(known("d_votes") == 1'670 - 1'513);
  CHECK(known("u_age") == 1'670);
  CHECK(known("u_due") == 1'670 - 1'567);
  CHECK(known("effort_estimate") == 1'670);
  auto youngest = 1e9;
  for (auto age : batch.values[3])
    youngest = std::min(youngest, age);
  CHECK(youngest > 0.0);
}

TEST_CASE("plain numbers read the same with and without a detour") {
  const auto plan = plan_of({"a", "b"});
  auto random = std::mt19937_64{7};
  for (int round = 0; round < 50; ++round) {
    auto plain = std::string{"work_item_id,b,a\n"};
    // A column of titles keeps the reader from the short way.
    auto titled = std::string{"work_item_id,b,a,title\n"};
    const auto rows = 1 + random() % 40;
    for (std::size_t row = 0; row < rows; ++row) {
      auto line = std::to_string(row) + ",";
      for (int column = 0; column < 2; ++column) {
        static constexpr auto words
          = std::to_array<std::string_view>({"", "-0", "nan", "-nan", "1e3"});
        const auto pick = random() % 10;
        line += pick < words.size() ? std::string{words[pick]}
                                    : std::to_string(random() % 100000) + ".25";
        if (round % 10 == 0 && pick == 9)
          line += "x";
        if (round % 10 == 5 && pick == 9)
          line = line.substr(0, line.rfind(',') + 1) + "inf";
        line += column == 0 ? "," : "";
      }
      plain += line + "\n";
      titled += line + ",\n";
    }
    auto options = item_reader_options{};
    options.format = item_format::csv;
    options.hierarchy = hierarchy_columns::fill;
    const auto one = read_items(plan, options, plain);
    const auto other = read_items(plan, options, titled);
    REQUIRE(one);
    REQUIRE(other);
    REQUIRE(one->batch.rows == rows);
    CHECK(one->batch.ids.characters == other->batch.ids.characters);
    CHECK(one->batch.digests == other->batch.digests);
    CHECK(one->batch.types == other->batch.types);
    CHECK(one->batch.titles.size() == rows);
    CHECK(one->lines == other->lines);
    for (std::size_t j = 0; j < 2; ++j)
      CHECK(bits(one->batch.values[j]) == bits(other->batch.values[j]));
  }
}

} // namespace troupe::scoring
