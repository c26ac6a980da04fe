#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// A missing number in a column.
inline constexpr double missing_value
  = std::numeric_limits<double>::quiet_NaN();

/// Texts laid end to end: text i is characters[offsets[i], offsets[i+1]).
struct text_list {
  std::vector<std::uint32_t> offsets{0};
  std::string characters;

  [[nodiscard]] std::size_t size() const noexcept {
    return offsets.size() - 1;
  }

  void add(std::string_view text) {
    characters.append(text);
    offsets.push_back(static_cast<std::uint32_t>(characters.size()));
  }
};

/// The same, borrowed. `offsets` may begin anywhere in `characters`.
struct text_view {
  std::span<const std::uint32_t> offsets;
  std::string_view characters;

  [[nodiscard]] std::size_t size() const noexcept {
    return offsets.empty() ? 0 : offsets.size() - 1;
  }

  [[nodiscard]] std::string_view operator[](std::size_t row) const {
    return characters.substr(offsets[row], offsets[row + 1] - offsets[row]);
  }
};

/// What is known about an item's money. One column each; NaN: not defined for
/// this item. Payback +inf: never; annual return -inf: not representable.
enum class financial_figure : std::size_t {
  npv,
  profitability_index,
  npv_rate_used,
  roi_ratio,
  payback_years,
  annual_return_rate,
  copq_total,
  copq_net_savings,
  total_financial_score, ///< Score A, of portfolio figures.
  confidence_level,
  npv_score,
  roi_score,
  copq_score,
  delay_urgency_score,
  combined_financial_score, ///< Score B, of ranking.
  risk_adjustment_factor,
  investment, ///< Initial investment plus implementation cost.
  irr,
  discounted_payback_years,
  cost_of_delay, ///< Per month times months of delay.
  wsjf,
  /// Standard rules: 0 (no risk) to 1, what the penalty rises with.
  risk_level,
};

inline constexpr std::size_t financial_figure_count
  = static_cast<std::size_t>(financial_figure::risk_level) + 1;

/// Items, by column, as read from a source. All columns have `rows` entries.
struct item_batch {
  std::size_t rows = 0;
  text_list ids;
  text_list titles;
  /// values[criterion][row]: after the mapping, before normalisation.
  /// NaN: missing (standard rules; under compat a NaN is a NaN).
  std::vector<std::vector<double>> values;
  /// XXH3 of what the scores of the item depend on.
  std::vector<std::uint64_t> digests;
  /// financials[figure][row]; empty when no item of the batch has any.
  std::vector<std::vector<double>> financials;
  /// 1 where the item has financial data; empty as `financials`.
  std::vector<std::uint8_t> has_financials;
  /// What the hierarchy needs; empty unless asked for.
  text_list parents;
  std::vector<std::uint8_t> types; ///< work_item_type; 0: none or unknown.
  std::vector<std::uint8_t> states; ///< work_item_state; 0: none or unknown.
  std::vector<double> story_points; ///< NaN: none.
  std::vector<double> complexities; ///< NaN: none.
  std::vector<double> risks; ///< NaN: none.
};

/// The part of a batch that scoring needs, borrowed.
struct item_view {
  std::size_t rows = 0;
  /// One column per criterion.
  std::vector<std::span<const double>> values;
  /// One column per figure, or none at all.
  std::vector<std::span<const double>> financials;
  std::span<const std::uint8_t> has_financials;
};

[[nodiscard]] item_view view(const item_batch& batch);

} // namespace troupe::scoring
