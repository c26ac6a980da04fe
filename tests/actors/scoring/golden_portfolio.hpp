#pragma once

#include "actors/scoring/financial.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace troupe::tests {

/// A table of a golden folder: rows by column name, cells as text.
using golden_table = std::vector<std::map<std::string, std::string>>;

/// Reads tests/golden/qvf/NAME (CSV without quotes).
[[nodiscard]] golden_table read_golden_table(const std::string& name);

/// Reads tests/golden/qvf/NAME, a JSON text; NaN and Infinity are null.
[[nodiscard]] nlohmann::json read_golden_json(const std::string& name);

/// The text of tests/golden/qvf/NAME.
[[nodiscard]] std::string read_golden_text(const std::string& name);

/// A record from the `financial` object of a golden item.
[[nodiscard]] scoring::financial_record
to_record(const nlohmann::json& financial);

/// A cell as the figures have it: empty is NaN, "inf" is infinity and
/// "overflow" is minus infinity.
[[nodiscard]] double to_figure(const std::string& cell);

/// Equal within 1e-9 of max(1, |expected|); NaN equals NaN, infinities equal
/// themselves.
[[nodiscard]] bool is_near(double actual, double expected);

} // namespace troupe::tests
