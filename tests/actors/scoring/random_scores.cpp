#include "tests/actors/scoring/random_scores.hpp"

#include <random>

namespace troupe::tests {

using namespace scoring;

scored_portfolio random_portfolio(const scoring_plan& plan, std::size_t rows,
                                  unsigned seed) {
  auto random = std::mt19937{seed};
  const auto uniform
    = [&] { return static_cast<double>(random() % 100'000) / 100'000.0; };
  auto portfolio = scored_portfolio{};
  portfolio.values.resize(plan.criteria.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (auto& column : portfolio.values)
      column.push_back(random() % 10 == 0 && plan.rules == rule_set::standard
                         ? missing_value
                         : uniform());
    const auto has = random() % 2 == 0;
    portfolio.has_financial.push_back(has ? 1 : 0);
    portfolio.has_strategic.push_back(1);
    portfolio.financial.push_back(has ? uniform() : 0.0);
    portfolio.financial_normalised.push_back(portfolio.financial.back());
    portfolio.penalty.push_back(has ? 0.3 * uniform() : 0.0);
  }
  return portfolio;
}

scoring_plan plan_with(rule_set rules) {
  auto configuration = default_configuration();
  configuration.rules = rules;
  return compile(configuration).value();
}

} // namespace troupe::tests
