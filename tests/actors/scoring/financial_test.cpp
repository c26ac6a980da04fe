#include "actors/scoring/financial.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>

using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

/// A record with numbers of every size that rules allow.
financial_record random_record(std::mt19937_64& source) {
  const auto draw = [&](double low, double high) {
    return std::uniform_real_distribution<double>{low, high}(source);
  };
  const auto series = [&](double high) {
    std::vector<double> values(source() % 6);
    for (auto& value : values)
      value = draw(0.0, high);
    return values;
  };
  financial_record record;
  record.initial_investment = source() % 8 == 0 ? 0.0 : draw(0.0, 2e5);
  record.implementation_cost = source() % 4 == 0 ? 0.0 : draw(0.0, 2e4);
  record.ongoing_costs = series(2e4);
  record.expected_revenue = series(1e5);
  record.cost_savings = series(3e4);
  record.productivity_gains = series(3e4);
  record.risk = static_cast<risk_class>(source() % 5);
  record.implementation_timeline_months = draw(0.1, 36.0);
  record.benefit_realization_delay_months
    = source() % 2 == 0 ? 0.0 : draw(0.0, 30.0);
  record.cost_of_delay_per_month = source() % 2 == 0 ? 0.0 : draw(0.0, 3e4);
  record.quality_improvement_factor = draw(0.5, 3.0);
  record.discount_rate = source() % 4 == 0 ? 0.0 : draw(0.0, 0.4);
  return record;
}

payment_plan to_plan(const financial_record& record) {
  payment_plan plan;
  plan.investment = record.initial_investment + record.implementation_cost;
  plan.benefits.assign(6, 0.0);
  for (const auto* series : {&record.expected_revenue, &record.cost_savings,
                             &record.productivity_gains})
    for (std::size_t t = 0; t < series->size(); ++t)
      plan.benefits[t] += (*series)[t];
  plan.costs = record.ongoing_costs;
  plan.delay = record.benefit_realization_delay_months / 12.0;
  return plan;
}

double figure(const financial_record& record, financial_figure which,
              rule_set rules = rule_set::standard) {
  return get(evaluate(record, rules), which);
}

} // namespace

TEST_CASE("compat reproduces the financial figures of the source system") {
  std::map<std::string, nlohmann::json> financials;
  std::istringstream lines{read_golden_text("items.jsonl")};
  for (std::string line; std::getline(lines, line);) {
    const auto item = nlohmann::json::parse(line);
    if (item.contains("financial"))
      financials[std::to_string(item["work_item_id"].get<int>())]
        = item["financial"];
  }
  const auto expected = read_golden_table("expected_financial.csv");
  REQUIRE(expected.size() == 339);
  REQUIRE(financials.size() >= expected.size());
  for (const auto& row : expected) {
    const auto id = row.at("work_item_id");
    const auto record = to_record(financials.at(id));
    REQUIRE(validate(record).empty());
    const auto figures = evaluate(record, rule_set::compat);
    for (std::size_t i = 0; i <= 15; ++i) {
      const auto name = to_string(static_cast<financial_figure>(i));
      INFO("item " << id << ", " << name << " = " << figures[i]);
      CHECK(is_near(figures[i], to_figure(row.at(std::string{name}))));
    }
  }
}

TEST_CASE("a net present value adds up payments at their dates") {
  payment_plan plan{1000.0, {600.0, 600.0}, {50.0}, 0.0};
  CHECK(net_present_value(plan, 0.0) == Approx(150.0));
  CHECK(net_present_value(plan, 0.1)
        == Approx(600 / 1.1 + 600 / 1.21 - 50 / 1.1 - 1000));
  plan.delay = 0.5;
  CHECK(net_present_value(plan, 0.1)
        == Approx(600 / std::pow(1.1, 1.5) + 600 / std::pow(1.1, 2.5) - 50 / 1.1
                  - 1000));
}

TEST_CASE("a discount rate of 0 is 0 under the standard rules") {
  financial_record record;
  record.initial_investment = 100.0;
  record.expected_revenue = {60.0, 60.0};
  record.discount_rate = 0.0;
  CHECK(figure(record, financial_figure::npv) == 20.0);
  CHECK(figure(record, financial_figure::npv_rate_used) == 0.0);
  CHECK(figure(record, financial_figure::npv_rate_used, rule_set::compat)
        == 0.1);
}

TEST_CASE("ongoing costs and a delay of benefits lower the value") {
  financial_record record;
  record.initial_investment = 1000.0;
  record.expected_revenue = {700.0, 700.0};
  const auto before = figure(record, financial_figure::npv);
  auto costly = record;
  costly.ongoing_costs = {10.0, 10.0};
  CHECK(figure(costly, financial_figure::npv) < before);
  CHECK(figure(costly, financial_figure::roi_ratio)
        == Approx((1400.0 - 20.0 - 1000.0) / 1000.0));
  auto late = record;
  late.benefit_realization_delay_months = 6.0;
  CHECK(figure(late, financial_figure::npv) < before);
}

