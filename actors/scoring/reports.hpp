#pragma once

#include "actors/scoring/financial.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// The lines of one batch in one file of a result; the file's header comes
/// before the row 0 of the portfolio. Numbers have the shortest form that reads
/// back exactly, or `decimals` fixed ones. Files:
///
/// * totals.csv: id, strategic_raw, strategic, financial and total score,
/// ranks;
/// * categories.csv: id, a score per category (standard: 0..1; compat: sum of
///   value x global weight);
/// * criteria.csv: id, each criterion's value after normalisation;
/// * financial.csv: id, financial figures, for items that have any; a figure
///   that is not defined is empty;
/// * scores.csv: id, each category's contribution to the strategic score,
/// total,
///   rank.
///
/// `not_found` for any other name.
[[nodiscard]] runtime::outcome<std::string>
render_report(std::string_view file, const scoring_plan& plan,
              const scored_batch& batch, std::optional<int> decimals);

/// The files `--out` writes row by row.
[[nodiscard]] const std::vector<std::string>& report_files();

/// summary.json: the portfolio's figures, with the keys of the source system.
/// `other_financials` belong to no item, but count in the financial figures.
[[nodiscard]] std::string
render_summary(const scoring_plan& plan, const scoring_scales& scales,
               const std::vector<scored_batch>& result,
               std::span<const financial_figures> other_financials);

} // namespace troupe::scoring
