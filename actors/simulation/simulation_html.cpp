#include "actors/simulation/simulation_html.hpp"

#include "actors/simulation/chart_numbers.hpp"
#include "actors/simulation/decimal_text.hpp"
#include "actors/simulation/html_text.hpp"
#include "actors/simulation/measure_text.hpp"
#include "actors/simulation/simulation_charts.hpp"
#include "actors/simulation/simulation_html_style.hpp"

#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace troupe::simulation {

namespace {

using totals_span = std::span<const year_totals>;

/// Which measures of an ensemble have a picture, and its heading.
constexpr auto fans = std::array<std::pair<std::string_view, const char*>, 4>{
  {{"end_headcount", "People at the end of each year"},
   {"end_payroll_cents", "Annual payroll at the end of each year"},
   {"mean_pay_cents", "Mean annual pay at the end of each year"},
   {"participation_ppm", "Share of people in the plan"}}};

std::string shown(std::string_view measure, const year_totals& year) {
  const auto& of = *find_measure(measure);
  return render_measure(of, of.of(year));
}

void append_tile(std::string& html, std::string_view name,
                 const std::string& value, const std::string& note) {
  html += "<div><dt>" + std::string{name} + "</dt><dd>" + escape_html(value)
          + "</dd><dd>" + escape_html(note) + "</dd></div>\n";
}

std::string years_text(totals_span years) {
  return years.size() == 1 ? "in one year"
                           : "in " + std::to_string(years.size()) + " years";
}

void append_tiles(std::string& html, totals_span years) {
  const auto& first = years.front();
  const auto& last = years.back();
  const auto over = ' ' + years_text(years);
  const auto end = ", end of " + std::to_string(last.year);
  html += "<dl class=\"tiles\">\n";
  append_tile(html, "People" + end, group_digits(last.end_headcount),
              render_change(first.start_headcount, last.end_headcount) + over);
  append_tile(html, "Annual payroll" + end,
              render_compact(measure_unit::cents, last.end_payroll),
              render_change(first.start_payroll, last.end_payroll) + over);
  const auto mean_at_start = first.start_headcount == 0
                               ? std::int64_t{0}
                               : first.start_payroll / first.start_headcount;
  append_tile(html, "Mean annual pay" + end, shown("mean_pay_cents", last),
              render_change(mean_at_start,
                            find_measure("mean_pay_cents")->of(last))
                + over);
  append_tile(html, "In the plan" + end, shown("participation_ppm", last),
              group_digits(last.end_enrolled) + " of "
                + group_digits(last.end_headcount) + " people");
  html += "</dl>\n";
}

void append_figure(std::string& html, std::string_view title,
                   std::string_view note, const std::string& chart) {
  html += "<figure>\n<figcaption>" + std::string{title};
  if (!note.empty())
    html += "<span>" + escape_html(note) + "</span>";
  html += "</figcaption>\n" + chart + "</figure>\n";
}

void append_charts(std::string& html, totals_span years) {
  html += "<h2>At a glance</h2>\n<div class=\"charts\">\n";
  append_figure(html, "People", "at the end of each year",
                headcount_chart(years));
  append_figure(html, "Annual payroll",
                "at the end of each year, whole units of money",
                payroll_chart(years));
  append_figure(html, "Mean annual pay",
                "at the end of each year, whole units of money",
                mean_pay_chart(years));
  append_figure(html, "In the plan",
                "share of those who are there at the end of each year",
                participation_chart(years));
  append_figure(html, "Who came and who left", "people in each year",
                movements_chart(years));
  append_figure(html, "People by level", "at the end of each year",
                levels_chart(years));
  html += "</div>\n";
}

std::vector<std::string> year_cells(const year_totals& year) {
  return {std::to_string(year.year),
          group_digits(year.start_headcount),
          group_digits(year.terminations),
          group_digits(year.hires),
          group_digits(year.new_hire_terminations),
          group_digits(year.end_headcount),
          render_change(year.start_headcount, year.end_headcount),
          group_digits(year.promotions),
          group_digits(year.raises),
          group_digits(year.enrollments),
          group_digits(year.opt_outs),
          shown("participation_ppm", year),
          shown("mean_pay_cents", year),
          shown("end_payroll_cents", year)};
}

/// Sums of what happened, from the first start to the last end.
std::vector<std::string> all_years_cells(totals_span years) {
  auto all = years.back();
  all.start_headcount = years.front().start_headcount;
  for (const auto& year : years.first(years.size() - 1)) {
    all.terminations += year.terminations;
    all.hires += year.hires;
    all.new_hire_terminations += year.new_hire_terminations;
    all.promotions += year.promotions;
    all.raises += year.raises;
    all.enrollments += year.enrollments;
    all.opt_outs += year.opt_outs;
  }
  auto cells = year_cells(all);
  cells.front() = "all years";
  return cells;
}

void append_years(std::string& html, totals_span years) {
  auto table = html_table{};
  table.caption = "Figures of each year; pay and payroll are annual and in "
                  "whole units of money, at the end of the year.";
  table.head = {"year",           "people at start", "left",      "hired",
                "hired and left", "people at end",   "change",    "promoted",
                "raised",         "joined plan",     "opted out", "in the plan",
                "mean pay",       "payroll"};
  for (const auto& year : years)
    table.rows.push_back(year_cells(year));
  if (years.size() > 1)
    table.foot = all_years_cells(years);
  html += "<h2>Year by year</h2>\n" + render_html(table);
}

void append_levels(std::string& html, totals_span years) {
  auto table = html_table{};
  table.caption = "People at the end of each year by level, and those hired "
                  "in it.";
  table.head = {"year"};
  for (const auto* const what : {"level ", "hired, level "})
    for (auto level = std::size_t{1}; level <= level_count; ++level)
      table.head.push_back(what + std::to_string(level));
  for (const auto& year : years) {
    auto cells = std::vector{std::to_string(year.year)};
    for (const auto& counts : {year.end_by_level, year.hires_by_level})
      for (const auto count : counts)
        cells.push_back(group_digits(count));
    table.rows.push_back(std::move(cells));
  }
  html += "<h2>Levels</h2>\n" + render_html(table);
}

std::vector<std::string> band_cells(std::string name,
                                    const measure_band& band) {
  auto cells = std::vector{std::move(name)};
  for (const auto value : {band.minimum, band.p5, band.p25, band.p50, band.p75,
                           band.p95, band.maximum, band.mean})
    cells.push_back(render_measure(*band.measure, value));
  cells.emplace_back(band.depends_on_draws ? "yes" : "no");
  return cells;
}

html_table band_table(std::string caption, const char* first) {
  auto table = html_table{};
  table.caption = std::move(caption);
  table.head = {first,  "lowest", "5 %",     "25 %", "median",
                "75 %", "95 %",   "highest", "mean", "varies by seed"};
  return table;
}

void append_bands(std::string& html, const ensemble& spread) {
  const auto last_year = std::to_string(spread.years.back());
  auto last = band_table("All figures of " + last_year
                           + " over all seeds. Percentiles are values of "
                             "single seeds (nearest rank).",
                         "figure");
  for (const auto& measure : year_measures())
    last.rows.push_back(
      band_cells(spoken_name(measure), spread.bands_of(measure).back()));
  html += render_html(last);
  if (spread.years.size() == 1)
    return;
  html += "<details>\n<summary>Every figure of every year</summary>\n";
  auto all = band_table("All figures of all years over all seeds.", "figure");
  for (const auto& band : spread.bands)
    all.rows.push_back(band_cells(
      spoken_name(*band.measure) + ' ' + std::to_string(band.year), band));
  html += render_html(all) + "</details>\n";
}

void append_exceedances(std::string& html, std::span<const exceedance> all) {
  auto table = html_table{};
  table.caption = "How often a threshold was met.";
  table.head = {"threshold", "year", "probability", "seeds"};
  const auto& share = *find_measure("participation_ppm");
  for (const auto& each : all)
    table.rows.push_back(
      {render(each.threshold), std::to_string(each.year),
       render_measure(share, each.probability),
       group_digits(static_cast<std::int64_t>(each.holding)) + " of "
         + group_digits(static_cast<std::int64_t>(each.members))});
  html += render_html(table);
}

void append_spread(std::string& html, const simulation_report& report) {
  const auto& spread = *report.spread;
  const auto seeds = group_digits(static_cast<std::int64_t>(spread.members));
  html += "<h2>Uncertainty</h2>\n<p class=\"quiet\">The same scenario with "
          + seeds
          + " seeds: what differs is left to chance, not to the plan. The "
            "shaded areas hold 90 % and 50 % of the seeds.</p>\n"
            "<div class=\"charts\">\n";
  for (const auto& [name, title] : fans) {
    const auto& measure = *find_measure(name);
    const auto is_same = !spread.bands_of(measure).back().depends_on_draws;
    append_figure(html, title,
                  is_same ? "follows from the plan: the same for every seed"
                          : "over " + seeds + " seeds",
                  fan_chart(spread, measure));
  }
  html += "</div>\n";
  if (!report.exceedances.empty())
    append_exceedances(html, report.exceedances);
  append_bands(html, spread);
}

void append_facts(std::string& html, std::span<const report_fact> facts) {
  html += "<h2>About this run</h2>\n<dl class=\"facts\">\n";
  for (const auto& [name, value] : facts)
    html += "<dt>" + escape_html(name) + "</dt><dd>" + escape_html(value)
            + "</dd>\n";
  html += "</dl>\n";
}

} // namespace

std::string render_html(const simulation_report& report) {
  const auto title = escape_html(report.title);
  // The policy lets a browser refuse what an attacker might smuggle in.
  auto html = std::string{"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                          "<meta charset=\"utf-8\">\n"
                          "<meta http-equiv=\"Content-Security-Policy\" "
                          "content=\"default-src 'none'; style-src "
                          "'unsafe-inline'\">\n"
                          "<meta name=\"viewport\" content=\"width="
                          "device-width, initial-scale=1\">\n"
                          "<meta name=\"color-scheme\" content=\"light "
                          "dark\">\n<title>"};
  html += title + "</title>\n<style>" + std::string{report_style}
          + "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>" + title
          + "</h1>\n";
  if (!report.summary.empty())
    html += "<p class=\"quiet\">" + escape_html(report.summary) + "</p>\n";
  html += "</header>\n";
  append_tiles(html, report.years);
  append_charts(html, report.years);
  append_years(html, report.years);
  append_levels(html, report.years);
  if (report.spread)
    append_spread(html, report);
  if (!report.facts.empty())
    append_facts(html, report.facts);
  return html + "</main>\n</body>\n</html>\n";
}

} // namespace troupe::simulation
