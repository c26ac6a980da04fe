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

/// Benefits that come later than this never come.
constexpr auto delay_max = static_cast<double>(financial_periods_max);

/// Growth of 1 + rate from one point of a scan to the next.
constexpr auto scan_growth = 1.02;

std::size_t periods_of(const payment_plan& plan) noexcept {
  return std::max(plan.benefits.size(), plan.costs.size());
}

double amount_at(const std::vector<double>& series, std::size_t t) noexcept {
  return t < series.size() ? series[t] : 0.0;
}

/// Most plans have no delay, and pow is what takes time here.
double power(double base, double exponent) {
  return exponent == 0.0 ? 1.0 : std::pow(base, exponent);
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
    return benefits * power(x, plan.delay) - costs - plan.investment;
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

/// What is paid on each date, in the order of the dates.
std::vector<double> net_payments(const payment_plan& plan) {
  std::vector<double> result{-plan.investment};
  result.reserve(1 + plan.benefits.size() + plan.costs.size());
  std::size_t benefit = 0;
  std::size_t cost = 0;
  while (benefit < plan.benefits.size() || cost < plan.costs.size()) {
    const auto benefit_date = benefit < plan.benefits.size()
                                ? static_cast<double>(benefit) + plan.delay
                                : infinity;
    const auto cost_date
      = cost < plan.costs.size() ? static_cast<double>(cost) : infinity;
    auto net = 0.0;
    if (cost_date <= benefit_date)
      net -= plan.costs[cost++];
    if (benefit_date <= cost_date)
      net += plan.benefits[benefit++];
    result.push_back(net);
  }
  return result;
}

/// Changes of sign in the running sums.
template <class Iterator>
int sign_changes(Iterator first, Iterator last) {
  auto changes = 0;
  auto sum = 0.0;
  auto sign = 0;
  for (; first != last; ++first) {
    sum += *first;
    const auto now = (sum > 0.0 ? 1 : 0) - (sum < 0.0 ? 1 : 0);
    if (now != 0 && sign != 0 && now != sign)
      ++changes;
    sign = now != 0 ? now : sign;
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

/// The first root met on the way from 0 to `bound`. Two roots closer together
/// than a step may go unseen.
std::optional<double> scan_for_root(const payment_plan& plan, double at_zero,
                                    double bound) {
  const auto growth = bound > 0.0 ? scan_growth : 1.0 / scan_growth;
  auto rate = 0.0;
  auto value = at_zero;
  while (rate != bound) {
    const auto step = (1.0 + rate) * growth - 1.0;
    const auto next
      = bound > 0.0 ? std::min(step, bound) : std::max(step, bound);
    const auto next_value = scaled_value(plan, next);
    if (next_value == 0.0)
      return next;
    if (are_opposite(value, next_value))
      return root_between(plan, rate, value, next, next_value);
    rate = next;
    value = next_value;
  }
  return std::nullopt;
}

/// The only root between 0 and `bound`, if there is one.
std::optional<double> only_root(const payment_plan& plan, double at_zero,
                                double bound) {
  // Most rates are small, and a tight bracket saves half of the steps.
  for (const auto end : {bound / 10.0, bound}) {
    const auto value = scaled_value(plan, end);
    if (value == 0.0)
      return end;
    if (are_opposite(at_zero, value))
      return root_between(plan, 0.0, at_zero, end, value);
  }
  return std::nullopt;
}

/// The root nearest to 0 on one side of it. `changes` bounds their number.
std::optional<double> nearest_root(const payment_plan& plan, double at_zero,
                                   double bound, int changes) {
  if (changes == 0)
    return std::nullopt;
  return changes == 1 ? only_root(plan, at_zero, bound)
                      : scan_for_root(plan, at_zero, bound);
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
  return benefits / power(growth, plan.delay) - costs - plan.investment;
}

// Rates above 0 whose value is 0 are at most as many as the changes of sign in
// the payments summed up from the first one, rates below 0 as those summed up
// from the last one: the rule of signs for Laplace transforms, of which
// Norstrom, "A sufficient condition for a unique nonnegative internal rate of
// return", is a case.
std::optional<double> internal_rate_of_return(const payment_plan& plan) {
  if (!(plan.delay >= 0.0 && plan.delay <= delay_max))
    return std::nullopt;
  const auto payments = net_payments(plan);
  const auto [least, most]
    = std::minmax_element(payments.begin(), payments.end());
  if (!(*least < 0.0 && *most > 0.0))
    return std::nullopt;
  const auto at_zero = scaled_value(plan, 0.0);
  if (at_zero == 0.0)
    return 0.0;
  const auto above
    = nearest_root(plan, at_zero, internal_rate_max,
                   sign_changes(payments.begin(), payments.end()));
  if (above)
    return above;
  return nearest_root(plan, at_zero, internal_rate_min,
                      sign_changes(payments.rbegin(), payments.rend()));
}

double payback_periods(const payment_plan& plan, double rate) {
  if (!(plan.investment > 0.0))
    return 0.0;
  const auto delay = std::max(0.0, plan.delay);
  if (!(delay <= delay_max))
    return infinity;
  const auto whole = static_cast<std::size_t>(delay);
  const auto fraction = delay - static_cast<double>(whole);
  const auto growth = 1.0 + rate;
  const auto late = power(growth, delay);

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
