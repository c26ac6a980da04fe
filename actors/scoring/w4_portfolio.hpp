#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"

#include <cstddef>
#include <string>

namespace troupe::scoring {

// The portfolio of benchmark W4 (benchmarks/README.md), made from a formula so
// that any program can make the same: 20 criteria in 4 categories of 5.

/// Value of item `row` in criterion `column` (0..19): 6 decimals, from 0 up to
/// 100 x (column + 1).
[[nodiscard]] double w4_value(std::size_t row, std::size_t column) noexcept;

/// "id,c01,...,c20\n", the first line of the portfolio as CSV.
[[nodiscard]] std::string w4_header();

/// Appends the line of row `row`, whose id is `row`, with 6 decimals.
void append_w4_row(std::size_t row, std::string& text);

/// Rows [first, first + rows) of the portfolio: values only, no texts.
[[nodiscard]] item_batch make_w4_items(std::size_t first, std::size_t rows);

/// Criterion j has the weight (j+1)/210 to the last bit and minmax values;
/// every third is better when lower; category k has criteria 5k to 5k+4. The
/// total is the strategic score alone.
[[nodiscard]] scoring_plan make_w4_plan();

/// A configuration that compiles to these weights; ids are in the field "id",
/// values in c01 to c20.
[[nodiscard]] scoring_configuration make_w4_configuration();

} // namespace troupe::scoring
