#include "tools/cli/simulate_history_json.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "tools/cli/score_history_report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

std::string hexadecimal(std::uint64_t number) {
  auto digits = std::array<char, 17>{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(number));
  return digits.data();
}

std::string date_of(simulation::day_number day) {
  auto text = std::string{};
  simulation::append_date(text, std::chrono::sys_days{std::chrono::days{day}});
  return text;
}

json simulation_json(const simulation::stored_simulation& run) {
  auto to = json{
    {"number", run.number},
    {"run", run.id},
    {"kind", run.kind},
    {"status", run.status},
    {"scenario", run.scenario_name},
    {"configuration_digest", hexadecimal(run.digest)},
    {"seed", run.seed},
    {"census", run.census},
    {"people", run.people},
    {"start_year", run.start_year},
    {"end_year", run.end_year},
    {"years_done", run.years},
    {"parts", run.children},
    {"started_at", render_instant(run.started_at)},
    {"version", run.version},
  };
  if (run.finished_at)
    to["finished_at"] = render_instant(*run.finished_at);
  if (!run.reason.empty())
    to["reason"] = run.reason;
  if (!run.parent.empty()) {
    to["parent"] = run.parent;
    to["label"] = run.label;
  }
  if (!run.idempotency_key.empty())
    to["idempotency_key"] = run.idempotency_key;
  return to;
}

json simulations_json(const std::vector<simulation::stored_simulation>& runs) {
  auto list = json::array();
  for (const auto& run : runs)
    list.push_back(simulation_json(run));
  return list;
}

/// A text of JSON as what it says.
json parsed(const std::string& text) {
  auto value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json{} : value;
}

json year_json(const simulation::stored_year& year) {
  auto to = simulation::to_json(year.totals);
  to["seconds"] = year.figures.seconds;
  to["raw_bytes"] = year.figures.raw_bytes;
  to["packed_bytes"] = year.figures.packed_bytes;
  return to;
}

json measure_json(std::int32_t year, const simulation::measure_change& change) {
  auto to = json{{"year", year},
                 {"measure", change.measure->name},
                 {"before", change.before},
                 {"after", change.after},
                 {"difference", change.difference()}};
  const auto percent = change.percent();
  to["percent"] = percent ? json(*percent) : json{};
  return to;
}

json event_json(std::int32_t year, const simulation::event& one) {
  const auto first = simulation::make_year_plan({}, year).days.first;
  const auto type = static_cast<std::size_t>(one.type);
  return {{"year", year},
          {"event_type", simulation::event_type_words[type]},
          {"effective_date", date_of(first + one.day)},
          {"amount_cents", one.amount},
          {"previous_cents", one.previous},
          {"level_id", one.level},
          {"age", one.age},
          {"tenure", one.tenure},
          {"probability_ppm", one.probability}};
}

json row_json(const simulation::year_row& row) {
  const auto status = static_cast<std::size_t>(row.status);
  auto to = json{
    {"birth_date", date_of(row.birth_date)},
    {"hire_date", date_of(row.hire_date)},
    {"termination_date",
     row.is_active() ? json{} : json(date_of(row.termination_date))},
    {"status", simulation::year_status_words[status]},
    {"level_id", row.level},
    {"compensation_cents", row.pay},
    {"prorated_cents", row.prorated},
    {"age", row.age},
    {"tenure", row.tenure},
    {"enrolled", row.plan == simulation::enrollment::enrolled},
    {"deferral_ppm", row.deferral},
  };
  return to;
}

} // namespace

void print_simulations_as_json(
  const std::vector<simulation::stored_simulation>& runs,
  output_format output) {
  auto list = simulations_json(runs);
  if (output == output_format::jsonl) {
    for (const auto& run : list)
      print_json(run);
    return;
  }
  print_json({{"runs", std::move(list)}});
}

void print_simulation_as_json(const shown_simulation& shown,
                              output_format output) {
  auto years = json::array();
  for (const auto& year : shown.years)
    years.push_back(year_json(year));
  if (output == output_format::jsonl) {
    for (const auto& year : years)
      print_json(year);
    return;
  }
  auto to = simulation_json(shown.run);
  to["settings"] = parsed(shown.scenario);
  to["report"] = parsed(shown.run.report);
  to["years"] = std::move(years);
  if (!shown.parts.empty())
    to["runs"] = simulations_json(shown.parts);
  print_json(to);
}

json difference_json(const simulation::simulation_difference& difference) {
  auto settings = json::array();
  for (const auto& change : difference.settings)
    settings.push_back({{"setting", change.key},
                        {"before", parsed(change.before)},
                        {"after", parsed(change.after)}});
  auto years = json::array();
  for (const auto& year : difference.years) {
    auto measures = json::array();
    for (const auto& change : year.measures)
      measures.push_back(measure_json(year.year, change));
    auto to = json{{"year", year.year}, {"measures", std::move(measures)}};
    if (year.leavers)
      to["left"] = {{"in_both", year.leavers->both},
                    {"only_before", year.leavers->only_before},
                    {"only_after", year.leavers->only_after}};
    years.push_back(std::move(to));
  }
  return {{"before", simulation_json(difference.before)},
          {"after", simulation_json(difference.after)},
          {"settings", std::move(settings)},
          {"years", std::move(years)}};
}

void print_difference_as_json(
  const simulation::simulation_difference& difference, output_format output) {
  const auto all = difference_json(difference);
  if (output != output_format::jsonl) {
    print_json(all);
    return;
  }
  for (const auto& year : all.at("years"))
    for (const auto& measure : year.at("measures"))
      print_json(measure);
}

void print_person_as_json(const simulation::person_timeline& timeline,
                          output_format output) {
  auto years = json::array();
  for (const auto& year : timeline.years) {
    auto events = json::array();
    for (const auto& one : year.events) {
      events.push_back(event_json(year.year, one));
      if (output == output_format::jsonl)
        print_json(events.back());
    }
    auto to = json{{"year", year.year}};
    to.update(row_json(year.row));
    to["events"] = std::move(events);
    years.push_back(std::move(to));
  }
  if (output == output_format::jsonl)
    return;
  auto to = json{{"run", simulation_json(timeline.run)},
                 {"employee_id", timeline.id},
                 {"key", timeline.key}};
  if (const auto& start = timeline.start)
    to["start"] = {
      {"birth_date", date_of(start->birth_date)},
      {"hire_date", date_of(start->hire_date)},
      {"level_id", start->level},
      {"compensation_cents", start->pay},
      {"enrolled", start->plan == simulation::enrollment::enrolled},
      {"deferral_ppm", start->deferral},
    };
  to["years"] = std::move(years);
  print_json(to);
}

void print_export_as_json(const simulation::stored_simulation& run,
                          const simulation::exported_files& files,
                          const std::string& folder) {
  print_json({{"number", run.number},
              {"run", run.id},
              {"years", files.years},
              {"csv_bytes", files.csv_bytes},
              {"folder", folder}});
}

} // namespace troupe::tools
