#include "tests/actors/scoring/portfolio_run.hpp"

#include "actors/scoring/combination.hpp"
#include "actors/scoring/ranking.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::tests {

using namespace scoring;

namespace {

item_view slice(const item_view& all, std::size_t first, std::size_t rows) {
  item_view result;
  result.rows = rows;
  for (const auto& column : all.values)
    result.values.push_back(column.subspan(first, rows));
  for (const auto& column : all.financials)
    result.financials.push_back(column.subspan(first, rows));
  if (!all.has_financials.empty())
    result.has_financials = all.has_financials.subspan(first, rows);
  return result;
}

std::vector<item_view> cut(const item_view& all, std::size_t batch_rows) {
  std::vector<item_view> result;
  for (std::size_t first = 0; first < all.rows; first += result.back().rows)
    result.push_back(slice(all, first, std::min(batch_rows, all.rows - first)));
  return result;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_columns(std::vector<std::vector<double>>& to,
                    const std::vector<std::vector<double>>& from) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    append(to[i], from[i]);
}

std::vector<std::vector<double>> sorted_columns(const scoring_plan& plan,
                                                const item_view& all) {
  std::vector<std::vector<double>> result(plan.criteria.size());
  for (std::size_t j = 0; j < result.size(); ++j) {
    if (!needs_sorted(plan.criteria[j]))
      continue;
    for (const auto value : all.values[j])
      if (!std::isnan(value))
        result[j].push_back(value);
    std::sort(result[j].begin(), result[j].end());
  }
  return result;
}

std::vector<double> combined_scores(const item_view& all) {
  std::vector<double> result;
  if (!all.financials.empty())
    for (std::size_t row = 0; row < all.rows; ++row)
      if (all.has_financials[row] != 0)
        result.push_back(all.financials[static_cast<std::size_t>(
          financial_figure::combined_financial_score)][row]);
  return result;
}

void score_all(portfolio_run& run, const std::vector<item_view>& batches) {
  std::vector<strategic_batch> scored;
  for (const auto& batch : batches)
    scored.push_back(score(run.plan, run.scales, batch, keep::values));
  auto& all = run.strategic;
  all.rows = run.rows;
  const auto any_missing
    = std::any_of(scored.begin(), scored.end(), [](const auto& batch) {
        return !batch.completeness.empty();
      });
  for (const auto& batch : scored) {
    append_columns(all.values, batch.values);
    append_columns(all.categories, batch.categories);
    append(all.raw, batch.raw);
    if (any_missing)
      append(all.completeness, batch.completeness.empty()
                                 ? std::vector<double>(batch.rows, 1.0)
                                 : batch.completeness);
  }
  if (run.plan.rules == rule_set::compat)
    for (const auto raw : all.raw)
      run.scales.strategic_factor = std::max(run.scales.strategic_factor, raw);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto part = combine(run.plan, run.scales, batches[i], scored[i]);
    append(run.totals.strategic, part.strategic);
    append(run.totals.financial, part.financial);
    append(run.totals.financial_normalised, part.financial_normalised);
    append(run.totals.total, part.total);
  }
}

void rank_all(portfolio_run& run) {
  run.overall_order = order_descending(run.totals.total);
  run.overall_rank = ranks_from_order(run.overall_order);
  run.financial_rank = ranks_from_order(
    order_descending(run.totals.financial, run.overall_order));
  run.strategic_rank = ranks_from_order(
    order_descending(run.totals.strategic, run.overall_order));
}

portfolio_columns columns_of(const portfolio_run& run, const item_view& all) {
  portfolio_columns columns;
  columns.rows = run.rows;
  columns.strategic_raw = run.strategic.raw;
  for (const auto& column : run.strategic.categories)
    columns.categories.emplace_back(column);
  columns.completeness = run.strategic.completeness;
  columns.strategic = run.totals.strategic;
  columns.financial = run.totals.financial;
  columns.total = run.totals.total;
  columns.overall_rank = run.overall_rank;
  columns.financial_rank = run.financial_rank;
  columns.strategic_rank = run.strategic_rank;
  columns.financials = all.financials;
  columns.has_financials = all.has_financials;
  return columns;
}

