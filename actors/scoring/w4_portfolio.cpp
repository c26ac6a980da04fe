#include "actors/scoring/w4_portfolio.hpp"

#include "runtime/mix_bits.hpp"
#include "runtime/tabular/numbers.hpp"

#include <cmath>
#include <cstdint>
#include <string>

namespace troupe::scoring {

namespace {

constexpr auto criterion_count = std::size_t{20};
constexpr auto category_size = std::size_t{5};

} // namespace

double w4_value(std::size_t row, std::size_t column) noexcept {
  const auto place = std::uint64_t{row} * criterion_count + column + 1;
  const auto unit
    = static_cast<double>(runtime::mix_bits(place * runtime::mix_step) >> 11U)
      * 0x1p-53;
  const auto value = unit * 100.0 * static_cast<double>(column + 1);
  return std::nearbyint(value * 1e6) / 1e6;
}

std::string w4_header() {
  auto text = std::string{"id"};
  for (auto j = std::size_t{0}; j < criterion_count; ++j)
    text += (j < 9 ? ",c0" : ",c") + std::to_string(j + 1);
  return text + '\n';
}

void append_w4_row(std::size_t row, std::string& text) {
  runtime::append_integer(text, static_cast<std::int64_t>(row));
  for (auto column = std::size_t{0}; column < criterion_count; ++column) {
    text += ',';
    runtime::append_fixed(text, w4_value(row, column), 6);
  }
  text += '\n';
}

item_batch make_w4_items(std::size_t first, std::size_t rows) {
  auto items = item_batch{};
  items.rows = rows;
  items.values.assign(criterion_count, std::vector<double>(rows));
  for (auto column = std::size_t{0}; column < criterion_count; ++column)
    for (auto row = std::size_t{0}; row < rows; ++row)
      items.values[column][row] = w4_value(first + row, column);
  return items;
}

scoring_plan make_w4_plan() {
  auto plan = scoring_plan{};
  plan.combination.mode = integration_mode::criteria_only;
  plan.combination.risk_adjustment = false;
  for (auto k = std::size_t{0}; k < criterion_count / category_size; ++k)
    plan.categories.push_back({"cat" + std::to_string(k + 1), 0.0});
  for (auto j = std::size_t{0}; j < criterion_count; ++j) {
    auto one = planned_criterion{};
    one.category = j / category_size;
    one.global_weight = static_cast<double>(j + 1) / 210.0;
    one.strategic_weight = one.global_weight;
    plan.categories[one.category].weight += one.global_weight;
    one.definition.id = (j < 9 ? "c0" : "c") + std::to_string(j + 1);
    one.definition.source = one.definition.id;
    one.definition.category = plan.categories[one.category].id;
    if (j % 3 == 2)
      one.definition.better = direction::lower_is_better;
    plan.criteria.push_back(std::move(one));
  }
  for (auto& one : plan.criteria)
    one.definition.weight
      = one.global_weight / plan.categories[one.category].weight;
  return plan;
}

scoring_configuration make_w4_configuration() {
  const auto plan = make_w4_plan();
  auto configuration = scoring_configuration{};
  configuration.combination = plan.combination;
  configuration.weights.kind = weighting::source::swing;
  configuration.fields["work_item_id"] = "id";
  auto points = 0.0;
  for (const auto& one : plan.criteria) {
    configuration.criteria.push_back(one.definition);
    points += 1.0;
    configuration.weights.swings[one.definition.id] = points;
  }
  configuration.categories = plan.categories;
  return configuration;
}

} // namespace troupe::scoring
