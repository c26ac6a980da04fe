#include "actors/scoring/financial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace troupe::scoring {

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto months_per_period = 12.0;

constexpr std::array<std::string_view, 5> risk_names{
  "very_low", "low", "medium", "high", "very_high"};

constexpr std::array<std::string_view, financial_figure_count> figure_names{
  "npv",
  "profitability_index",
  "npv_rate_used",
  "roi_ratio",
  "payback_years",
  "annual_return_rate",
  "copq_total",
  "copq_net_savings",
  "total_financial_score",
  "confidence_level",
  "npv_score",
  "roi_score",
  "copq_score",
  "delay_urgency_score",
  "combined_financial_score",
  "risk_adjustment_factor",
  "investment",
  "irr",
  "discounted_payback_years",
  "cost_of_delay",
  "wsjf",
  "risk_level",
};

struct number_key {
  std::string_view key;
  double financial_record::*member;
  double minimum;
  double maximum;
};

constexpr std::array<number_key, 7> number_keys{{
  {"initial_investment", &financial_record::initial_investment, 0.0, infinity},
  {"implementation_cost", &financial_record::implementation_cost, 0.0,
   infinity},
  {"implementation_timeline_months",
   &financial_record::implementation_timeline_months, 0.1, 120.0},
  {"benefit_realization_delay_months",
   &financial_record::benefit_realization_delay_months, 0.0, 120.0},
  {"cost_of_delay_per_month", &financial_record::cost_of_delay_per_month, 0.0,
   infinity},
  {"quality_improvement_factor", &financial_record::quality_improvement_factor,
   0.1, 10.0},
  {"discount_rate", &financial_record::discount_rate, 0.0, 1.0},
}};

struct series_key {
  std::string_view key;
  std::vector<double> financial_record::*member;
};

constexpr std::array<series_key, 4> series_keys{{
  {"ongoing_costs", &financial_record::ongoing_costs},
  {"expected_revenue", &financial_record::expected_revenue},
  {"cost_savings", &financial_record::cost_savings},
  {"productivity_gains", &financial_record::productivity_gains},
}};

runtime::problem broken(std::string key, std::string message) {
  runtime::problem result;
  result.kind = runtime::problem_kind::invalid_input;
  result.message = std::move(message);
  result.key = std::move(key);
  result.hint = "correct the value, or leave it out for the default";
  return result;
}

std::string range_text(double minimum, double maximum) {
  // Bounds have at most one decimal, so six of them are noise.
  const auto text = [](double bound) {
    auto digits = std::to_string(bound);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.')
      digits.pop_back();
    return digits;
  };
  if (maximum == infinity)
    return "is not a finite number of at least " + text(minimum);
  return "is not between " + text(minimum) + " and " + text(maximum);
}

/// NaN counts as 0, so that a score is always in 0..1.
double to_unit(double value) noexcept {
  return value > 0.0 ? std::min(value, 1.0) : 0.0;
}

std::size_t index_of(risk_class risk) noexcept {
  return static_cast<std::size_t>(risk);
}