combination_settings to_settings(const nlohmann::json& scoring) {
  static const std::map<std::string, integration_mode> modes{
    {"balanced", integration_mode::balanced},
    {"financial_only", integration_mode::financial_only},
    {"criteria_only", integration_mode::criteria_only},
    {"financial_priority", integration_mode::financial_priority},
    {"strategic_priority", integration_mode::strategic_priority},
  };
  combination_settings result;
  result.mode = modes.at(scoring.at("integration_mode"));
  result.financial_weight = scoring.at("financial_weight");
  result.strategic_weight = scoring.at("strategic_weight");
  result.dynamic_normalisation = scoring.at("enable_dynamic_normalization");
  result.normalisation_percentile = scoring.at("normalization_percentile");
  result.confidence_threshold = scoring.at("confidence_threshold");
  result.risk_adjustment = scoring.at("risk_adjustment_enabled");
  result.risk_penalty_max = scoring.at("max_risk_penalty");
  return result;
}

/// In the order of the criteria, for an object has none of its own.
std::vector<category> to_categories(const nlohmann::json& weights,
                                    const std::vector<criterion>& criteria) {
  std::vector<category> result;
  for (const auto& entry : criteria) {
    const auto known
      = [&](const category& c) { return c.id == entry.category; };
    if (std::none_of(result.begin(), result.end(), known))
      result.push_back({entry.category, weights.at(entry.category)});
  }
  return result;
}

criterion to_criterion(const nlohmann::json& text) {
  static const std::map<std::string, normalisation> methods{
    {"minmax", normalisation::minmax},
    {"zscore", normalisation::zscore},
    {"percentile", normalisation::percentile},
    {"none", normalisation::none},
  };
  const auto bound = [&](const char* key) {
    const auto& value = text.at(key);
    return value.is_null() ? std::nullopt : std::optional{value.get<double>()};
  };
  criterion result;
  result.id = text.at("criterion_id");
  result.category = text.at("category");
  result.weight = text.at("weight");
  result.source = text.at("data_source");
  result.better = text.at("higher_is_better").get<bool>()
                    ? direction::higher_is_better
                    : direction::lower_is_better;
  result.method = methods.at(text.at("normalization_method"));
  if (const auto& mapping = text.at("value_mapping"); !mapping.is_null()) {
    result.mapping.emplace();
    for (const auto& [word, value] : mapping.items())
      result.mapping->emplace(word, value.get<double>());
  }
  result.threshold_min = bound("threshold_min");
  result.threshold_max = bound("threshold_max");
  result.active = text.at("is_active");
  return result;
}

} // namespace

std::string portfolio_run::id(std::size_t row) const {
  const text_view ids{items.ids.offsets, items.ids.characters};
  return std::string{ids[row]};
}

scoring_configuration to_configuration(const nlohmann::json& text) {
  scoring_configuration result;
  for (const auto& entry : text.at("criteria"))
    result.criteria.push_back(to_criterion(entry));
  result.categories
    = to_categories(text.at("category_weights"), result.criteria);
  result.weights.consistency_threshold = text.at("consistency_threshold");
  for (const auto& entry : text.at("cases")) {
    scoring_case variant;
    variant.name = entry.at("name");
    variant.combination = to_settings(entry.at("scoring"));
    if (entry.contains("category_weights"))
      variant.category_weights
        = to_categories(entry.at("category_weights"), result.criteria);
    result.cases.push_back(std::move(variant));
  }
  result.combination = result.cases.front().combination;
  return result;
}

runtime::outcome<portfolio_run>
run_portfolio(const scoring_configuration& configuration,
              std::string_view items, std::size_t batch_rows) {
  portfolio_run run;
  auto plan = compile(configuration);
  if (!plan)
    return runtime::fail(plan.error());
  run.plan = std::move(*plan);
  auto reading = read_items(run.plan, {}, items);
  if (!reading)
    return runtime::fail(reading.error());
  run.items = std::move(reading->batch);
  run.rows = run.items.rows;
  const auto all = view(run.items);
  const auto scores = combined_scores(all);
  const auto covered = check_coverage(run.plan, run.rows, scores.size());
  if (!covered)
    return runtime::fail(covered.error());

  const auto batches = cut(all, batch_rows);
  auto statistics = measure(run.plan, batches.front());
  for (std::size_t i = 1; i < batches.size(); ++i)
    merge(statistics, measure(run.plan, batches[i]));
  run.scales = make_scales(run.plan, statistics, sorted_columns(run.plan, all));
  run.scales.financial_reference
    = financial_reference(run.plan.combination, scores);
  score_all(run, batches);
  rank_all(run);
  run.summary = summarise(run.plan, run.scales, columns_of(run, all));
  return run;
}

} // namespace troupe::tests
