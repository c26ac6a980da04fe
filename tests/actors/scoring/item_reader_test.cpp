#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/value_rules.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/actors/scoring/item_readings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

namespace troupe::scoring {

namespace {

using nlohmann::json;
using tests::first_problem;
using tests::golden_lines;
using tests::golden_plan;
using tests::plan_of;
using tests::rows_of;
using tests::text_at;

/// The compat rules as the specification puts them, on a parsed item.
double reference_value(const json& item, const criterion& definition,
                       dotted_sources dotted) {
  auto raw = json{};
  const auto dot = definition.source.find('.');
  if (dot == std::string::npos)
    raw = item.value(definition.source, json{});
  else if (dotted == dotted_sources::resolved && item.contains("custom_fields"))
    raw
      = item["custom_fields"].value(definition.source.substr(dot + 1), json{});
  if (raw.is_string() && definition.mapping) {
    const auto found = definition.mapping->find(raw.get<std::string>());
    return found == definition.mapping->end() ? 0.0 : found->second;
  }
  if (raw.is_boolean())
    return raw.get<bool>() ? 1.0 : 0.0;
  if (raw.is_number())
    return raw.get<double>();
  if (raw.is_string())
    return parse_python_float(raw.get<std::string>()).value_or(0.0);
  return 0.0;
}

} // namespace

TEST_CASE("the golden items have the values of the compat rules") {
  const auto dotted
    = GENERATE(dotted_sources::resolved, dotted_sources::shipped);
  const auto plan = golden_plan(rule_set::compat, dotted);
  const auto reading
    = read_items(plan, {}, tests::read_golden_text("items.jsonl"));
  REQUIRE(reading);
  const auto lines = golden_lines();
  REQUIRE(reading->batch.rows == lines.size());
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const auto item = json::parse(lines[row]);
    CHECK(text_at(reading->batch.ids, row)
          == std::to_string(item["work_item_id"].get<int>()));
    CHECK(text_at(reading->batch.titles, row) == item["title"]);
    CHECK(reading->lines[row] == row + 1);
    for (std::size_t j = 0; j < plan.criteria.size(); ++j)
      CHECK(reading->batch.values[j][row]
            == reference_value(item, plan.criteria[j].definition, dotted));
    CHECK((reading->batch.has_financials[row] != 0)
          == item.contains("financial"));
  }
}

TEST_CASE("the golden items lead to the golden criteria and figures") {
  const auto plan = golden_plan(rule_set::compat);
  const auto reading
    = read_items(plan, {}, tests::read_golden_text("items.jsonl"));
  REQUIRE(reading);
  const auto items = view(reading->batch);
  const auto scales
    = make_scales(plan, measure(plan, items),
                  std::vector<std::vector<double>>(plan.criteria.size()));
  const auto scored = score_reference(plan, scales, items, keep::values);
  const auto expected
    = tests::read_golden_table("expected_resolved/criteria.csv");
  REQUIRE(expected.size() == items.rows);
  for (std::size_t row = 0; row < items.rows; ++row)
    for (std::size_t j = 0; j < plan.criteria.size(); ++j)
      CHECK(tests::is_near(
        scored.values[j][row],
        tests::to_figure(expected[row].at(plan.criteria[j].definition.id))));
  const auto money = tests::read_golden_table("expected_financial.csv");
  auto at = std::size_t{0};
  for (std::size_t row = 0; row < items.rows; ++row) {
    if (items.has_financials[row] == 0)
      continue;
    REQUIRE(at < money.size());
    CHECK(money[at].at("work_item_id") == text_at(reading->batch.ids, row));
    for (auto figure : {financial_figure::npv, financial_figure::payback_years,
                        financial_figure::combined_financial_score})
      CHECK(tests::is_near(
        items.financials[static_cast<std::size_t>(figure)][row],
        tests::to_figure(money[at].at(std::string{to_string(figure)}))));
    ++at;
  }
  CHECK(at == money.size());
}

