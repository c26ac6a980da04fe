#include "actors/scoring/financial_cells.hpp"

#include "actors/scoring/refusal.hpp"
#include "actors/scoring/value_rules.hpp"

#include <string>

namespace troupe::scoring {

namespace {

auto not_a_number(std::string_view key) {
  return refuse("value is not a number", std::string{key},
                "write a number, or leave the cell empty for the default");
}

runtime::outcome<void> read_series(std::string_view key, std::string_view cell,
                                   std::vector<double>& series) {
  series.clear();
  for (;;) {
    const auto end = cell.find(';');
    const auto number = parse_python_float(cell.substr(0, end));
    if (!number)
      return not_a_number(std::string{key} + "[" + std::to_string(series.size())
                          + "]");
    // One more than allowed is enough for the rules to refuse it.
    if (series.size() <= financial_periods_max)
      series.push_back(*number);
    if (end == std::string_view::npos)
      return {};
    cell.remove_prefix(end + 1);
  }
}

} // namespace

bool is_financial_key(std::string_view key) {
  auto record = financial_record{};
  return key == "risk_level" || key == "confidence_level"
         || find_number(record, key) || find_series(record, key);
}

runtime::outcome<void> read_financial_cell(std::string_view key,
                                           std::string_view cell,
                                           financial_record& record) {
  if (cell.empty())
    return {};
  if (key == "risk_level") {
    const auto risk = parse_risk_class(cell);
    if (!risk)
      return refuse("unknown risk level", std::string{key},
                    "known are very_low, low, medium, high, very_high");
    record.risk = *risk;
    return {};
  }
  if (auto* series = find_series(record, key))
    return read_series(key, cell, *series);
  const auto number = parse_python_float(cell);
  if (!number)
    return not_a_number(key);
  if (auto* target = find_number(record, key))
    *target = *number;
  else if (key == "confidence_level")
    record.confidence_level = *number;
  return {};
}

} // namespace troupe::scoring
