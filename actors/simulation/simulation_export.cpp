#include "actors/simulation/simulation_export.hpp"

#include "actors/simulation/projection_files.hpp"

#include <nlohmann/json.hpp>

#include <string>
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

/// Events and rows of a year, block by block.
outcome<void> add_year(simulation_history& history,
                       const stored_simulation& run, const year_totals& totals,
                       const person_ids& ids, projection_files& files) {
  // The text of a year depends on its days and on bands, not on rates.
  const auto plan = make_year_plan({}, totals.year);
  return history.for_each_block(
    run, totals.year,
    [&](const year_row_columns& rows, const event_columns& events) {
      auto block = year_block{};
      block.rows = rows;
      block.events = events;
      return files.add(
        {.plan = plan, .totals = totals, .blocks = std::span{&block, 1}}, ids);
    });
}

} // namespace

outcome<exported_files> export_simulation(simulation_history& history,
                                          const stored_simulation& run,
                                          const std::filesystem::path& folder) {
  const auto years = history.load_years(run);
  if (!years)
    return fail(years.error());
  if (years->empty())
    return fail(runtime::problem_kind::not_found,
                "run " + std::to_string(run.number) + " has no year yet",
                "see which runs have: troupe simulate runs");
  const auto ids = history.load_ids(run);
  if (!ids)
    return fail(ids.error());
  auto files = projection_files::create(folder);
  if (!files)
    return fail(files.error());
  auto totals = std::vector<year_totals>{};
  for (const auto& year : *years) {
    const auto added = add_year(history, run, year.totals, *ids, *files);
    if (!added)
      return fail(added.error());
    totals.push_back(year.totals);
  }
  auto exported = exported_files{};
  exported.years = totals.size();
  exported.csv_bytes = files->bytes_written();
  if (const auto named = files->publish(totals, run_json(run)); !named)
    return fail(named.error());
  return exported;
}

} // namespace troupe::simulation