TEST_CASE("any cut of a JSONL file into chunks gives the same rows") {
  const auto plan = golden_plan(rule_set::standard);
  auto lines = golden_lines();
  lines.insert(lines.begin() + 7, "");
  lines.insert(lines.begin() + 9, "{\"work_item_id\": tru}");
  auto options = item_reader_options{};
  options.on_bad_item = bad_item::isolate;
  options.hierarchy = hierarchy_columns::fill;
  const auto reader = item_reader::create(plan, options);
  REQUIRE(reader);
  const auto join = [&](std::size_t begin, std::size_t end) {
    auto text = std::string{};
    for (auto i = begin; i < end; ++i)
      text += lines[i] + (i % 3 == 0 ? "\r\n" : "\n");
    return text;
  };
  const auto whole = reader->read(join(0, lines.size()), 1);
  REQUIRE(whole);
  REQUIRE(whole->batch.rows == 500);
  REQUIRE(whole->rejected.size() == 1);
  CHECK(whole->rejected.front().reason.line == 10);
  auto random = std::mt19937{7};
  for (auto round = 0; round < 20; ++round) {
    auto rows = std::vector<std::string>{};
    auto rejected = std::vector<rejected_item>{};
    for (std::size_t begin = 0; begin < lines.size();) {
      const auto end = std::min(begin + 1 + random() % 120, lines.size());
      const auto part = reader->read(join(begin, end), begin + 1);
      REQUIRE(part);
      const auto more = rows_of(*part);
      rows.insert(rows.end(), more.begin(), more.end());
      rejected.insert(rejected.end(), part->rejected.begin(),
                      part->rejected.end());
      begin = end;
    }
    CHECK(rows == rows_of(*whole));
    CHECK(rejected == whole->rejected);
  }
}

TEST_CASE("one reader serves several threads at once") {
  const auto plan = golden_plan(rule_set::standard);
  const auto reader = item_reader::create(plan, {});
  REQUIRE(reader);
  const auto text = tests::read_golden_text("items.jsonl");
  auto found = std::vector<std::vector<std::string>>(4);
  auto threads = std::vector<std::thread>{};
  for (auto& rows : found)
    threads.emplace_back(
      [&] { rows = rows_of(reader->read(text, 1).value()); });
  for (auto& thread : threads)
    thread.join();
  for (const auto& rows : found)
    CHECK(rows == found.front());
  CHECK(found.front().size() == 500);
}

TEST_CASE("the digest of an item depends on its scores' inputs only") {
  const auto plan = golden_plan(rule_set::standard);
  const auto digest_of = [&](const std::string& line) {
    return read_items(plan, {}, line).value().batch.digests.front();
  };
  const auto base = digest_of(
    R"({"work_item_id":1,"title":"a","risk_score":5,"financial":{"initial_investment":10,"expected_revenue":[20]}})");
  CHECK(
    base
    == digest_of(
      R"({"financial":{"expected_revenue":[20.0],"initial_investment":1e1},"extra":[1],"risk_score":"5","title":"b","work_item_id":2})"));
  for (
    const auto* other :
    {R"({"work_item_id":1,"risk_score":6,"financial":{"initial_investment":10,"expected_revenue":[20]}})",
     R"({"work_item_id":1,"risk_score":5,"financial":{"initial_investment":11,"expected_revenue":[20]}})",
     R"({"work_item_id":1,"risk_score":5})",
     R"({"work_item_id":1,"story_points":5,"financial":{"initial_investment":10,"expected_revenue":[20]}})"})
    CHECK(base != digest_of(other));
}

TEST_CASE("sources reach into nested objects and lists") {
  const auto plan = plan_of({"a", "custom_fields.x", "/deep/er/0/v",
                             "length(l)", "/with.dot", "custom_fields"});
  const auto reading = read_items(
    plan, {},
    R"({"l":[1,[2,{"a":9}],3],"deep":{"a":7,"er":[{"v":4},{"v":5}]},"with.dot":6,"custom_fields":{"a":8,"x":2},"\u0061":1,"work_item_id":"k"})");
  REQUIRE(reading);
  const auto& values = reading->batch.values;
  CHECK(values[0][0] == 1.0);
  CHECK(values[1][0] == 2.0);
  CHECK(values[2][0] == 4.0);
  CHECK(values[3][0] == 3.0);
  CHECK(values[4][0] == 6.0);
  CHECK(std::isnan(values[5][0]));
}

