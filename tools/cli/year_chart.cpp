#include "tools/cli/year_chart.hpp"

#include "tools/cli/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace troupe::tools {

namespace {

using simulation::year_totals;

constexpr auto bar_width = std::size_t{30};

std::string whole_units(simulation::cents money) {
  return with_separators(static_cast<std::uint64_t>((money + 50) / 100));
}

std::string count(std::int64_t number) {
  return with_separators(static_cast<std::uint64_t>(number));
}

/// In tenths of a percent, from whole numbers.
std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0)
    return "-";
  const auto tenths = (part * 1000 + whole / 2) / whole;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

void append_right(std::string& text, const std::string& cell,
                  std::size_t width) {
  text.append(width > cell.size() ? width - cell.size() : 1, ' ');
  text += cell;
}

void append_table(std::string& text, std::span<const year_totals> years) {
  constexpr auto columns
    = std::array<std::pair<const char*, std::size_t>, 10>{{{"start", 11},
                                                           {"left", 10},
                                                           {"hired", 10},
                                                           {"hires left", 12},
                                                           {"end", 11},
                                                           {"promoted", 10},
                                                           {"raised", 10},
                                                           {"enrolled", 11},
                                                           {"opted out", 11},
                                                           {"payroll", 18}}};
  text += "year";
  for (const auto& [name, width] : columns)
    append_right(text, name, width);
  text += '\n';
  for (const auto& year : years) {
    text += std::to_string(year.year);
    const auto cells = std::array<std::string, 10>{
      count(year.start_headcount), count(year.terminations),
      count(year.hires),           count(year.new_hire_terminations),
      count(year.end_headcount),   count(year.promotions),
      count(year.raises),          count(year.end_enrolled),
      count(year.opt_outs),        whole_units(year.end_payroll)};
    for (std::size_t i = 0; i < cells.size(); ++i)
      append_right(text, cells[i], columns[i].second);
    text += '\n';
  }
}

void append_bar(std::string& text, std::int32_t year, std::int64_t value,
                std::int64_t most, const std::string& label) {
  const auto width = most <= 0
                       ? 0.0
                       : static_cast<double>(value) / static_cast<double>(most)
                           * static_cast<double>(bar_width);
  const auto filled = static_cast<std::size_t>(width + 0.5);
  text += "  " + std::to_string(year) + "  ";
  text.append(filled, '#');
  text.append(bar_width - std::min(filled, bar_width), '.');
  text += "  " + label + '\n';
}

template <class Value, class Label>
void append_chart(std::string& text, const char* title,
                  std::span<const year_totals> years, const Value& value,
                  const Label& label) {
  auto most = std::int64_t{0};
  for (const auto& year : years)
    most = std::max(most, value(year));
  text += '\n';
  text += title;
  text += '\n';
  for (const auto& year : years)
    append_bar(text, year.year, value(year), most, label(year));
}

} // namespace

std::string render_years(std::span<const year_totals> years) {
  auto text = std::string{};
  append_table(text, years);
  append_chart(
    text, "headcount on 31 December", years,
    [](const year_totals& year) { return year.end_headcount; },
    [](const year_totals& year) { return count(year.end_headcount); });
  append_chart(
    text, "payroll on 31 December", years,
    [](const year_totals& year) { return year.end_payroll; },
    [](const year_totals& year) { return whole_units(year.end_payroll); });
  // Against everybody, not against the best year.
  text += "\nparticipation on 31 December\n";
  for (const auto& year : years)
    append_bar(text, year.year, year.end_enrolled, year.end_headcount,
               percent(year.end_enrolled, year.end_headcount));
  return text;
}

} // namespace troupe::tools
