#include "actors/simulation/scenario.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

void resolve(std::vector<year_rate>& rates, std::int32_t year, ppm& rate) {
  const auto found
    = std::ranges::lower_bound(rates, year, {}, &year_rate::year);
  if (found != rates.end() && found->year == year)
    rate = found->rate;
  rates.clear();
}

} // namespace

scenario rules_of_year(const scenario& of, std::int32_t year) {
  auto rules = of;
  resolve(rules.growth_by_year, year, rules.growth_rate);
  resolve(rules.cola_by_year, year, rules.compensation.cola_rate);
  return rules;
}

} // namespace troupe::simulation
