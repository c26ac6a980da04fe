#pragma once

#include "actors/scoring/financial.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

enum class financials_format { jsonl, csv };

/// Financial data by work item id, from a file of its own. Plain data.
struct financial_table {
  std::map<std::string, financial_figures, std::less<>> figures;

  /// Null if there is no record for this id.
  [[nodiscard]] const financial_figures* find(std::string_view id) const;
};

/// Reads such a file: JSONL objects (the record's keys beside `work_item_id`,
/// or below `financial`) or CSV (a list is a cell of numbers separated by ';').
/// The first bad record ends the read with file, line and key; an id that
/// occurs twice is a bad record. Ids need not be in any portfolio: their scores
/// count for the reference quantile (`financial_reference`).
[[nodiscard]] runtime::outcome<financial_table>
read_financials(std::string_view text, financials_format format, rule_set rules,
                const std::string& file);

} // namespace troupe::scoring
