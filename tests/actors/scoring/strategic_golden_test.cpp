#include "actors/scoring/score_batch.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;

namespace {

/// A number as the source system reads it; what is none is 0.
double to_number(const nlohmann::json& value, const criterion& definition) {
  if (value.is_number())
    return value.get<double>();
  if (value.is_boolean())
    return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_string())
    return 0.0;
  const auto text = value.get<std::string>();
  if (definition.mapping) {
    const auto found = definition.mapping->find(text);
    return found == definition.mapping->end() ? 0.0 : found->second;
  }
  char* end = nullptr;
  const auto number = std::strtod(text.c_str(), &end);
  return text.empty() || *end != '\0' ? 0.0 : number;
}

double value_in(const nlohmann::json& item, const criterion& definition,
                dotted_sources dotted) {
  const auto dot = definition.source.find('.');
  if (dot == std::string::npos)
    return to_number(item.value(definition.source, nlohmann::json{}),
                     definition);
  const auto fields = item.value("custom_fields", nlohmann::json{});
  if (dotted == dotted_sources::shipped || !fields.is_object())
    return 0.0;
  return to_number(fields.value(definition.source.substr(dot + 1),
                                nlohmann::json{}),
                   definition);
}

std::vector<std::vector<double>> golden_columns(const scoring_plan& plan) {
  auto columns = std::vector<std::vector<double>>(plan.criteria.size());
  auto lines = std::istringstream{tests::read_golden_text("items.jsonl")};
  for (auto line = std::string{}; std::getline(lines, line);) {
    const auto item = nlohmann::json::parse(line);
    for (auto j = std::size_t{0}; j < columns.size(); ++j)
      columns[j].push_back(
        value_in(item, plan.criteria[j].definition, plan.dotted));
  }
  return columns;
}

void check_values(const strategic_batch& scored, const scoring_plan& plan,
                  const std::string& folder) {
  const auto table = tests::read_golden_table(folder + "/criteria.csv");
  REQUIRE(table.size() == scored.rows);
  for (auto row = std::size_t{0}; row < scored.rows; ++row)
    for (auto j = std::size_t{0}; j < plan.criteria.size(); ++j)
      REQUIRE(tests::is_near(
        scored.values[j][row],
        std::stod(table[row].at(plan.criteria[j].definition.id))));
}

void check_sums(const strategic_batch& scored, const scoring_plan& plan,
                const std::string& folder) {
  auto row = std::size_t{0};
  for (const auto& line : tests::read_golden_table(folder + "/totals.csv"))
    if (line.at("case") == "default_balanced")
      REQUIRE(
        tests::is_near(scored.raw[row++], std::stod(line.at("strategic_raw"))));
  REQUIRE(row == scored.rows);
  row = 0;
  for (const auto& line : tests::read_golden_table(folder + "/categories.csv"))
    if (line.at("case") == "default_balanced") {
      for (auto k = std::size_t{0}; k < plan.categories.size(); ++k)
        REQUIRE(tests::is_near(scored.categories[k][row],
                               std::stod(line.at(plan.categories[k].id))));
      ++row;
    }
  REQUIRE(row == scored.rows);
}

} // namespace

TEST_CASE("compat reproduces the golden values, categories and raw scores") {
  auto configuration = default_configuration();
  configuration.rules = rule_set::compat;
  for (const auto dotted :
       {dotted_sources::resolved, dotted_sources::shipped}) {
    configuration.dotted = dotted;
    const auto plan = compile(configuration).value();
    const auto columns = golden_columns(plan);
    auto items = item_view{};
    items.rows = columns.front().size();
    items.values.assign(columns.begin(), columns.end());
    const auto scales = make_scales(plan, measure(plan, items), {});
    const auto scored = score(plan, scales, items, keep::values);
    const auto* folder = dotted == dotted_sources::resolved
                           ? "expected_resolved"
                           : "expected_shipped";
    check_values(scored, plan, folder);
    check_sums(scored, plan, folder);
  }
}