double sum(const std::vector<double>& values) noexcept {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Revenue, savings and gains by period; short lists are padded with 0, and
/// there is at least one period.
std::vector<double> benefits_of(const financial_record& record) {
  const auto periods
    = std::max({std::size_t{1}, record.expected_revenue.size(),
                record.cost_savings.size(), record.productivity_gains.size()});
  std::vector<double> result(periods, 0.0);
  for (const auto* series : {&record.expected_revenue, &record.cost_savings,
                             &record.productivity_gains})
    for (std::size_t t = 0; t < series->size(); ++t)
      result[t] += (*series)[t];
  return result;
}

/// A weighted mean that skips what does not exist.
struct score_parts {
  double weighted = 0.0;
  double weights = 0.0;

  void add(double weight, double score) noexcept {
    weighted += weight * score;
    weights += weight;
  }

  [[nodiscard]] double mean() const noexcept {
    return weights > 0.0 ? weighted / weights : missing_value;
  }
};

/// What a full score takes, and what it counts for: npv, roi, net savings of
/// quality, cost of delay (spec section (a), Score A and Score B).
struct score_scales {
  double npv;
  double roi;
  double copq;
  double delay;
};

constexpr score_scales portfolio_scales{1e5, 2.0, 5e4, 1e4};
constexpr score_scales ranking_scales{5e5, 3.0, 1e5, 5e4};
constexpr auto npv_weight = 0.4;
constexpr auto roi_weight = 0.3;
constexpr auto copq_weight = 0.2;
constexpr auto delay_weight = 0.1;

/// How far the inputs can be trusted, from how complete they are: the source
/// system's estimate (spec section (a), "confidence").
double estimated_confidence(const financial_record& record) {
  constexpr std::array<double, 5> by_risk{0.9, 0.8, 0.7, 0.5, 0.3};
  const auto revenue = std::any_of(record.expected_revenue.begin(),
                                   record.expected_revenue.end(),
                                   [](double value) { return value > 0.0; });
  return ((record.initial_investment > 0.0 ? 0.8 : 0.3) + (revenue ? 0.9 : 0.4)
          + (record.expected_revenue.size() >= 3 ? 0.8 : 0.5)
          + by_risk[index_of(record.risk)])
         / 4.0;
}

/// Figures by name, undefined until set.
class figure_table {
public:
  figure_table() noexcept {
    figures_.fill(missing_value);
  }

  double& operator[](financial_figure figure) noexcept {
    return figures_[static_cast<std::size_t>(figure)];
  }

  [[nodiscard]] const financial_figures& all() const noexcept {
    return figures_;
  }

private:
  financial_figures figures_{};
};

/// Cost of poor quality, the same under both rule sets: prevention 10 % and
/// appraisal 5 % of the investment, internal failure 5 % and external failure
/// 2.5 % of the benefits, against benefits x (factor - 1). Only if quality
/// improves (spec section (a), "COPQ").
void add_quality(figure_table& table, const financial_record& record,
                 double spent, double benefits) {
  using enum financial_figure;
  if (!(record.quality_improvement_factor > 1.0))
    return;
  table[copq_total]
    = 0.10 * spent + 0.05 * spent + 0.05 * benefits + 0.025 * benefits;
  table[copq_net_savings]
    = benefits * (record.quality_improvement_factor - 1.0) - table[copq_total];
}

/// compat: (1+roi)^(1/payback) - 1, which the source system cannot represent
/// when the payback is tiny.
double compat_annual_return(double roi, double payback) {
  const auto growth = std::pow(1.0 + roi, 1.0 / payback);
  return std::isfinite(growth) ? growth - 1.0 : -infinity;
}

/// compat: NPV only with an initial investment I0, PV - I0 with PV = sum of
/// benefits_t / (1+r)^t; a rate of 0 means 10 %. ROI = (B-I)/I undiscounted,
/// only if I > 0 and B > 0; payback = I / (B / years of implementation) if
/// B > I, else never.
void add_compat_returns(figure_table& table, const financial_record& record,
                        const std::vector<double>& benefits, double total) {
  using enum financial_figure;
  const auto initial = record.initial_investment;
  const auto all = table[investment];
  if (initial > 0.0) {
    const auto rate = record.discount_rate == 0.0 ? 0.1 : record.discount_rate;
    const auto value
      = net_present_value({.benefits = benefits, .costs = {}}, rate);
    table[npv] = value - initial;
    table[profitability_index] = value / initial;
    table[npv_rate_used] = rate;
  }
  if (all > 0.0 && total > 0.0) {
    const auto years
      = record.implementation_timeline_months / months_per_period;
    table[roi_ratio] = (total - all) / all;
    table[payback_years] = total > all ? all / (total / years) : infinity;
    table[annual_return_rate]
      = compat_annual_return(table[roi_ratio], table[payback_years]);
  }
}

financial_figures evaluate_compat(const financial_record& record) {
  using enum financial_figure;
  constexpr std::array<double, 5> factors{0.95, 0.98, 1.0, 1.10, 1.25};
  figure_table table;
  const auto benefits = benefits_of(record);
  const auto total = sum(benefits);
  table[investment] = record.initial_investment + record.implementation_cost;
  add_compat_returns(table, record, benefits, total);
  add_quality(table, record, table[investment], total);
  const auto delay = record.cost_of_delay_per_month;
  const auto factor = factors[index_of(record.risk)];

  // Score A: mean over what exists, with the confidence that was put in.
  score_parts parts;
  if (!std::isnan(table[npv]))
    parts.add(npv_weight, to_unit(table[npv] / portfolio_scales.npv));
  if (!std::isnan(table[roi_ratio]))
    parts.add(roi_weight, to_unit(table[roi_ratio] / portfolio_scales.roi));
  if (table[copq_net_savings] > 0.0)
    parts.add(copq_weight,
              to_unit(table[copq_net_savings] / portfolio_scales.copq));
  if (delay > 0.0)
    parts.add(delay_weight, to_unit(delay / portfolio_scales.delay));
  table[total_financial_score]
    = to_unit(parts.mean() * factor * record.confidence_level.value_or(0.5));

  // Score B: what is absent counts as 0, with the estimated confidence.
  table[confidence_level] = estimated_confidence(record);
  table[npv_score] = to_unit(table[npv] / ranking_scales.npv);
  table[roi_score] = to_unit(table[roi_ratio] / ranking_scales.roi);
  table[copq_score] = to_unit(table[copq_net_savings] / ranking_scales.copq);
  table[delay_urgency_score] = to_unit(delay / ranking_scales.delay);
  const auto weighted = npv_weight * table[npv_score]
                        + roi_weight * table[roi_score]
                        + copq_weight * table[copq_score]
                        + delay_weight * table[delay_urgency_score];
  table[risk_adjustment_factor] = factor;
  table[combined_financial_score]
    = to_unit(weighted * factor * table[confidence_level]);
  return table.all();
}

/// standard: all payments at their dates. NPV, IRR and payback as in Brealey,
/// Myers, Allen, "Principles of Corporate Finance", chapter 5; profitability
/// index = PV of what follows / investment; ROI = (benefits - ongoing costs -
/// investment) / investment, undiscounted; annual return =
/// (1+ROI)^(1/horizon) - 1 over all periods and the delay.
void add_standard_returns(figure_table& table, const payment_plan& plan,
                          double rate) {
  using enum financial_figure;
  const auto pays = [](double amount) { return amount != 0.0; };
  const auto any
    = plan.investment > 0.0
      || std::any_of(plan.benefits.begin(), plan.benefits.end(), pays)
      || std::any_of(plan.costs.begin(), plan.costs.end(), pays);
  if (!any)
    return;
  table[npv] = net_present_value(plan, rate);
  table[npv_rate_used] = rate;
  table[irr] = internal_rate_of_return(plan).value_or(missing_value);
  if (!(plan.investment > 0.0))
    return;
  const auto gain = sum(plan.benefits) - sum(plan.costs) - plan.investment;
  const auto horizon
    = static_cast<double>(std::max(plan.benefits.size(), plan.costs.size()))
      + plan.delay;
  table[profitability_index] = (table[npv] + plan.investment) / plan.investment;
  table[roi_ratio] = gain / plan.investment;
  // pow gives NaN, which is "undefined", for a loss of more than everything.
  table[annual_return_rate]
    = std::pow(1.0 + table[roi_ratio], 1.0 / horizon) - 1.0;
  table[payback_years] = payback_periods(plan, 0.0);
  table[discounted_payback_years] = payback_periods(plan, rate);
}

/// One score of the standard rules: the weighted mean of the parts that exist,
/// so that what nobody estimated is not held against the item.
double standard_score(figure_table& table, double delay_per_month,
                      const score_scales& scales) {
  using enum financial_figure;
  score_parts parts;
  if (!std::isnan(table[npv]))
    parts.add(npv_weight, to_unit(table[npv] / scales.npv));
  if (!std::isnan(table[roi_ratio]))
    parts.add(roi_weight, to_unit(table[roi_ratio] / scales.roi));
  if (!std::isnan(table[copq_net_savings]))
    parts.add(copq_weight, to_unit(table[copq_net_savings] / scales.copq));
  if (delay_per_month > 0.0)
    parts.add(delay_weight, to_unit(delay_per_month / scales.delay));
  return parts.mean();
}

financial_figures evaluate_standard(const financial_record& record) {
  using enum financial_figure;
  // Falls with risk; the spread is that of the source system, turned round.
  constexpr std::array<double, 5> factors{1.0, 0.98, 0.95, 0.90, 0.80};
  figure_table table;
  payment_plan plan;
  plan.investment = record.initial_investment + record.implementation_cost;
  plan.benefits = benefits_of(record);
  plan.costs = record.ongoing_costs;
  plan.delay = std::max(0.0, record.benefit_realization_delay_months)
               / months_per_period;
  table[investment] = plan.investment;
  add_standard_returns(table, plan, record.discount_rate);
  add_quality(table, record, plan.investment, sum(plan.benefits));

  // Cost of delay = what a month costs x months the benefits are late. WSJF =
  // cost of delay per month / job size, the size being the duration in months
  // (Reinertsen, "The Principles of Product Development Flow", CD3).
  const auto delay = record.cost_of_delay_per_month;
  if (delay > 0.0) {
    table[cost_of_delay]
      = delay * std::max(0.0, record.benefit_realization_delay_months);
    table[wsjf] = delay / record.implementation_timeline_months;
    table[delay_urgency_score] = to_unit(delay / ranking_scales.delay);
  }
  if (!std::isnan(table[npv]))
    table[npv_score] = to_unit(table[npv] / ranking_scales.npv);
  if (!std::isnan(table[roi_ratio]))
    table[roi_score] = to_unit(table[roi_ratio] / ranking_scales.roi);
  if (!std::isnan(table[copq_net_savings]))
    table[copq_score] = to_unit(table[copq_net_savings] / ranking_scales.copq);

  table[confidence_level]
    = to_unit(record.confidence_level.value_or(estimated_confidence(record)));
  table[risk_level] = static_cast<double>(index_of(record.risk)) / 4.0;
  table[risk_adjustment_factor] = factors[index_of(record.risk)];
  // A record without a single estimate says nothing: both stay undefined.
  const auto trust = table[risk_adjustment_factor] * table[confidence_level];
  table[total_financial_score]
    = standard_score(table, delay, portfolio_scales) * trust;
  table[combined_financial_score]
    = standard_score(table, delay, ranking_scales) * trust;
  return table.all();
}

} // namespace

