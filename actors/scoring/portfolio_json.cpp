#include "actors/scoring/portfolio.hpp"

#include <nlohmann/json.hpp>

namespace troupe::scoring {

namespace {

using json = nlohmann::ordered_json;

json consistency_json(const scoring_quality& quality) {
  return {{"consistency_ratio", quality.consistency_ratio},
          {"is_consistent", quality.is_consistent}};
}

json ahp_json(const scoring_plan& plan) {
  json criteria = json::array();
  json global = json::array();
  for (const auto& criterion : plan.criteria) {
    criteria.push_back(criterion.definition.id);
    global.push_back(criterion.global_weight);
  }
  const auto& pairwise = *plan.pairwise;
  return {{"consistency_ratio", pairwise.consistency_ratio},
          {"criteria", std::move(criteria)},
          {"global_weights", std::move(global)},
          {"is_consistent", pairwise.is_consistent},
          {"lambda_max", pairwise.lambda_max},
          {"matrix", pairwise.matrix},
          {"weights", pairwise.weights}};
}

json raw_json(const distribution& raw) {
  return {{"max_score", raw.maximum},
          {"mean_score", raw.mean},
          {"min_score", raw.minimum},
          {"score_range", raw.maximum - raw.minimum},
          {"std_score", raw.deviation}};
}

json money_json(const financial_summary& money) {
  return {{"average_confidence", money.mean_confidence},
          {"average_financial_score", money.mean_score},
          {"high_financial_value_items", money.high_value_items},
          {"score_components",
           {{"average_copq_score", money.mean_copq_score},
            {"average_delay_urgency", money.mean_delay_urgency},
            {"average_npv_score", money.mean_npv_score},
            {"average_roi_score", money.mean_roi_score}}},
          {"total_items_with_financial_data", money.records}};
}

json returns_json(const portfolio_returns& returns) {
  return {{"portfolio_metrics",
           {{"num_items", returns.records},
            {"portfolio_risk", returns.risk},
            {"portfolio_roi", returns.roi_percent},
            {"sharpe_ratio", returns.sharpe_ratio},
            {"total_investment", returns.total_investment},
            {"total_npv", returns.total_npv}}},
          {"risk_analysis",
           {{"expected_shortfall", returns.expected_shortfall},
            {"score_volatility", returns.risk},
            {"value_at_risk_5pct", returns.value_at_risk}}}};
}

json distributions_json(const portfolio_summary& summary) {
  const auto& total = summary.total;
  return {{"financial_score",
           {{"coverage", summary.positive_financial_share},
            {"mean", summary.financial.mean},
            {"std", summary.financial.deviation}}},
          {"strategic_score",
           {{"consistency_ratio", summary.quality.consistency_ratio},
            {"mean", summary.strategic.mean},
            {"std", summary.strategic.deviation}}},
          {"total_score",
           {{"max", total.maximum},
            {"mean", total.mean},
            {"min", total.minimum},
            {"percentiles",
             {{"25th", total.percentile_25},
              {"50th", total.percentile_50},
              {"75th", total.percentile_75},
              {"90th", total.percentile_90}}},
            {"std", total.deviation}}}};
}

json quality_json(const scoring_quality& quality) {
  return {{"ahp_consistency", quality.is_consistent},
          {"average_confidence", quality.mean_confidence},
          {"consistency_ratio", quality.consistency_ratio},
          {"financial_coverage", quality.financial_coverage},
          {"overall_quality_score", quality.overall},
          {"quality_assessment", quality.assessment},
          {"score_distribution_quality",
           {{"coefficient_of_variation", quality.coefficient_of_variation},
            {"range", quality.range},
            {"variance", quality.variance}}}};
}

json strategy_json(const scoring_plan& plan, const portfolio_summary& summary) {
  auto categories = json::object();
  for (std::size_t i = 0; i < plan.categories.size(); ++i)
    categories[plan.categories[i].id] = summary.strategy.category_means[i];
  return {{"average_strategic_score", summary.strategy.mean_score},
          {"category_performance", std::move(categories)},
          {"consistency_metrics", consistency_json(summary.quality)},
          {"high_strategic_value_items", summary.strategy.high_value_items},
          {"total_items_scored", summary.items}};
}

json basis_json(const basis_counts& basis) {
  return {{"financial_and_strategic", basis.financial_and_strategic},
          {"financial_only", basis.financial_only},
          {"nothing", basis.nothing},
          {"strategic_only", basis.strategic_only}};
}

} // namespace

std::string summary_json(const scoring_plan& plan,
                         const portfolio_summary& summary) {
  json result;
  if (plan.pairwise)
    result["ahp"] = ahp_json(plan);
  result["criteria_statistics"] = raw_json(summary.raw);
  result["financial_summary"] = money_json(summary.money);
  result["misaligned_items"] = summary.misaligned_items;
  result["normalization_factor"] = summary.financial_reference;
  result["portfolio_financial"] = returns_json(summary.returns);
  result["score_correlation"] = summary.score_correlation;
  result["score_distributions"] = distributions_json(summary);
  result["scoring_quality"] = quality_json(summary.quality);
  result["strategic_factor"] = summary.strategic_factor;
  result["strategic_summary"] = strategy_json(plan, summary);
  result["recommendations"] = {{"gather_data", summary.gather_data.count},
                               {"review", summary.review.count}};
  if (plan.rules == rule_set::standard)
    result["score_basis"] = basis_json(summary.basis);
  return result.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace troupe::scoring
