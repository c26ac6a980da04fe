#include "actors/scoring/configuration.hpp"
#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/value_rules.hpp"
#include "actors/scoring/work_item.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <thread>

namespace troupe::scoring {

namespace {

using nlohmann::json;

scoring_plan golden_plan(rule_set rules,
                         dotted_sources dotted = dotted_sources::resolved) {
  auto configuration = default_configuration();
  configuration.rules = rules;
  configuration.dotted = dotted;
  return compile(configuration).value();
}

/// A plan of plain standard criteria with these sources.
scoring_plan plan_of(const std::vector<std::string>& sources) {
  auto plan = scoring_plan{};
  for (const auto& source : sources) {
    auto planned = planned_criterion{};
    planned.definition.id = source;
    planned.definition.source = source;
    plan.criteria.push_back(std::move(planned));
  }
  return plan;
}

std::vector<std::string> golden_lines() {
  const auto text = tests::read_golden_text("items.jsonl");
  auto lines = std::vector<std::string>{};
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string_view text_at(const text_list& list, std::size_t row) {
  return std::string_view{list.characters}.substr(
    list.offsets[row], list.offsets[row + 1] - list.offsets[row]);
}

std::vector<std::uint64_t> bits(const std::vector<double>& column) {
  auto result = std::vector<std::uint64_t>{};
  for (auto value : column)
    result.push_back(std::bit_cast<std::uint64_t>(value));
  return result;
}

/// One row as text, so that rows of different batches can be compared.
std::vector<std::string> rows_of(const item_reading& reading) {
  auto rows = std::vector<std::string>{};
  const auto& batch = reading.batch;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    auto text = std::string{text_at(batch.ids, row)} + "|"
                + std::string{text_at(batch.titles, row)} + "|"
                + std::to_string(reading.lines[row]) + "|"
                + std::to_string(batch.digests[row]);
    for (const auto& column : batch.values)
      text += "|" + std::to_string(std::bit_cast<std::uint64_t>(column[row]));
    const auto has
      = !batch.has_financials.empty() && batch.has_financials[row] != 0;
    if (has)
      for (const auto& column : batch.financials)
        text += "|" + std::to_string(std::bit_cast<std::uint64_t>(column[row]));
    if (batch.parents.size() > row)
      text += "|" + std::string{text_at(batch.parents, row)} + "|"
              + std::to_string(batch.types[row]) + "|"
              + std::to_string(batch.states[row]);
    rows.push_back(std::move(text));
  }
  return rows;
}

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

runtime::problem first_problem(const scoring_plan& plan,
                               const std::string& text,
                               item_reader_options options = {}) {
  options.file = "items.jsonl";
  const auto reading = read_items(plan, options, text);
  REQUIRE_FALSE(reading);
  CHECK(reading.error().kind == runtime::problem_kind::invalid_input);
  CHECK(reading.error().file == "items.jsonl");
  return reading.error();
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
  const auto reader
    = item_reader::create(plan, {.on_bad_item = bad_item::isolate,
                                 .hierarchy = hierarchy_columns::fill,
                                 .as_of = {},
                                 .csv_header = {},
                                 .financials = {},
                                 .file = {}});
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
  CHECK(problem_of("{" + id + ",\"risk_score\":").empty() == false);
  CHECK(problem_of("{" + id + ",\"title\":\"abc}").empty());
  CHECK(problem_of("{" + id + "} {}").empty());
  CHECK(problem_of("[1]").empty());
  CHECK(problem_of("5").empty());
  CHECK(problem_of("{" + id + ",\"title\":\"\xFF\xFE\"}").empty());
  CHECK(problem_of(std::string{"{\"work_item_id\":\"\0\"}", 20}).empty());
  CHECK(problem_of("{" + id + ",\"risk_score\":NaN}") == "risk_score");
  CHECK(problem_of("{" + id + ",\"risk_score\":01}") == "risk_score");
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

// -- CSV ----------------------------------------------------------------------

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

// -- financial data -----------------------------------------------------------

TEST_CASE("separate financial data replaces embedded data by id") {
  const auto plan = plan_of({"a"});
  const auto table = read_financials(
    "{\"work_item_id\":1,\"initial_investment\":100,\"expected_revenue\":[300]}"
    "\n"
    "{\"work_item_id\":\"X\",\"financial\":{\"initial_investment\":50}}\n",
    financials_format::jsonl, rule_set::standard, "money.jsonl");
  REQUIRE(table);
  CHECK(table->figures.size() == 2);
  CHECK(table->find("X") != nullptr);
  CHECK(table->find("2") == nullptr);
  auto options = item_reader_options{};
  options.financials = std::make_shared<financial_table>(*table);
  const auto reading = read_items(
    plan, options,
    "{\"work_item_id\":3}\n"
    "{\"work_item_id\":1,\"financial\":{\"initial_investment\":7}}\n"
    "{\"work_item_id\":2,\"financial\":{\"initial_investment\":8}}\n");
  REQUIRE(reading);
  const auto& invested
    = reading->batch
        .financials[static_cast<std::size_t>(financial_figure::investment)];
  CHECK(reading->batch.has_financials == std::vector<std::uint8_t>{0, 1, 1});
  CHECK(std::isnan(invested[0]));
  CHECK(invested[1] == 100.0);
  CHECK(invested[2] == 8.0);
}

TEST_CASE("financial data reads the same from CSV and JSONL") {
  const auto from_csv = read_financials(
    "work_item_id,initial_investment,expected_revenue,risk_level,note\n"
    "1,100,200;300.5,high,x\n2,,,,\n",
    financials_format::csv, rule_set::standard, "money.csv");
  const auto from_jsonl = read_financials(
    "{\"work_item_id\":1,\"initial_investment\":100,\"risk_level\":\"high\","
    "\"expected_revenue\":[200,300.5]}\n\n{\"work_item_id\":2}",
    financials_format::jsonl, rule_set::standard, "money.jsonl");
  REQUIRE(from_csv);
  REQUIRE(from_jsonl);
  REQUIRE(from_csv->figures.size() == from_jsonl->figures.size());
  for (const auto& [id, figures] : from_csv->figures)
    for (std::size_t k = 0; k < figures.size(); ++k)
      CHECK(std::bit_cast<std::uint64_t>(figures[k])
            == std::bit_cast<std::uint64_t>((*from_jsonl->find(id))[k]));
}

TEST_CASE("bad financial data is refused with line and key") {
  const auto refused = [](std::string_view text, financials_format format) {
    const auto table
      = read_financials(text, format, rule_set::standard, "money");
    REQUIRE_FALSE(table);
    CHECK(table.error().file == "money");
    return std::to_string(table.error().line) + " " + table.error().key;
  };
  const auto jsonl = financials_format::jsonl;
  const auto csv = financials_format::csv;
  CHECK(refused("{\"work_item_id\":1}\n{\"work_item_id\":1}", jsonl)
        == "2 work_item_id");
  CHECK(refused("\n{\"discount_rate\":0.1}", jsonl) == "2 work_item_id");
  CHECK(refused("{\"work_item_id\":1,\"discount_rate\":7}", jsonl)
        == "1 discount_rate");
  CHECK(refused("{\"work_item_id\":1", jsonl) == "1 ");
  CHECK(refused("id,discount_rate\n1,0.1\n", csv) == "1 work_item_id");
  CHECK(refused("work_item_id,expected_revenue\n1,2;x\n", csv)
        == "2 expected_revenue[1]");
  CHECK(refused("work_item_id,risk_level\n1,huge\n", csv) == "2 risk_level");
}

// -- plans that cannot be read with ------------------------------------------

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

} // namespace troupe::scoring
