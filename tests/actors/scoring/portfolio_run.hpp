#pragma once

#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/portfolio.hpp"
#include "actors/scoring/score_batch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tests {

/// Everything that scoring makes of a portfolio.
struct portfolio_run {
  scoring::scoring_plan plan;
  std::size_t rows = 0;
  scoring::item_batch items;
  scoring::scoring_scales scales;
  scoring::strategic_batch strategic;
  scoring::total_batch totals;
  std::vector<std::uint32_t> overall_order;
  std::vector<std::uint32_t> overall_rank;
  std::vector<std::uint32_t> financial_rank;
  std::vector<std::uint32_t> strategic_rank;
  scoring::portfolio_summary summary;

  [[nodiscard]] std::string id(std::size_t row) const;
};

/// A configuration from the golden config.json (or what an edge case makes of
/// it), with the settings of its first case.
[[nodiscard]] scoring::scoring_configuration
to_configuration(const nlohmann::json& text);

/// Reads items (JSON lines) and scores them in batches, as the actors do.
[[nodiscard]] runtime::outcome<portfolio_run>
run_portfolio(const scoring::scoring_configuration& configuration,
              std::string_view items,
              std::size_t batch_rows = std::numeric_limits<std::size_t>::max());

} // namespace troupe::tests
