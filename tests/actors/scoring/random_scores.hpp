#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/scored_portfolio.hpp"

#include <cstddef>

namespace troupe::tests {

/// The default plan under these rules.
[[nodiscard]] scoring::scoring_plan plan_with(scoring::rule_set rules);

/// A plan of the default criteria on random values; under the standard rules a
/// tenth of them is missing.
[[nodiscard]] scoring::scored_portfolio
random_portfolio(const scoring::scoring_plan& plan, std::size_t rows,
                 unsigned seed);

} // namespace troupe::tests
