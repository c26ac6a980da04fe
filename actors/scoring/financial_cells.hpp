#pragma once

#include "actors/scoring/financial.hpp"

#include <string_view>

namespace troupe::scoring {

/// Whether a financial record has a number, list or word with this key.
[[nodiscard]] bool is_financial_key(std::string_view key);

/// Reads one cell of a table into a record: a number, a risk level, or a list
/// of numbers separated by ';'. An empty cell keeps what is there. Otherwise
/// `invalid_input` with the key; file and line are the reader's to add.
[[nodiscard]] runtime::outcome<void>
read_financial_cell(std::string_view key, std::string_view cell,
                    financial_record& record);

} // namespace troupe::scoring
