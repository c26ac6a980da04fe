#include "tests/actors/scoring/golden_portfolio.hpp"

#include "tests/support/places.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace troupe::tests {

namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (const auto c : line) {
    if (c == ',') {
      cells.push_back(std::move(cell));
      cell.clear();
    } else if (c != '\r') {
      cell += c;
    }
  }
  cells.push_back(std::move(cell));
  return cells;
}

} // namespace

std::string read_golden_text(const std::string& name) {
  return read_file(golden("qvf/" + name));
}

golden_table read_golden_table(const std::string& name) {
  std::istringstream lines{read_golden_text(name)};
  std::string line;
  std::getline(lines, line);
  const auto header = split(line);
  golden_table rows;
  while (std::getline(lines, line)) {
    const auto cells = split(line);
    if (cells.size() != header.size())
      throw std::runtime_error{name + ": uneven row"};
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i)
      row[header[i]] = cells[i];
  }
  return rows;
}

nlohmann::json read_golden_json(const std::string& name) {
  auto text = read_golden_text(name);
  for (const auto* word : {"NaN", "-Infinity", "Infinity"})
    for (auto at = text.find(word); at != std::string::npos;
         at = text.find(word, at))
      text.replace(at, std::string{word}.size(), "null");
  return nlohmann::json::parse(text);
}

scoring::financial_record to_record(const nlohmann::json& financial) {
  scoring::financial_record record;
  for (const auto& [key, value] : financial.items()) {
    if (value.is_null())
      continue;
    if (auto* number = scoring::find_number(record, key))
      *number = value.get<double>();
    else if (auto* series = scoring::find_series(record, key))
      *series = value.get<std::vector<double>>();
    else if (key == "confidence_level")
      record.confidence_level = value.get<double>();
    else if (key == "risk_level")
      record.risk = scoring::parse_risk_class(value.get<std::string>()).value();
  }
  return record;
}

double to_figure(const std::string& cell) {
  if (cell.empty())
    return scoring::missing_value;
  if (cell == "inf")
    return std::numeric_limits<double>::infinity();
  if (cell == "overflow")
    return -std::numeric_limits<double>::infinity();
  return std::stod(cell);
}

bool is_near(double actual, double expected) {
  if (std::isnan(expected) || std::isinf(expected))
    return std::isnan(expected) ? std::isnan(actual) : actual == expected;
  return std::abs(actual - expected)
         <= 1e-9 * std::max(1.0, std::abs(expected));
}

} // namespace troupe::tests
