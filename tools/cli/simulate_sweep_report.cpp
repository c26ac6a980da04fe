#include "tools/cli/simulate_sweep_report.hpp"

#include "tools/cli/text_table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using simulation::projected_years;

namespace {

constexpr auto usual_measures = std::array<std::string_view, 3>{
  "end_headcount", "end_payroll_cents", "participation_ppm"};

std::vector<simulation::measure_in_year>
chosen(std::span<const simulation::measure_in_year> measures) {
  auto all = std::vector(measures.begin(), measures.end());
  if (all.empty())
    for (const auto name : usual_measures)
      all.push_back({{simulation::find_measure(name), false}, {}});
  return all;
}

outcome<std::int64_t> value_in(const projected_years& years,
                               const sweep_figure& figure) {
  const auto found
    = std::ranges::find(years, figure.year, &simulation::year_totals::year);
  if (found == years.end())
    return fail(problem_kind::invalid_input,
                "the year " + std::to_string(figure.year)
                  + " is not projected at every point",
                "choose a year that all scenarios of the sweep have");
  return figure.measure->of(*found);
}

} // namespace

outcome<sweep_report>
make_sweep_report(simulation::sweep of,
                  std::span<const simulation::measure_in_year> measures,
                  std::span<const projected_years> results) {
  if (results.size() != of.points.size() || results.empty()
      || results.front().empty())
    return fail(problem_kind::failed,
                std::to_string(results.size()) + " projections of "
                  + std::to_string(of.points.size()) + " points");
  auto report = sweep_report{};
  for (const auto& each : chosen(measures))
    report.figures.push_back(
      {each.named.measure, each.year.value_or(results.front().back().year)});
  for (const auto& years : results) {
    auto& row = report.values.emplace_back();
    for (const auto& figure : report.figures) {
      const auto value = value_in(years, figure);
      if (!value)
        return fail(value.error());
      row.push_back(*value);
    }
  }
  report.of = std::move(of);
  return report;
}

std::string render_sweep(const sweep_report& report) {
  auto table = text_table{};
  table.left_columns = report.of.axes.size();
  for (const auto& axis : report.of.axes)
    table.head.push_back(axis.parameter);
  for (const auto& figure : report.figures)
    table.head.push_back(simulation::spoken_name(*figure.measure) + ' '
                         + std::to_string(figure.year));
  for (auto i = std::size_t{0}; i < report.values.size(); ++i) {
    auto cells = report.of.points[i].values;
    for (auto j = std::size_t{0}; j < report.figures.size(); ++j)
      cells.push_back(simulation::render_measure(*report.figures[j].measure,
                                                 report.values[i][j]));
    table.rows.push_back(std::move(cells));
  }
  return render(table);
}

json sweep_json(const sweep_report& report) {
  auto list = json::array();
  for (auto i = std::size_t{0}; i < report.values.size(); ++i) {
    const auto& point = report.of.points[i];
    auto parameters = json::object();
    for (auto j = std::size_t{0}; j < point.values.size(); ++j)
      parameters[report.of.axes[j].parameter] = point.values[j];
    auto figures = json::array();
    for (auto j = std::size_t{0}; j < report.figures.size(); ++j)
      figures.push_back({{"measure", report.figures[j].measure->name},
                         {"year", report.figures[j].year},
                         {"value", report.values[i][j]}});
    list.push_back({{"label", point.label},
                    {"parameters", std::move(parameters)},
                    {"figures", std::move(figures)}});
  }
  return list;
}

} // namespace troupe::tools
