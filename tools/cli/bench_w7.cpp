#include "tools/cli/bench_w7.hpp"

#include "actors/simulation/census_file.hpp"
#include "actors/simulation/census_generator.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/simulator.hpp"
#include "actors/simulation/year_totals_json.hpp"
#include "runtime/store_host.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/line_writing.hpp"

#include <filesystem>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;

namespace {

outcome<void> make_census(std::size_t people, std::int32_t start_year,
                          const std::string& path) {
  constexpr auto seed = std::uint64_t{7};
  const auto generator = simulation::census_generator{seed, start_year};
  return write_lines(path, generator.header(), people,
                     [&generator](std::uint64_t index, std::string& text) {
                       generator.append(index, text);
                     });
}

/// People in memory to the columns of every year in memory.
outcome<json> simulate(const bench_w7_options& options,
                       const simulation::scenario& scenario,
                       const std::string& path) {
  // Each run is a process of its own, which threads would not follow.
  auto from = simulation::simulator_options{};
  from.workers = options.workers;
  auto with = simulation::simulator::create(from);
  if (!with)
    return fail(with.error());
  auto staff = read_w7_staff(path, scenario.start_year);
  if (!staff)
    return fail(staff.error());
  auto figures = json{};
  figures["people"] = staff->size();
  auto request = simulation::simulation_request{};
  request.parameters = scenario;
  request.staff = std::move(*staff);
  // Each year is there as a whole, then dropped.
  request.take_year = [](const simulation::simulation_run::finished_year&) {};
  const auto start = seconds_now();
  const auto result = with->simulate(std::move(request));
  const auto seconds = seconds_now() - start;
  if (!result)
    return fail(result.error());
  const auto& years = result->years;
  auto employee_years = std::int64_t{0};
  auto events = std::int64_t{0};
  auto totals = json::array();
  for (const auto& one : years) {
    employee_years += one.start_headcount + one.hires;
    events += one.events;
    totals.push_back(simulation::to_json(one));
  }
  figures["years"] = years.size();
  figures["seconds"] = seconds;
  figures["employee_years_per_s"]
    = static_cast<double>(employee_years) / seconds;
  figures["events"] = events;
  figures["totals"] = std::move(totals);
  return figures;
}

} // namespace

outcome<simulation::people> read_w7_staff(const std::string& path,
                                          std::int32_t start_year) {
  auto options = simulation::census_options{};
  options.year = start_year - 1;
  auto census = simulation::read_census(path, options);
  if (!census)
    return fail(census.error().front());
  return std::move(census->staff);
}

outcome<std::string> find_w7_census(std::size_t people,
                                    std::int32_t start_year) {
  auto census = (fs::temp_directory_path()
                 / ("troupe-w7-" + std::to_string(start_year) + '-'
                    + std::to_string(people) + ".csv"))
                  .string();
  if (!fs::exists(census))
    if (auto made = make_census(people, start_year, census); !made)
      return fail(made.error());
  return census;
}

outcome<json> bench_w7(const bench_w7_options& options) {
  prepare_heap_for_columns();
  const auto scenarios = simulation::read_scenarios(options.config);
  if (!scenarios)
    return fail(scenarios.error().front());
  const auto& scenario = scenarios->front().values;
  auto census = options.census;
  if (census.empty()) {
    auto found = find_w7_census(options.people, scenario.start_year);
    if (!found)
      return fail(found.error());
    census = std::move(*found);
  }
  auto settings = bench_settings{};
  settings.workload = "w7";
  settings.mode = "in-process";
  settings.runs = options.runs;
  settings.settings["census"] = census;
  settings.settings["config"] = options.config;
  settings.settings["workers"] = runtime::worker_count(options.workers);
  return measure(settings,
                 {[&] { return simulate(options, scenario, census); }});
}

} // namespace troupe::tools
