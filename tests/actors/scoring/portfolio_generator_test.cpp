#include "actors/scoring/portfolio_generator.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "actors/scoring/w4_portfolio.hpp"
#include "runtime/draw_stream.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace troupe;
using scoring::item_format;
using scoring::portfolio_generator;

namespace {

std::string make(std::uint64_t seed, std::uint64_t items,
                 item_format format = item_format::jsonl) {
  const auto generator = portfolio_generator{seed, format};
  auto text = generator.header();
  for (auto i = std::uint64_t{0}; i < items; ++i)
    generator.append(i, text);
  return text;
}

} // namespace

TEST_CASE("an item depends on the seed and its index only") {
  CHECK(make(1, 50) == make(1, 50));
  CHECK(make(1, 50) != make(2, 50));
  auto late = std::string{};
  portfolio_generator{1, item_format::jsonl}.append(49, late);
  CHECK(make(1, 50).ends_with(late));
}

TEST_CASE("made items are valid JSON with known parents and a few gaps") {
  const auto text = make(3, 2'000);
  auto ids = std::set<std::int64_t>{};
  auto with_money = 0;
  auto with_value = 0;
  for (auto at = std::size_t{0}; at < text.size();) {
    const auto end = text.find('\n', at);
    const auto item = nlohmann::json::parse(text.substr(at, end - at));
    if (const auto& parent = item["parent_id"]; !parent.is_null())
      CHECK(ids.count(parent) == 1);
    CHECK(ids.insert(item["work_item_id"].get<std::int64_t>()).second);
    with_money += item.contains("financial") ? 1 : 0;
    with_value += item["business_value_raw"].is_null() ? 0 : 1;
    at = end + 1;
  }
  CHECK(ids.size() == 2'000);
  CHECK(*ids.begin() == 1000);
  CHECK((with_money > 1'300 && with_money < 1'500));
  CHECK((with_value > 1'500 && with_value < 1'800));
}

TEST_CASE("made items read the same from JSON and from a table") {
  const auto plan
    = compile(scoring::preset_configuration("default").value()).value();
  auto options = scoring::item_reader_options{};
  options.hierarchy = scoring::hierarchy_columns::fill;
  const auto lines = read_items(plan, options, make(5, 300)).value();
  options.format = item_format::csv;
  const auto table
    = read_items(plan, options, make(5, 300, item_format::csv)).value();
  REQUIRE(lines.batch.rows == 300);
  REQUIRE(table.batch.rows == 300);
  for (std::size_t i = 0; i < lines.batch.values.size(); ++i)
    CHECK(std::equal(lines.batch.values[i].begin(), lines.batch.values[i].end(),
                     table.batch.values[i].begin(),
                     [](double left, double right) {
                       return left == right || (left != left && right != right);
                     }));
  CHECK(lines.batch.titles.offsets == table.batch.titles.offsets);
  CHECK(lines.batch.titles.characters == table.batch.titles.characters);
}

TEST_CASE("draws stay in their range and reach both ends") {
  auto draws = runtime::draw_stream{7, 0};
  auto seen = std::set<std::int64_t>{};
  for (auto i = 0; i < 1'000; ++i)
    seen.insert(draws.between(-2, 3));
  CHECK(seen == std::set<std::int64_t>{-2, -1, 0, 1, 2, 3});
  CHECK(draws.below(1) == 0);
}

TEST_CASE("a row of the W4 table has its number and 20 values") {
  auto row = std::string{};
  scoring::append_w4_row(7, row);
  CHECK(row.starts_with("7,"));
  CHECK(std::count(row.begin(), row.end(), ',') == 20);
  CHECK(row.ends_with("\n"));
  const auto first = std::stod(row.substr(2));
  CHECK(first == scoring::w4_value(7, 0));
  CHECK(scoring::w4_header().ends_with(",c19,c20\n"));
}
