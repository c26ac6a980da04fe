#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/item_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tests {

/// The default configuration under these rules, compiled.
[[nodiscard]] scoring::scoring_plan
golden_plan(scoring::rule_set rules,
            scoring::dotted_sources dotted = scoring::dotted_sources::resolved);

/// A standard plan of plain criteria with these sources.
[[nodiscard]] scoring::scoring_plan
plan_of(const std::vector<std::string>& sources);

/// The golden items, one text per line.
[[nodiscard]] std::vector<std::string> golden_lines();

[[nodiscard]] std::string_view text_at(const scoring::text_list& list,
                                       std::size_t row);

/// The bits of each value, so that NaN equals NaN.
[[nodiscard]] std::vector<std::uint64_t>
bits(const std::vector<double>& column);

/// Each row as one text, so that rows of different batches can be compared.
[[nodiscard]] std::vector<std::string>
rows_of(const scoring::item_reading& reading);

/// Reads with the file name "items.jsonl", requires that this is refused as bad
/// input, and returns why.
[[nodiscard]] runtime::problem
first_problem(const scoring::scoring_plan& plan, const std::string& text,
              scoring::item_reader_options options = {});

} // namespace troupe::tests
