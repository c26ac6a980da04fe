#include "actors/simulation/headcount.hpp"

#include <string>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Holds any product of a headcount and a rate, and of hires and a rate.
__extension__ using wide = __int128;

constexpr auto whole = wide{ppm_whole};
constexpr auto growth_max = 10 * ppm_whole;

std::int64_t narrow(wide value) {
  return static_cast<std::int64_t>(value);
}

/// For quotients that are not negative.
wide ceil_of(wide dividend, wide divisor) {
  return (dividend + divisor - 1) / divisor;
}

wide half_up(wide dividend, wide divisor) {
  return (2 * dividend + divisor) / (2 * divisor);
}

wide half_even(wide dividend, wide divisor) {
  const auto floor = dividend / divisor;
  const auto twice_rest = 2 * (dividend % divisor);
  const auto is_up
    = twice_rest > divisor || (twice_rest == divisor && floor % 2 == 1);
  return floor + (is_up ? 1 : 0);
}

struct leavers_and_hires {
  wide terminations = 0;
  wide hires = 0;
  wide new_hire_terminations = 0;
};

leavers_and_hires plan_rounded_up(const workforce_rules& rules, ppm growth,
                                  wide start) {
  const auto left = ceil_of(start * rules.termination_rate, whole);
  const auto need = left * whole + start * growth;
  if (need <= 0)
    return {left + -need / whole, 0, 0};
  const auto hires = ceil_of(need, whole - rules.new_hire_termination_rate);
  return {left, hires,
          half_even(hires * rules.new_hire_termination_rate, whole)};
}

leavers_and_hires plan_exactly(const workforce_rules& rules, ppm growth,
                               wide start) {
  const auto target = half_up(start * (whole + growth), whole);
  const auto left = start * rules.termination_rate / whole;
  const auto net = target - (start - left);
  if (net <= 0)
    return {left - net, 0, 0};
  const auto hires
    = ceil_of(net * whole, whole - rules.new_hire_termination_rate);
  return {left, hires, hires - net};
}

std::string in_ppm(ppm rate) {
  return std::to_string(rate) + " ppm";
}

outcome<void> check(const workforce_rules& rules, ppm growth,
                    std::int64_t start) {
  const auto invalid = [](std::string message, std::string hint) {
    return fail(problem_kind::invalid_input, std::move(message),
                std::move(hint));
  };
  if (start <= 0)
    return invalid("nobody is there at the start of the year",
                   "a projection needs at least one person");
  if (start > people_max)
    return invalid(std::to_string(start) + " people at the start of the year",
                   "give at most " + std::to_string(people_max));
  if (rules.termination_rate < 0 || rules.termination_rate > ppm_whole)
    return invalid("a termination rate of " + in_ppm(rules.termination_rate),
                   "give a rate from 0 to 1");
  if (rules.new_hire_termination_rate < 0
      || rules.new_hire_termination_rate >= ppm_whole)
    return invalid("a new-hire termination rate of "
                     + in_ppm(rules.new_hire_termination_rate),
                   "give a rate from 0 to below 1: if all hires leave, no "
                   "number of hires is enough");
  if (growth < -ppm_whole || growth > growth_max)
    return invalid("a growth rate of " + in_ppm(growth),
                   "give a rate from -1 to 10");
  return {};
}

} // namespace

outcome<headcount> plan_headcount(const workforce_rules& rules, ppm growth,
                                  std::int64_t start) {
  if (auto checked = check(rules, growth, start); !checked)
    return fail(std::move(checked.error()));
  const auto plan = rules.method == headcount_method::ceil
                      ? plan_rounded_up(rules, growth, start)
                      : plan_exactly(rules, growth, start);
  if (plan.terminations > start)
    return fail(problem_kind::invalid_input,
                std::to_string(narrow(plan.terminations)) + " of "
                  + std::to_string(start) + " people would have to leave",
                "give a growth rate that is less negative");
  if (plan.hires > people_max)
    return fail(problem_kind::invalid_input,
                "more than " + std::to_string(people_max) + " hires in a year",
                "give a lower growth rate or a lower new-hire termination "
                "rate");
  return headcount{start, narrow(plan.terminations), narrow(plan.hires),
                   narrow(plan.new_hire_terminations),
                   narrow(start - plan.terminations + plan.hires
                          - plan.new_hire_terminations)};
}

} // namespace troupe::simulation