TEST_CASE("an id is a number or a text, and joined where it must be") {
  auto plan = plan_of({"a"});
  const auto id_of = [&](const std::string& id) {
    const auto reading = read_items(plan, {}, "{\"work_item_id\":" + id + "}");
    return reading ? std::string{text_at(reading->batch.ids, 0)}
                   : "refused: " + reading.error().message;
  };
  CHECK(id_of("1000") == "1000");
  CHECK(id_of("-5 ") == "-5");
  CHECK(id_of("1000.0") == "1000");
  CHECK(id_of("18446744073709551615") == "18446744073709551615");
  CHECK(id_of("\"APP-1\"") == "APP-1");
  for (const auto* bad :
       {"true", "[1]", "{}", "1.5", "null", "\"\"", "\"a\\u0000b\"", "1e300"}) {
    CAPTURE(bad);
    CHECK(id_of(bad).starts_with("refused"));
  }
  CHECK(id_of("\"" + std::string(513, 'x') + "\"").starts_with("refused"));
  plan.fields["work_item_id"] = "join(project, number)";
  const auto joined
    = read_items(plan, {}, R"({"project":"APP","number":7})").value();
  CHECK(text_at(joined.batch.ids, 0) == "APP-7");
  CHECK_FALSE(read_items(plan, {}, R"({"project":"APP"})"));
}

TEST_CASE("a bad line is refused with its line, key and reason") {
  const auto plan = golden_plan(rule_set::standard);
  const auto problem_of = [&](const std::string& line) {
    auto reason = first_problem(plan, "{\"work_item_id\":1}\n\n" + line);
    CHECK(reason.line == 3);
    CHECK_FALSE(reason.message.empty());
    CHECK_FALSE(reason.hint.empty());
    return reason.key;
  };
  const auto id = std::string{"\"work_item_id\":2"};
  CHECK(problem_of("{" + id).empty());
  CHECK(problem_of("{" + id + ",\"risk_score\":").empty());
  CHECK(problem_of("{" + id + ",\"title\":\"abc}").empty());
  CHECK(problem_of("{" + id + "} {}").empty());
  CHECK(problem_of("[1]").empty());
  CHECK(problem_of("5").empty());
  CHECK(problem_of("{" + id + ",\"title\":\"\xFF\xFE\"}").empty());
  CHECK(problem_of(std::string{"{\"work_item_id\":\"\0\"}", 20}).empty());
  CHECK(problem_of("{" + id + ",\"risk_score\":NaN}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"risk_score\":01}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"risk_score\":-00.5}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"risk_score\":1.}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"risk_score\":+1}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"title\":5}") == "title");
  CHECK(problem_of("{\"title\":\"x\"}") == "work_item_id");
  CHECK(problem_of("{" + id + ",\"work_item_type\":\"epic\"}")
        == "work_item_type");
  CHECK(problem_of("{" + id + ",\"state\":3}") == "state");
  CHECK(problem_of("{" + id + ",\"financial\":5}") == "financial");
  CHECK(problem_of("{" + id + ",\"financial\":{\"discount_rate\":2}}")
        == "financial.discount_rate");
  CHECK(problem_of("{" + id + ",\"financial\":{\"risk_level\":\"huge\"}}")
        == "financial.risk_level");
  CHECK(problem_of("{" + id + ",\"financial\":{\"expected_revenue\":5}}")
        == "financial.expected_revenue");
  CHECK(
    problem_of("{" + id + ",\"financial\":{\"expected_revenue\":[1,\"x\"]}}")
    == "financial.expected_revenue[1]");
}

TEST_CASE("a line above the bound is refused") {
  auto options = item_reader_options{};
  options.record_bytes_max = 40;
  const auto reason = first_problem(
    plan_of({"a"}),
    "{\"work_item_id\":1}\n{\"work_item_id\":2,\"title\":\"0123456789012345\"}",
    options);
  CHECK(reason.line == 2);
}

TEST_CASE("unknown words are ignored when their field is mapped to nothing") {
  auto plan = plan_of({"a"});
  plan.fields["work_item_type"] = "";
  CHECK(read_items(plan, {}, R"({"work_item_id":1,"work_item_type":"Wish"})"));
}

TEST_CASE("a required value that is missing is refused") {
  auto plan = plan_of({"a", "b"});
  plan.criteria[1].definition.missing = missing_policy::error;
  CHECK(read_items(plan, {}, R"({"work_item_id":1,"b":2})"));
  CHECK(first_problem(plan, R"({"work_item_id":1,"b":"many"})").key == "b");
}

