#include "actors/scoring/financial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

// Values of dated payments over time: net present value, internal rate of
// return and payback.

namespace troupe::scoring {

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

/// Points at which a plan with several changes of sign is looked at.
constexpr auto scan_steps = 400;

std::size_t periods_of(const payment_plan& plan) noexcept {
  return std::max(plan.benefits.size(), plan.costs.size());
}

double amount_at(const std::vector<double>& series, std::size_t t) noexcept {
  return t < series.size() ? series[t] : 0.0;
}

/// The net present value times a positive factor that keeps it in range: 1 for
/// rates from 0, (1+rate)^(periods+delay) below. Both by Horner's rule.
double scaled_value(const payment_plan& plan, double rate) {
  const auto n = periods_of(plan);
  auto benefits = 0.0;
  auto costs = 0.0;
  if (rate >= 0.0) {
    const auto x = 1.0 / (1.0 + rate);
    for (std::size_t t = n; t-- > 0;) {
      benefits = (benefits + amount_at(plan.benefits, t)) * x;
      costs = (costs + amount_at(plan.costs, t)) * x;
    }
    return benefits * std::pow(x, plan.delay) - costs - plan.investment;
  }
  const auto y = 1.0 + rate;
  auto all = 1.0;
  for (std::size_t t = 0; t < n; ++t) {
    benefits = benefits * y + amount_at(plan.benefits, t);
    costs = costs * y + amount_at(plan.costs, t);
    all *= y;
  }
  return benefits - std::pow(y, plan.delay) * (costs + plan.investment * all);
}

/// Changes of sign in the payments in the order of their dates. By Descartes'
/// rule, which holds for real exponents too, an upper bound of the rates whose
/// value is 0.
int sign_changes(const payment_plan& plan) {
  struct payment {
    double date;
    double amount;
  };
  std::vector<payment> payments{{0.0, -plan.investment}};
  for (std::size_t t = 0; t < plan.benefits.size(); ++t)
    payments.push_back(
      {static_cast<double>(t + 1) + plan.delay, plan.benefits[t]});
  for (std::size_t t = 0; t < plan.costs.size(); ++t)
    payments.push_back({static_cast<double>(t + 1), -plan.costs[t]});
  std::stable_sort(payments.begin(), payments.end(),
                   [](const payment& a, const payment& b) {
                     return a.date < b.date;
                   });
  auto changes = 0;
  auto last = 0.0;
  for (std::size_t i = 0; i < payments.size();) {
    const auto date = payments[i].date;
    auto net = 0.0;
    for (; i < payments.size() && payments[i].date == date; ++i)
      net += payments[i].amount;
    if (net == 0.0)
      continue;
    if (last != 0.0 && (net > 0.0) != (last > 0.0))
      ++changes;
    last = net;
  }
  return changes;
}

/// A root of the scaled value between two rates where it has opposite signs:
/// Brent, "Algorithms for Minimization without Derivatives", chapter 4.
double root_between(const payment_plan& plan, double a, double fa, double b,
                    double fb) {
  auto c = a;
  auto fc = fa;
  auto step = b - a;
  auto previous = step;
  for (auto round = 0; round < 200; ++round) {
    if (std::abs(fc) < std::abs(fb)) {
      a = std::exchange(b, c);
      c = a;
      fa = std::exchange(fb, fc);
      fc = fa;
    }
    const auto tolerance = 2.0 * std::numeric_limits<double>::epsilon()
                           * std::max(1e-3, std::abs(b));
    const auto half = 0.5 * (c - b);
    if (std::abs(half) <= tolerance || fb == 0.0)
      return b;
    if (std::abs(previous) >= tolerance && std::abs(fa) > std::abs(fb)) {
      const auto s = fb / fa;
      auto p = 2.0 * half * s;
      auto q = 1.0 - s;
      if (a != c) {
        const auto t = fa / fc;
        const auto r = fb / fc;
        p = s * (2.0 * half * t * (t - r) - (b - a) * (r - 1.0));
        q = (t - 1.0) * (r - 1.0) * (s - 1.0);
      }
      if (p > 0.0)
        q = -q;
      p = std::abs(p);
      const auto interpolates
        = 2.0 * p < std::min(3.0 * half * q - std::abs(tolerance * q),
                             std::abs(previous * q));
      previous = interpolates ? step : half;
      step = interpolates ? p / q : half;
    } else {
      previous = step = half;
    }
    a = b;
    fa = fb;
    b += std::abs(step) > tolerance ? step : std::copysign(tolerance, half);
    fb = scaled_value(plan, b);
    if ((fb > 0.0) == (fc > 0.0)) {
      c = a;
      fc = fa;
      previous = step = b - a;
    }
  }
  return b;
}

bool are_opposite(double one, double other) noexcept {
  return (one < 0.0 && other > 0.0) || (one > 0.0 && other < 0.0);
}

/// The first root met from the lowest rate upwards. Two roots closer together
/// than a step (1.8 % of 1+rate) may go unseen.
std::optional<double> scan_for_root(const payment_plan& plan) {
  const auto span
    = std::log((1.0 + internal_rate_max) / (1.0 + internal_rate_min));
  auto rate = internal_rate_min;
  auto value = scaled_value(plan, rate);
  for (auto i = 1; i <= scan_steps; ++i) {
    if (value == 0.0)
      return rate;
    const auto next_rate
      = i == scan_steps
          ? internal_rate_max
          : (1.0 + internal_rate_min) * std::exp(span * i / scan_steps) - 1.0;
    const auto next_value = scaled_value(plan, next_rate);
    if (are_opposite(value, next_value))
      return root_between(plan, rate, value, next_rate, next_value);
    rate = next_rate;
    value = next_value;
  }
  return value == 0.0 ? std::optional{rate} : std::nullopt;
}

} // namespace