TEST_CASE("an internal rate of return is the one of the textbook") {
  CHECK(internal_rate_of_return({100.0, {110.0}, {}, 0.0}).value()
        == Approx(0.10));
  CHECK(internal_rate_of_return({100.0, {60.0, 60.0}, {}, 0.0}).value()
        == Approx(0.130662386));
  CHECK(internal_rate_of_return({100.0, {50.0, 50.0}, {}, 0.0}).value() == 0.0);
  CHECK(internal_rate_of_return({100.0, {30.0, 30.0}, {}, 0.0}).value()
        == Approx((30.0 + std::sqrt(12900.0)) / 200.0 - 1.0));
}

TEST_CASE("payments without a change of sign have no internal rate") {
  CHECK_FALSE(internal_rate_of_return({100.0, {}, {5.0}, 0.0}));
  CHECK_FALSE(internal_rate_of_return({0.0, {10.0, 20.0}, {}, 0.0}));
  CHECK_FALSE(internal_rate_of_return({0.0, {}, {}, 0.0}));
}

TEST_CASE("a rate outside the range is no internal rate") {
  CHECK_FALSE(internal_rate_of_return({1.0, {1000.0}, {}, 0.0}));
  CHECK_FALSE(internal_rate_of_return({1000.0, {1.0}, {}, 0.0}));
}

TEST_CASE("of several internal rates the one nearest to 0 is taken") {
  // 100 (x - 1/1.1) (x - 1/1.3): roots at 10 % and 30 %.
  const payment_plan plan{
    100.0 / (1.1 * 1.3), {100.0 * (1 / 1.1 + 1 / 1.3)}, {0.0, 100.0}, 0.0};
  CHECK(internal_rate_of_return(plan).value() == Approx(0.1));
  // The same with roots at -50 % and -20 %, and at -20 % and 30 %.
  CHECK(internal_rate_of_return({2.5, {3.25}, {0.0, 1.0}, 0.0}).value()
        == Approx(-0.2));
  const auto low = 1 / 0.8;
  const auto high = 1 / 1.3;
  CHECK(
    internal_rate_of_return({low * high, {low + high}, {0.0, 1.0}, 0.0}).value()
    == Approx(0.3));
}

TEST_CASE("the value at the internal rate of return is 0") {
  std::mt19937_64 source{11};
  auto found = 0;
  for (auto i = 0; i < 3000; ++i) {
    const auto record = random_record(source);
    const auto plan = to_plan(record);
    const auto rate = internal_rate_of_return(plan);
    if (!rate)
      continue;
    ++found;
    auto size = plan.investment;
    for (std::size_t t = 0; t < plan.benefits.size(); ++t)
      size += plan.benefits[t]
              / std::pow(1.0 + *rate, static_cast<double>(t + 1) + plan.delay);
    for (std::size_t t = 0; t < plan.costs.size(); ++t)
      size += plan.costs[t] / std::pow(1.0 + *rate, static_cast<double>(t + 1));
    CHECK(std::abs(net_present_value(plan, *rate)) <= 1e-10 * size);
    CHECK(*rate >= internal_rate_min);
    CHECK(*rate <= internal_rate_max);
  }
  CHECK(found > 1000);
}

TEST_CASE("benefits that come too late do not come") {
  for (const auto delay : {infinity, 1e300, missing_value}) {
    const payment_plan plan{100.0, {200.0}, {1.0}, delay};
    CHECK_FALSE(internal_rate_of_return(plan));
    CHECK((payback_periods(plan, 0.1) == infinity || std::isnan(delay)));
  }
}

TEST_CASE("payback is interpolated within its period") {
  CHECK(payback_periods({100.0, {60.0, 60.0}, {}, 0.0}, 0.0)
        == Approx(1.0 + 40.0 / 60.0));
  CHECK(payback_periods({100.0, {60.0, 60.0}, {10.0, 10.0}, 0.0}, 0.0)
        == Approx(2.0));
  CHECK(payback_periods({100.0, {60.0, 60.0}, {}, 0.5}, 0.0)
        == Approx(0.5 + 1.0 + 40.0 / 60.0));
  CHECK(payback_periods({100.0, {60.0, 60.0}, {}, 2.0}, 0.0)
        == Approx(2.0 + 1.0 + 40.0 / 60.0));
  CHECK(payback_periods({100.0, {60.0, 60.0}, {12.0}, 0.5}, 0.0)
        == Approx(0.5 + 1.0 + 52.0 / 60.0));
}

TEST_CASE("discounted payback counts discounted payments") {
  CHECK(payback_periods({100.0, {66.0, 60.5}, {}, 0.0}, 0.1)
        == Approx(1.0 + 40.0 / 50.0));
  CHECK(payback_periods({100.0, {55.0, 54.0}, {}, 0.0}, 0.1) == infinity);
}

TEST_CASE("what is never earned back has no payback, nothing has 0") {
  CHECK(payback_periods({100.0, {30.0, 30.0}, {}, 0.0}, 0.0) == infinity);
  CHECK(payback_periods({0.0, {30.0}, {}, 0.0}, 0.0) == 0.0);
}