std::optional<risk_class> parse_risk_class(std::string_view text) {
  const auto found = std::find(risk_names.begin(), risk_names.end(), text);
  if (found == risk_names.end())
    return std::nullopt;
  return static_cast<risk_class>(found - risk_names.begin());
}

std::string_view to_string(risk_class risk) noexcept {
  return risk_names[index_of(risk)];
}

std::string_view to_string(financial_figure figure) noexcept {
  return figure_names[static_cast<std::size_t>(figure)];
}

double* find_number(financial_record& record, std::string_view key) {
  for (const auto& entry : number_keys)
    if (entry.key == key)
      return &(record.*entry.member);
  return nullptr;
}

std::vector<double>* find_series(financial_record& record,
                                 std::string_view key) {
  for (const auto& entry : series_keys)
    if (entry.key == key)
      return &(record.*entry.member);
  return nullptr;
}

std::vector<runtime::problem> validate(const financial_record& record) {
  std::vector<runtime::problem> result;
  const auto check
    = [&](std::string_view key, double value, double minimum, double maximum) {
        if (!std::isfinite(value) || value < minimum || value > maximum)
          result.push_back(
            broken(std::string{key},
                   std::string{key} + ' ' + range_text(minimum, maximum)));
      };
  for (const auto& entry : number_keys)
    check(entry.key, record.*entry.member, entry.minimum, entry.maximum);
  if (record.confidence_level)
    check("confidence_level", *record.confidence_level, 0.0, 1.0);
  for (const auto& entry : series_keys) {
    const auto& series = record.*entry.member;
    if (series.size() > financial_periods_max)
      result.push_back(broken(
        std::string{entry.key},
        "more than " + std::to_string(financial_periods_max) + " periods"));
    const auto found = std::find_if_not(
      series.begin(), series.end(), [](double v) { return std::isfinite(v); });
    if (found != series.end())
      result.push_back(broken(std::string{entry.key} + '['
                                + std::to_string(found - series.begin()) + ']',
                              "is not a finite number"));
  }
  return result;
}

financial_figures evaluate(const financial_record& record, rule_set rules) {
  return rules == rule_set::compat ? evaluate_compat(record)
                                   : evaluate_standard(record);
}

} // namespace troupe::scoring
