#include "actors/simulation/simulation_export.hpp"

#include "actors/simulation/year_text.hpp"
#include "actors/simulation/year_totals_json.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;

namespace {

std::string run_json(const stored_simulation& run) {
  if (!run.report.empty())
    return run.report.ends_with('\n') ? run.report : run.report + '\n';
  auto json = nlohmann::ordered_json::object();
  json["version"] = run.version;
  json["scenario"] = run.scenario_name;
  json["seed"] = run.seed;
  json["people"] = run.people;
  json["status"] = run.status;
  return json.dump(1) + '\n';
}

/// Text that is handed to the disk at once.
constexpr auto piece_bytes = std::size_t{1} << 20U;

/// A file, and the text that is still to be written to it.
struct pending_text {
  runtime::output_file& file;
  std::string text{};

  outcome<void> write(std::size_t at_least) {
    if (text.empty() || text.size() < at_least)
      return {};
    auto written = file.write(text);
    text.clear();
    return written;
  }
};

/// Events and rows of a year, block by block.
outcome<void> add_year(simulation_history& history,
                       const stored_simulation& run, const year_plan& plan,
                       const person_ids& ids, pending_text& events,
                       pending_text& rows) {
  const auto lines = year_text{plan, ids};
  return history.for_each_block(
    run, plan.year,
    [&](const year_row_columns& row_columns,
        const event_columns& event_columns) -> outcome<void> {
      lines.append_events(events.text, event_columns);
      lines.append_rows(rows.text, row_columns);
      if (auto written = events.write(piece_bytes); !written)
        return written;
      return rows.write(piece_bytes);
    });
}

/// The years that count; none is a problem.
outcome<std::vector<stored_year>> find_years(simulation_history& history,
                                             const stored_simulation& run) {
  auto years = history.load_years(run);
  if (years && years->empty())
    return fail(runtime::problem_kind::not_found,
                "run " + std::to_string(run.number) + " has no year yet",
                "see which runs have: troupe simulate runs");
  return years;
}

/// All years, and what is said of them.
outcome<exported_files>
write_all(simulation_history& history, const stored_simulation& run,
          const scenario& parameters, const std::vector<stored_year>& years,
          const person_ids& ids, simulation_files& files) {
  auto events = pending_text{files.at("events.csv")};
  auto rows = pending_text{files.at("snapshots.csv")};
  auto totals = std::vector<year_totals>{};
  for (const auto& year : years) {
    const auto number = year.totals.year;
    const auto plan = make_year_plan(rules_of_year(parameters, number), number);
    if (const auto added = add_year(history, run, plan, ids, events, rows);
        !added)
      return fail(added.error());
    totals.push_back(year.totals);
  }
  for (auto* each : {&events, &rows})
    if (const auto written = each->write(0); !written)
      return fail(written.error());
  if (const auto written = files.at("years.json").write(to_json_text(totals));
      !written)
    return fail(written.error());
  if (const auto written = files.at("run.json").write(run_json(run)); !written)
    return fail(written.error());
  return exported_files{.years = totals.size(),
                        .csv_bytes = events.file.bytes_written()
                                     + rows.file.bytes_written()};
}

} // namespace

outcome<exported_files> export_simulation(simulation_history& history,
                                          const stored_simulation& run,
                                          const std::filesystem::path& folder) {
  // What has nothing to export leaves no folder behind.
  if (const auto years = find_years(history, run); !years)
    return fail(years.error());
  auto files = create_simulation_files(folder);
  if (!files)
    return fail(files.error());
  return export_simulation(history, run, std::move(*files));
}

outcome<exported_files> export_simulation(simulation_history& history,
                                          const stored_simulation& run,
                                          simulation_files files) {
  const auto years = find_years(history, run);
  if (!years)
    return fail(years.error());
  const auto parameters = history.load_scenario(run);
  if (!parameters)
    return fail(parameters.error());
  const auto ids = history.load_ids(run);
  if (!ids)
    return fail(ids.error());
  auto exported = write_all(history, run, *parameters, *years, *ids, files);
  if (!exported)
    return exported;
  for (auto& [name, file] : files)
    if (const auto named = file.commit(); !named)
      return fail(named.error());
  return exported;
}

} // namespace troupe::simulation