TEST_CASE("cost of delay and WSJF follow from cost, delay and duration") {
  financial_record record;
  record.cost_of_delay_per_month = 1000.0;
  record.benefit_realization_delay_months = 3.0;
  record.implementation_timeline_months = 4.0;
  CHECK(figure(record, financial_figure::cost_of_delay) == 3000.0);
  CHECK(figure(record, financial_figure::wsjf) == 250.0);
}

TEST_CASE("a record without an estimate has no score under standard rules") {
  CHECK(std::isnan(figure({}, financial_figure::combined_financial_score)));
  CHECK(figure({}, financial_figure::combined_financial_score, rule_set::compat)
        == 0.0);
}

TEST_CASE("a given confidence is kept under the standard rules") {
  financial_record record;
  record.confidence_level = 0.25;
  CHECK(figure(record, financial_figure::confidence_level) == 0.25);
}

TEST_CASE("raising a benefit never lowers the net present value") {
  std::mt19937_64 source{12};
  for (auto i = 0; i < 2000; ++i) {
    auto record = random_record(source);
    if (record.expected_revenue.empty())
      record.expected_revenue = {0.0};
    const auto before = figure(record, financial_figure::npv);
    auto& raised
      = record.expected_revenue[source() % record.expected_revenue.size()];
    raised += 1.0 + 0.1 * raised;
    const auto after = figure(record, financial_figure::npv);
    CHECK((std::isnan(before) || after >= before));
  }
}

TEST_CASE("raising the risk never raises a financial score") {
  std::mt19937_64 source{13};
  for (auto i = 0; i < 2000; ++i) {
    auto record = random_record(source);
    auto last_a = infinity;
    auto last_b = infinity;
    for (auto risk = 0; risk < 5; ++risk) {
      record.risk = static_cast<risk_class>(risk);
      const auto figures = evaluate(record, rule_set::standard);
      const auto a = get(figures, financial_figure::total_financial_score);
      const auto b = get(figures, financial_figure::combined_financial_score);
      if (std::isnan(b))
        break;
      CHECK(a <= last_a);
      CHECK(b <= last_b);
      CHECK(a >= 0.0);
      CHECK(b >= 0.0);
      CHECK(a <= 1.0);
      CHECK(b <= 1.0);
      last_a = a;
      last_b = b;
    }
  }
}

TEST_CASE("any record can be evaluated, however extreme") {
  constexpr double extremes[]{0.0,   -1.0,      1e308,    -1e308,       1e-308,
                              120.0, -infinity, infinity, missing_value};
  std::mt19937_64 source{14};
  const auto draw = [&] { return extremes[source() % std::size(extremes)]; };
  for (auto i = 0; i < 5000; ++i) {
    financial_record record;
    for (const auto* key :
         {"initial_investment", "implementation_cost",
          "implementation_timeline_months", "benefit_realization_delay_months",
          "cost_of_delay_per_month", "quality_improvement_factor",
          "discount_rate"})
      *find_number(record, key) = draw();
    for (const auto* key : {"ongoing_costs", "expected_revenue", "cost_savings",
                            "productivity_gains"}) {
      find_series(record, key)->resize(source() % 4);
      for (auto& value : *find_series(record, key))
        value = draw();
    }
    record.confidence_level = draw();
    for (const auto rules : {rule_set::standard, rule_set::compat}) {
      const auto b
        = figure(record, financial_figure::combined_financial_score, rules);
      CHECK((std::isnan(b) || (b >= 0.0 && b <= 1.0)));
    }
  }
}

TEST_CASE("a thousand periods stay within the range of numbers") {
  financial_record record;
  record.initial_investment = 1e6;
  record.expected_revenue.assign(financial_periods_max, 1e4);
  record.discount_rate = 1.0;
  CHECK(std::isfinite(figure(record, financial_figure::npv)));
  CHECK(figure(record, financial_figure::irr) == Approx(0.01).epsilon(1e-3));
}

TEST_CASE("validation names every key out of range") {
  financial_record record;
  CHECK(validate(record).empty());
  record.initial_investment = -1.0;
  record.implementation_timeline_months = 0.0;
  record.discount_rate = missing_value;
  record.confidence_level = 1.5;
  record.expected_revenue = {1.0, infinity};
  record.cost_savings.resize(financial_periods_max + 1);
  const auto problems = validate(record);
  std::vector<std::string> keys;
  for (const auto& problem : problems)
    keys.push_back(problem.key);
  CHECK(keys
        == std::vector<std::string>{"initial_investment",
                                    "implementation_timeline_months",
                                    "discount_rate", "confidence_level",
                                    "expected_revenue[1]", "cost_savings"});
  CHECK(problems[1].message
        == "implementation_timeline_months is not between 0.1 and 120");
  CHECK(problems[1].kind == troupe::runtime::problem_kind::invalid_input);
}

TEST_CASE("risk classes have the names of the data") {
  for (auto risk = 0; risk < 5; ++risk)
    CHECK(parse_risk_class(to_string(static_cast<risk_class>(risk)))
          == static_cast<risk_class>(risk));
  CHECK_FALSE(parse_risk_class("unknown"));
}
