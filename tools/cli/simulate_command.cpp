#include "actors/simulation/census_file.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/scenario_file.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulator.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate_history_command.hpp"
#include "tools/cli/simulate_report.hpp"
#include "tools/version.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using seconds = std::chrono::duration<double>;
using steady = std::chrono::steady_clock;

namespace {

/// What was typed after `troupe simulate`.
struct simulate_flags {
  std::string census;
  std::string config;
  std::string mapping;
  std::string scenario;
  std::string start_year;
  std::string end_year;
  std::string seed;
  std::vector<std::string> settings;
  std::string bad_rows = "refuse";
  std::string duplicates = "refuse";
  std::string out;
  std::size_t workers = 0;
  std::size_t batch_size = simulation::block_people;
  bool foundation_only = false;
};

constexpr auto simulate_examples = R"(Examples:
  troupe simulate --census people.csv --config scenario.yaml
  troupe simulate --census people.csv --config scenario.yaml --seed 7 --out results
  troupe simulate --census people.csv --config scenario.yaml --set compensation.cola_rate=0.03
  troupe simulate --census hr.csv --mapping mapping.yaml --config scenario.yaml --on-bad-row drop
  troupe simulate --census people.csv --config scenario.yaml --foundation-only)";

void declare(CLI::App& app, simulate_flags& flags) {
  app
    .add_option("--census", flags.census,
                "CSV file of the people on 31 December before the first year; "
                "- for standard input")
    ->type_name("FILE");
  app
    .add_option("--config", flags.config,
                "scenario, or several of them (YAML or JSON)")
    ->type_name("FILE");
  app
    .add_option("--mapping", flags.mapping,
                "which columns of the census tell what, if they are not ours")
    ->type_name("FILE");
  app.add_option("--scenario", flags.scenario,
                 "which one of the file, if it has several");
  app.add_option("--start-year", flags.start_year,
                 "first year, in place of the scenario's");
  app.add_option("--end-year", flags.end_year,
                 "last year, in place of the scenario's");
  app.add_option("--seed", flags.seed,
                 "of the draws, in place of the scenario's");
  app
    .add_option("--set", flags.settings,
                "a value in place of the scenario's, by the path of its key")
    ->type_name("KEY=VALUE");
  app
    .add_option("--on-bad-row", flags.bad_rows,
                "refuse: stop and name the bad rows of the census; drop: leave "
                "them out and say so")
    ->check(CLI::IsMember({"refuse", "drop"}));
  app
    .add_option("--duplicates", flags.duplicates,
                "of two rows of one person: refuse, or keep the one hired "
                "last (keep-latest)")
    ->check(CLI::IsMember({"refuse", "keep-latest"}));
  app
    .add_option("--out", flags.out,
                "folder for years.json, events.csv, snapshots.csv, run.json")
    ->type_name("FOLDER");
  app.add_option("--max-workers", flags.workers,
                 "blocks simulated at the same time; default: one per "
                 "processor");
  app
    .add_option("--batch-size", flags.batch_size,
                "people of a block; changes nothing in the results")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  app.add_flag("--foundation-only", flags.foundation_only,
               "read and check scenario and census, then stop");
}

runtime::problem wrong(std::string key, std::string message, std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::invalid_input;
  reason.key = std::move(key);
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return reason;
}

using problems = std::vector<runtime::problem>;

simulation::checked<std::vector<simulation::scenario_override>>
overrides_of(const simulate_flags& flags) {
  auto all = std::vector<simulation::scenario_override>{};
  for (const auto& text : flags.settings) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return tl::unexpected{
        problems{wrong("--set", "\"" + text + "\" is not KEY=VALUE",
                       "for example --set compensation.cola_rate=0.03")}};
    all.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  for (const auto& [path, text] : {std::pair{"start_year", &flags.start_year},
                                   std::pair{"end_year", &flags.end_year},
                                   std::pair{"random_seed", &flags.seed}})
    if (!text->empty())
      all.push_back({path, *text});
  return all;
}

simulation::checked<simulation::named_scenario>
choose_scenario(const simulate_flags& flags) {
  const auto overrides = overrides_of(flags);
  if (!overrides)
    return tl::unexpected{overrides.error()};
  auto known = simulation::read_scenarios(flags.config, *overrides);
  if (!known)
    return tl::unexpected{known.error()};
  if (flags.scenario.empty() && known->size() == 1)
    return std::move(known->front());
  auto names = std::string{};
  for (auto& one : *known) {
    if (one.name == flags.scenario)
      return std::move(one);
    names += (names.empty() ? "" : ", ") + one.name;
  }
  return tl::unexpected{problems{
    wrong("--scenario",
          flags.scenario.empty() ? "the file has several scenarios"
                                 : "there is no scenario " + flags.scenario,
          "one of " + names)}};
}

