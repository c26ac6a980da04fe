#include "actors/scoring/financial_table.hpp"
#include "tests/actors/scoring/item_readings.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <memory>

namespace troupe::scoring {

TEST_CASE("separate financial data replaces embedded data by id") {
  const auto plan = tests::plan_of({"a"});
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

} // namespace troupe::scoring