TEST_CASE("isolated items are left out and reported, the others stay") {
  auto options = item_reader_options{};
  options.on_bad_item = bad_item::isolate;
  const auto reading = read_items(plan_of({"a"}), options,
                                  "{\"work_item_id\":1,\"a\":1}\n"
                                  "{\"work_item_id\":2,\"a\":}\n"
                                  "{\"work_item_id\":3,\"state\":\"x\"}\n"
                                  "{\"work_item_id\":1,\"a\":4}\n"
                                  "{\"work_item_id\":5,\"a\":5}\n");
  REQUIRE(reading);
  CHECK(reading->batch.values[0] == std::vector<double>{1.0, 5.0});
  CHECK(reading->lines == std::vector<std::size_t>{1, 5});
  CHECK(text_at(reading->batch.ids, 1) == "5");
  REQUIRE(reading->rejected.size() == 3);
  CHECK(reading->rejected[0].id == "2");
  CHECK(reading->rejected[0].reason.line == 2);
  CHECK(reading->rejected[1].id == "3");
  CHECK(reading->rejected[2].id == "1");
  CHECK(reading->rejected[2].reason.line == 4);
}

TEST_CASE("an id that occurs twice is found across chunks") {
  const auto options = item_reader_options{};
  auto ids = id_register{options};
  const auto reader = item_reader::create(plan_of({"a"}), options);
  REQUIRE(reader);
  auto first = reader->read("{\"work_item_id\":1}\n", 1).value();
  auto second = reader->read("{\"work_item_id\":\"1\"}\n", 2).value();
  REQUIRE(ids.admit(first));
  CHECK(ids.contains("1"));
  CHECK_FALSE(ids.contains("2"));
  const auto refused = ids.admit(second);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().line == 2);
  CHECK(refused.error().hint.find("line 1") != std::string::npos);
}

TEST_CASE("a register of many ids keeps them all") {
  auto ids = id_register{item_reader_options{}};
  auto reading = item_reading{};
  for (std::size_t i = 0; i < 5'000; ++i) {
    reading.batch.ids.add(std::to_string(i));
    reading.lines.push_back(i + 1);
    ++reading.batch.rows;
  }
  REQUIRE(ids.admit(reading));
  CHECK(ids.size() == 5'000);
  for (std::size_t i = 0; i < 5'000; ++i)
    CHECK(ids.contains(std::to_string(i)));
  CHECK_FALSE(ids.contains("5000"));
}

TEST_CASE("mutated JSONL is read or refused, never worse") {
  const auto lines = golden_lines();
  const auto plan = golden_plan(rule_set::standard);
  auto options = item_reader_options{};
  options.on_bad_item = bad_item::isolate;
  const auto reader = item_reader::create(plan, options);
  REQUIRE(reader);
  auto random = std::mt19937{20};
  constexpr std::string_view alphabet = "{}[]\",:\\ \n0-.eEtfnu\xFF";
  auto rejected = std::size_t{0};
  for (auto round = 0; round < 3'000; ++round) {
    auto text = lines[random() % lines.size()];
    for (auto times = 1 + random() % 4; times > 0; --times) {
      const auto at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.resize(at + 1);
          break;
        case 2:
          text.erase(at, 1 + random() % 20);
          break;
        default:
          text.insert(at, 1, alphabet[random() % alphabet.size()]);
      }
      if (text.empty())
        text = " ";
    }
    const auto reading = reader->read(text, 1);
    REQUIRE(reading);
    rejected += reading->rejected.size();
    CHECK(reading->batch.digests.size() == reading->batch.rows);
    for (const auto& column : reading->batch.values)
      CHECK(column.size() == reading->batch.rows);
  }
  CHECK(rejected > 1'000);
}

TEST_CASE("a plan whose sources cannot be read is refused at once") {
  const auto key_of = [](const scoring_plan& plan) {
    const auto reader = item_reader::create(plan, {});
    REQUIRE_FALSE(reader);
    CHECK_FALSE(reader.error().hint.empty());
    return reader.error().key;
  };
  CHECK(key_of(plan_of({"age_days(created)"})) == "age_days(created).source");
  CHECK(key_of(plan_of({"join(a, b)"})) == "join(a, b).source");
  CHECK(key_of(plan_of({"nonsense(a)"})) == "nonsense(a).source");
  auto plan = plan_of({"a"});
  plan.fields["title"] = "length(x)";
  CHECK(key_of(plan) == "fields.title");
  plan.fields = {{"work_item_id", ""}};
  CHECK(key_of(plan) == "fields.work_item_id");
}

} // namespace troupe::scoring