simulation::checked<simulation::census> load_census(const simulate_flags& flags,
                                                    std::int32_t start_year) {
  auto options = simulation::census_options{};
  options.year = start_year - 1;
  if (flags.bad_rows == "drop")
    options.bad_rows = simulation::bad_row_policy::drop;
  if (flags.duplicates == "keep-latest")
    options.duplicates = simulation::duplicate_policy::keep_latest;
  if (!flags.mapping.empty()) {
    auto mapping = simulation::read_census_mapping(flags.mapping);
    if (!mapping)
      return tl::unexpected{mapping.error()};
    options.mapping = std::move(*mapping);
  }
  return simulation::read_census(flags.census, options);
}

void print_warnings(const simulation::census& census, const std::string& file) {
  for (const auto& warning : census.warnings) {
    auto place = file;
    if (warning.line != 0)
      place += ':' + std::to_string(warning.line);
    std::fprintf(stderr, "%s: warning: %s%s\n", place.c_str(),
                 warning.column.empty() ? "" : (warning.column + ": ").c_str(),
                 warning.reason.c_str());
  }
  for (const auto& twice : census.duplicates)
    std::fprintf(stderr,
                 "%s:%llu: warning: %s is left out, line %llu stays: "
                 "%s\n",
                 file.c_str(),
                 static_cast<unsigned long long>(twice.dropped_line),
                 twice.id.c_str(),
                 static_cast<unsigned long long>(twice.kept_line),
                 twice.reason.c_str());
}

/// All of a run that is the same each time it is made, then what was measured.
json describe(const simulation::named_scenario& scenario,
              const simulation::census& census) {
  auto digest = std::string(16, '0');
  std::snprintf(
    digest.data(), digest.size() + 1, "%016llx",
    static_cast<unsigned long long>(simulation::digest(scenario.values)));
  auto run = json::object();
  run["version"] = version;
  run["scenario"] = scenario.name;
  run["configuration_digest"] = digest;
  run["seed"] = scenario.values.seed;
  run["people"] = census.staff.size();
  run["census_rows"] = census.rows;
  run["census_dropped"] = census.dropped;
  run["census_duplicates"] = census.duplicates.size();
  run["census_not_staff"] = census.not_staff;
  return run;
}

progress_report ask_progress(const simulation::simulation_progress& of) {
  auto report = progress_report{};
  report.stage = "simulating " + std::to_string(of.year.load());
  report.share = of.share;
  return report;
}

/// The years, and their files if some are wanted; run.json is `run` with what
/// was measured.
outcome<simulation::simulation_result>
simulate(const simulate_flags& flags, const simulation::scenario& scenario,
         simulation::census census, json& run, bool show_progress) {
  auto options = simulation::simulator_options{};
  options.workers = flags.workers;
  auto with = simulation::simulator::create(options);
  if (!with)
    return fail(with.error());
  const auto start = steady::now();
  auto request = simulation::simulation_request{};
  request.parameters = scenario;
  request.ids = simulation::person_ids{census.staff.key, census.ids};
  request.staff = std::move(census.staff);
  request.block_people = flags.batch_size;
  request.out = flags.out;
  request.describe = [&](const messages::SimulationSummary& of) {
    run["seconds"] = seconds{steady::now() - start}.count();
    run["csv_bytes"] = of.csv_bytes();
    return run.dump(1) + '\n';
  };
  const auto stop = interruption{};
  const auto progress = std::make_shared<simulation::simulation_progress>();
  auto bar = std::optional<progress_bar>{};
  if (show_progress)
    bar.emplace([&] { return ask_progress(*progress); });
  auto result = with->simulate(std::move(request), progress, stop.token());
  bar.reset();
  if (result)
    run["seconds"] = seconds{steady::now() - start}.count();
  return result;
}

int run_simulate(const simulate_flags& flags, const invocation& with) {
  prepare_heap_for_columns();
  for (const auto& [key, value] : {std::pair{"--census", &flags.census},
                                   std::pair{"--config", &flags.config}})
    if (value->empty())
      return report(wrong(key, std::string{key} + " is missing",
                          "see troupe simulate --help"),
                    with.output);
  const auto start = steady::now();
  const auto scenario = choose_scenario(flags);
  if (!scenario)
    return report(scenario.error(), with.output);
  auto census = load_census(flags, scenario->values.start_year);
  if (!census)
    return report(census.error(), with.output);
  print_warnings(*census, flags.census);
  auto run = describe(*scenario, *census);
  run["foundation_seconds"] = seconds{steady::now() - start}.count();
  if (flags.foundation_only) {
    print_foundation(run, with.output);
    return 0;
  }
  const auto result = simulate(flags, scenario->values, std::move(*census), run,
                               with.show_progress);
  if (!result)
    return report(result.error(), with.output);
  print_simulation(run, result->years, with.output);
  return 0;
}

} // namespace

void add_simulate_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "simulate", "Project a workforce over years, person by person");
  app->footer(simulate_examples);
  const auto flags = std::make_shared<simulate_flags>();
  declare(*app, *flags);
  app->require_subcommand(0, 1);
  add_simulate_history_commands(*app, line);
  app->callback([app, flags, &line] {
    if (app->get_subcommands().empty())
      line.chosen = [flags](const invocation& with) {
        return run_simulate(*flags, with);
      };
  });
}

} // namespace troupe::tools
