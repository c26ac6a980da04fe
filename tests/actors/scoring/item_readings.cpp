#include "tests/actors/scoring/item_readings.hpp"

#include "tests/actors/scoring/golden_portfolio.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>

namespace troupe::tests {

using namespace scoring;

scoring_plan golden_plan(rule_set rules, dotted_sources dotted) {
  auto configuration = default_configuration();
  configuration.rules = rules;
  configuration.dotted = dotted;
  return compile(configuration).value();
}

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
  const auto text = read_golden_text("items.jsonl");
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

runtime::problem first_problem(const scoring_plan& plan,
                               const std::string& text,
                               item_reader_options options) {
  options.file = "items.jsonl";
  const auto reading = read_items(plan, options, text);
  REQUIRE_FALSE(reading);
  CHECK(reading.error().kind == runtime::problem_kind::invalid_input);
  CHECK(reading.error().file == "items.jsonl");
  return reading.error();
}

} // namespace troupe::tests
