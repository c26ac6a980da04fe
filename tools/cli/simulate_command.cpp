#include "actors/simulation/people_blocks.hpp"
#include "tools/cli/command_run.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate_history_command.hpp"
#include "tools/cli/simulate_report.hpp"
#include "tools/cli/simulate_run.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;
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
  std::string bad_rows;
  std::string duplicates;
  std::string out;
  std::size_t workers = 0;
  std::size_t batch_size = simulation::block_people;
  std::string optimization;
  std::string resume;
  bool fail_fast = false;
  bool no_store = false;
  bool foundation_only = false;
};

constexpr auto simulate_examples = R"(Examples:
  troupe simulate --census people.csv --config scenario.yaml
  troupe simulate --census people.csv --config scenario.yaml --seed 7 --out results
  troupe simulate --census people.csv --config scenario.yaml --set compensation.cola_rate=0.03
  troupe simulate --census hr.csv --mapping mapping.yaml --config scenario.yaml --on-bad-row drop
  troupe simulate --census people.csv --config scenario.yaml --foundation-only
  troupe simulate --resume last --out results
  troupe simulate runs)";

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
  app
    .add_option("--optimization", flags.optimization,
                "how it is computed, never what it comes to; a run that fails "
                "goes on at the next lower one")
    ->check(CLI::IsMember({"high", "medium", "low", "fallback"}));
  app.add_flag("--fail-fast", flags.fail_fast,
               "end the run at the first failure instead");
  app
    .add_option("--resume", flags.resume,
                "go on with a stored run that was killed, by number, id or "
                "last; it has its own scenario and people")
    ->type_name("RUN");
  app.add_flag("--no-store", flags.no_store, "do not store the run");
  app.add_flag("--foundation-only", flags.foundation_only,
               "read and check scenario and census, then stop");
}

/// What the activity `simulate` is given.
nlohmann::json arguments_of(const simulate_flags& flags) {
  auto arguments = nlohmann::json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      arguments[key] = value;
  };
  add("census", flags.census);
  add("config", flags.config);
  add("scenario", flags.scenario);
  add("mapping", flags.mapping);
  add("start_year", flags.start_year);
  add("end_year", flags.end_year);
  add("seed", flags.seed);
  add("on_bad_row", flags.bad_rows);
  add("duplicates", flags.duplicates);
  add("optimization", flags.optimization);
  add("out", flags.out);
  if (!flags.settings.empty())
    arguments["set"] = flags.settings;
  if (flags.workers != 0)
    arguments["workers"] = flags.workers;
  if (flags.batch_size != simulation::block_people)
    arguments["batch_size"] = flags.batch_size;
  if (flags.fail_fast)
    arguments["fail_fast"] = true;
  return arguments;
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

/// A bar that shows nothing before the simulation begins.
class simulate_bar {
public:
  explicit simulate_bar(bool is_shown) {
    if (is_shown)
      bar_.emplace([this] { return ask(); });
  }

  void show(std::shared_ptr<const simulation::simulation_progress> progress) {
    progress_.store(std::move(progress));
  }

  void end() {
    bar_.reset();
  }

private:
  [[nodiscard]] progress_report ask() const {
    auto report = progress_report{};
    const auto progress = progress_.load();
    if (!progress)
      return report;
    const auto year = progress->year.load();
    report.stage
      = year == 0 ? "simulating" : "simulating " + std::to_string(year);
    report.share = progress->share;
    return report;
  }

  std::atomic<std::shared_ptr<const simulation::simulation_progress>> progress_;
  std::optional<progress_bar> bar_;
};

int print(const simulated& done, const std::string& census_file,
          output_format output) {
  print_warnings(done.census, census_file);
  auto facts = done.facts;
  if (!done.result.run.empty()) {
    facts["run"] = done.result.run;
    facts["years_before"] = done.result.years_before;
  }
  print_simulation(facts, done.result.years, output);
  return 0;
}

/// Without a store there is no run that could go on.
simulation::checked<simulated> simulate_here(const simulate_plan& plan,
                                             const invocation& with,
                                             const std::stop_token& stop,
                                             simulate_bar& bar) {
  auto options = simulator_settings(with.settings);
  if (plan.workers != 0)
    options.workers = plan.workers;
  auto simulator = simulation::simulator::create(std::move(options));
  if (!simulator)
    return tl::unexpected{std::vector{simulator.error()}};
  const auto progress = std::make_shared<simulation::simulation_progress>();
  bar.show(progress);
  return simulate_plan_of(plan, "", *simulator, progress, stop);
}

int print_foundation_of(const simulate_plan& plan, output_format output) {
  const auto start = steady::now();
  const auto census = read_census_of(plan);
  if (!census)
    return report(census.error(), output);
  auto facts = describe_foundation(plan, *census);
  facts["foundation_seconds"] = seconds{steady::now() - start}.count();
  print_warnings(*census, plan.census_file);
  print_foundation(facts, output);
  return 0;
}

/// Goes on with a stored run: its scenario and its people are in the store.
int run_resume(const simulate_flags& flags, const invocation& with) {
  const auto stop = interruption{};
  auto bar = simulate_bar{with.show_progress};
  const auto done
    = resume_by_name(flags.resume, arguments_of(flags), with, stop.token(),
                     [&](auto progress) { bar.show(std::move(progress)); });
  bar.end();
  return done ? print(*done, "", with.output)
              : report(done.error(), with.output);
}

int run_simulate(const simulate_flags& flags, const invocation& with) {
  prepare_heap_for_columns();
  if (!flags.resume.empty())
    return run_resume(flags, with);
  const auto arguments = arguments_of(flags);
  // What is wrong already is refused before there is a run.
  const auto plan = plan_simulation(arguments, {}, true);
  if (!plan) {
    auto reasons = plan.error();
    for (auto& each : reasons)
      each = as_flag(std::move(each));
    return report(reasons, with.output);
  }
  if (flags.foundation_only)
    return print_foundation_of(*plan, with.output);
  const auto stop = interruption{};
  auto bar = simulate_bar{with.show_progress};
  if (flags.no_store) {
    const auto done = simulate_here(*plan, with, stop.token(), bar);
    bar.end();
    return done ? print(*done, flags.census, with.output)
                : report(done.error(), with.output);
  }
  const auto done
    = simulate_as_run(arguments, with, stop.token(),
                      [&](auto progress) { bar.show(std::move(progress)); });
  bar.end();
  return done ? print(*done, flags.census, with.output)
              : report(done.error(), with.output);
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