double net_present_value(const payment_plan& plan, double rate) {
  const auto growth = 1.0 + rate;
  auto benefits = 0.0;
  auto costs = 0.0;
  auto discount = 1.0;
  for (std::size_t t = 0; t < periods_of(plan); ++t) {
    discount *= growth;
    benefits += amount_at(plan.benefits, t) / discount;
    costs += amount_at(plan.costs, t) / discount;
  }
  return benefits / std::pow(growth, plan.delay) - costs - plan.investment;
}

std::optional<double> internal_rate_of_return(const payment_plan& plan) {
  const auto changes = sign_changes(plan);
  if (changes == 0)
    return std::nullopt;
  if (changes > 1)
    return scan_for_root(plan);
  // One root at most. Most are small and positive: look there first.
  const auto at_zero = scaled_value(plan, 0.0);
  if (at_zero == 0.0)
    return 0.0;
  for (const auto bound : {1.0, internal_rate_max, internal_rate_min}) {
    const auto value = scaled_value(plan, bound);
    if (value == 0.0)
      return bound;
    if (are_opposite(at_zero, value))
      return root_between(plan, 0.0, at_zero, bound, value);
  }
  return std::nullopt;
}

double payback_periods(const payment_plan& plan, double rate) {
  if (!(plan.investment > 0.0))
    return 0.0;
  const auto delay = std::max(0.0, plan.delay);
  if (!(delay <= static_cast<double>(financial_periods_max)))
    return infinity;
  const auto whole = static_cast<std::size_t>(delay);
  const auto fraction = delay - static_cast<double>(whole);
  const auto growth = 1.0 + rate;
  const auto late = std::pow(growth, delay);

  // Between k and k + fraction the benefits of one period flow, from there to
  // k + 1 those of the next; the costs of period k + 1 flow all the time.
  auto balance = -plan.investment;
  auto cost_discount = growth;
  auto benefit_discount = growth * late;
  auto running = 0.0;
  const auto last = periods_of(plan) + whole + 1;
  for (std::size_t k = 0; k < last; ++k) {
    const auto cost = amount_at(plan.costs, k) / cost_discount;
    cost_discount *= growth;
    const auto start = static_cast<double>(k);
    const auto flow = [&](double from, double length) {
      const auto slope = running - cost;
      if (slope > 0.0 && balance + slope * length >= 0.0)
        return std::optional{from - balance / slope};
      balance += slope * length;
      return std::optional<double>{};
    };
    if (const auto paid = flow(start, fraction))
      return *paid;
    if (k >= whole) {
      running = amount_at(plan.benefits, k - whole) / benefit_discount;
      benefit_discount *= growth;
    }
    if (const auto paid = flow(start + fraction, 1.0 - fraction))
      return *paid;
  }
  return infinity;
}

} // namespace troupe::scoring
