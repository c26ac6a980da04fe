#include "tools/cli/simulate_history_report.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/year_plan.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_history_report.hpp"
#include "tools/cli/simulate_history_json.hpp"
#include "tools/cli/year_chart.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace troupe::tools {

namespace {

constexpr auto parts_shown_max = std::size_t{20};

std::string date_text(simulation::day_number day) {
  auto text = std::string{};
  simulation::append_date(text, std::chrono::sys_days{std::chrono::days{day}});
  return text;
}

/// -1234567 as "-1,234,567".
std::string signed_number(std::int64_t number) {
  const auto size = static_cast<std::uint64_t>(number);
  return number < 0 ? '-' + with_separators(0 - size) : with_separators(size);
}

/// Cents as "-80,123.45".
std::string money(simulation::cents amount) {
  const auto bits = static_cast<std::uint64_t>(amount);
  const auto size = amount < 0 ? 0 - bits : bits;
  const auto cents = std::to_string(100 + size % 100);
  return (amount < 0 ? "-" : "") + with_separators(size / 100) + '.'
         + cents.substr(1);
}

/// Parts per million as "6.5 %".
std::string percent_of(std::int64_t ppm) {
  auto text = std::array<char, 32>{};
  std::snprintf(text.data(), text.size(), "%.4g %%",
                static_cast<double>(ppm) / 10'000.0);
  return text.data();
}

std::string name_of(const simulation::stored_simulation& run) {
  auto name = "run " + std::to_string(run.number) + " (" + run.scenario_name;
  if (!run.label.empty())
    name += ", " + run.label;
  return name + ", seed " + std::to_string(run.seed) + ')';
}

std::string seconds_text(const simulation::stored_simulation& run) {
  if (!run.finished_at)
    return "-";
  const auto seconds
    = std::chrono::duration<double>(*run.finished_at - run.started_at).count();
  auto text = std::array<char, 32>{};
  std::snprintf(text.data(), text.size(), "%.3f", seconds);
  return text.data();
}

std::string years_text(const simulation::stored_simulation& run) {
  return std::to_string(run.start_year) + '-' + std::to_string(run.end_year);
}

void print_simulations_as_text(
  const std::vector<simulation::stored_simulation>& runs) {
  if (runs.empty()) {
    std::puts("no simulations are stored yet");
    return;
  }
  std::printf("%5s  %-20s  %-10s  %-9s  %-9s  %4s  %11s  %6s  %9s  %s\n", "run",
              "began", "kind", "status", "years", "done", "people", "parts",
              "seconds", "scenario");
  for (const auto& run : runs)
    std::printf(
      "%5lld  %-20s  %-10s  %-9s  %-9s  %4s  %11s  %6s  %9s  %s, seed %llu\n",
      static_cast<long long>(run.number),
      render_instant(run.started_at).c_str(), run.kind.c_str(),
      run.status.c_str(), years_text(run).c_str(),
      std::to_string(run.years).c_str(), with_separators(run.people).c_str(),
      with_separators(run.children).c_str(), seconds_text(run).c_str(),
      run.scenario_name.c_str(), static_cast<unsigned long long>(run.seed));
}

void print_head(const simulation::stored_simulation& run) {
  std::printf("%s: %s, %s people of %s\n", name_of(run).c_str(),
              run.status.c_str(), with_separators(run.people).c_str(),
              run.census.c_str());
  if (!run.reason.empty())
    std::printf("%s\n", run.reason.c_str());
  std::printf("began %s, took %s s, version %s, id %s\n",
              render_instant(run.started_at).c_str(), seconds_text(run).c_str(),
              run.version.c_str(), run.id.c_str());
}

void print_parts(const std::vector<simulation::stored_simulation>& parts) {
  if (parts.empty())
    return;
  std::printf("\n%s parts\n", with_separators(parts.size()).c_str());
  const auto shown = std::min(parts.size(), parts_shown_max);
  for (auto at = std::size_t{0}; at < shown; ++at)
    std::printf("%7lld  %s\n", static_cast<long long>(parts[at].number),
                parts[at].label.c_str());
  if (shown < parts.size())
    std::printf("     and %s more\n",
                with_separators(parts.size() - shown).c_str());
}

/// Each on a line, those of a list on one.
void print_settings(const std::vector<simulation::setting_change>& settings) {
  std::printf("\nsettings, rates in parts per million");
  auto last = std::string{};
  for (const auto& setting : settings) {
    auto name = setting.key.substr(0, setting.key.find('['));
    const auto index = setting.key.substr(name.size());
    if (name != last)
      std::printf("\n  %-38s", name.c_str());
    // Years are no positions.
    if (index.size() > 3)
      std::printf("  %s", index.c_str());
    std::printf("  %s", setting.before.c_str());
    last = std::move(name);
  }
  std::puts("");
}

void print_simulation_as_text(const shown_simulation& shown) {
  print_head(shown.run);
  print_settings(shown.settings);
  if (!shown.years.empty()) {
    auto totals = std::vector<simulation::year_totals>{};
    auto figures = simulation::year_figures{};
    for (const auto& year : shown.years) {
      totals.push_back(year.totals);
      figures.raw_bytes += year.figures.raw_bytes;
      figures.packed_bytes += year.figures.packed_bytes;
    }
    std::printf("\n%s", render_years(totals).c_str());
    if (figures.packed_bytes != 0)
      std::printf("\nstored in %s bytes instead of %s, %.0f %% less\n",
                  with_separators(figures.packed_bytes).c_str(),
                  with_separators(figures.raw_bytes).c_str(),
                  100.0
                    - 100.0 * static_cast<double>(figures.packed_bytes)
                        / static_cast<double>(figures.raw_bytes));
  }
  print_parts(shown.parts);
}

/// A value in the unit of its measure.
std::string value_text(const simulation::year_measure& measure,
                       std::int64_t value) {
  switch (measure.unit) {
    case simulation::measure_unit::cents:
      return money(value);
    case simulation::measure_unit::ppm:
      return percent_of(value);
    case simulation::measure_unit::people:
    case simulation::measure_unit::events:
      break;
  }
  return signed_number(value);
}

/// The name without its unit, which the value has.
std::string measure_name(const simulation::year_measure& measure) {
  auto name = std::string{measure.name};
  for (const auto unit : {std::string_view{"_cents"}, std::string_view{"_ppm"}})
    if (name.ends_with(unit))
      name.resize(name.size() - unit.size());
  return name;
}

void print_measure(const simulation::measure_change& change) {
  const auto& measure = *change.measure;
  auto share = std::array<char, 32>{};
  if (const auto percent = change.percent())
    std::snprintf(share.data(), share.size(), "%+.2f %%", *percent);
  std::printf("  %-28s  %20s  %20s  %18s  %10s\n",
              measure_name(measure).c_str(),
              value_text(measure, change.before).c_str(),
              value_text(measure, change.after).c_str(),
              value_text(measure, change.difference()).c_str(), share.data());
}

void print_year_change(const simulation::year_change& year) {
  std::printf("\n%d\n", year.year);
  auto equal = std::size_t{0};
  for (const auto& change : year.measures)
    if (change.difference() == 0)
      ++equal;
    else
      print_measure(change);
  std::printf("  %zu of %zu measures are equal\n", equal, year.measures.size());
  if (const auto& left = year.leavers)
    std::printf("  %s people left in both, %s only in the first, %s only in "
                "the second\n",
                with_separators(left->both).c_str(),
                with_separators(left->only_before).c_str(),
                with_separators(left->only_after).c_str());
}

void print_difference_as_text(
  const simulation::simulation_difference& difference) {
  std::printf("%s -> %s\n", name_of(difference.before).c_str(),
              name_of(difference.after).c_str());
  std::puts(difference.settings.empty()
              ? "the same settings"
              : "settings, rates in parts per million");
  for (const auto& change : difference.settings)
    std::printf("  %s: %s -> %s\n", change.key.c_str(),
                change.before.empty() ? "none" : change.before.c_str(),
                change.after.empty() ? "none" : change.after.c_str());
  if (difference.years.empty())
    std::puts("they have no year in common");
  for (const auto& year : difference.years)
    print_year_change(year);
}

void print_event(simulation::day_number first_day,
                 const simulation::event& one) {
  const auto type
    = simulation::event_type_words[static_cast<std::size_t>(one.type)];
  std::printf("        %s  %-20s  %14s", date_text(first_day + one.day).c_str(),
              std::string{type}.c_str(),
              one.amount == 0 ? "" : money(one.amount).c_str());
  if (one.previous != 0)
    std::printf(", before %s", money(one.previous).c_str());
  std::printf(", level %d", one.level);
  if (one.probability > 0 && one.probability < simulation::ppm_whole)
    std::printf(", probability %s", percent_of(one.probability).c_str());
  std::puts("");
}

std::string plan_text(simulation::enrollment plan, std::int32_t deferral) {
  switch (plan) {
    case simulation::enrollment::enrolled:
      return "in the plan with " + percent_of(deferral);
    case simulation::enrollment::opted_out:
      return "opted out of the plan";
    case simulation::enrollment::none:
      break;
  }
  return "not in the plan";
}

void print_person_year(const simulation::person_year& year) {
  const auto& row = year.row;
  const auto status
    = simulation::year_status_words[static_cast<std::size_t>(row.status)];
  std::printf("  %d  %s, level %d, pay %s, earned %s, %s\n", year.year,
              std::string{status}.c_str(), row.level, money(row.pay).c_str(),
              money(row.prorated).c_str(),
              plan_text(row.plan, row.deferral).c_str());
  const auto first = simulation::make_year_plan({}, year.year).days.first;
  // By date, as they were lived; they are kept in the order of the rules.
  auto events = year.events;
  std::ranges::stable_sort(events, {}, &simulation::event::day);
  for (const auto& one : events)
    print_event(first, one);
}

void print_person_as_text(const simulation::person_timeline& timeline) {
  std::printf("%s, key %llu, in %s\n", timeline.id.c_str(),
              static_cast<unsigned long long>(timeline.key),
              name_of(timeline.run).c_str());
  if (const auto& start = timeline.start)
    std::printf("  start  born %s, hired %s, level %d, pay %s, %s\n",
                date_text(start->birth_date).c_str(),
                date_text(start->hire_date).c_str(), start->level,
                money(start->pay).c_str(),
                plan_text(start->plan, start->deferral).c_str());
  else if (!timeline.years.empty())
    std::printf("  born %s\n",
                date_text(timeline.years.front().row.birth_date).c_str());
  for (const auto& year : timeline.years)
    print_person_year(year);
}

} // namespace

void print_simulations(const std::vector<simulation::stored_simulation>& runs,
                       output_format output) {
  if (output == output_format::text)
    print_simulations_as_text(runs);
  else
    print_simulations_as_json(runs, output);
}

void print_simulation(const shown_simulation& shown, output_format output) {
  if (output == output_format::text)
    print_simulation_as_text(shown);
  else
    print_simulation_as_json(shown, output);
}

void print_difference(const simulation::simulation_difference& difference,
                      output_format output) {
  if (output == output_format::text)
    print_difference_as_text(difference);
  else
    print_difference_as_json(difference, output);
}

void print_person(const simulation::person_timeline& timeline,
                  output_format output) {
  if (output == output_format::text)
    print_person_as_text(timeline);
  else
    print_person_as_json(timeline, output);
}

void print_export(const simulation::stored_simulation& run,
                  const simulation::exported_files& files,
                  const std::string& folder, output_format output) {
  if (output != output_format::text) {
    print_export_as_json(run, files, folder);
    return;
  }
  std::printf("%s: %s years in %s, %s bytes of CSV\n", name_of(run).c_str(),
              with_separators(files.years).c_str(), folder.c_str(),
              with_separators(files.csv_bytes).c_str());
}

} // namespace troupe::tools
