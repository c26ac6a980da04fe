#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/simulation_difference.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "runtime/config/quantities.hpp"
#include "tools/cli/command_run.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate_history_command.hpp"
#include "tools/cli/simulate_history_json.hpp"
#include "tools/cli/simulate_history_report.hpp"
#include "tools/cli/simulate_inputs.hpp"
#include "tools/cli/simulate_many_command.hpp"
#include "tools/cli/simulate_page.hpp"
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

using runtime::outcome;

using real_seconds = std::chrono::duration<double>;
using steady_time = std::chrono::steady_clock;

namespace {

/// Each is a projection, and a part of a run in the store.
constexpr auto seeds_max = std::size_t{100'000};

/// What was typed after `troupe simulate`.
struct simulate_flags {
  simulate_inputs inputs;
  std::string out;
  std::size_t batch_size = simulation::block_people;
  std::string optimization;
  std::string memory_limit;
  std::string resume;
  std::string html;
  std::string baseline;
  ensemble_flags many;
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
  troupe simulate --census people.csv --config scenario.yaml --seeds 1000 --html spread.html
  troupe simulate runs)";

void declare(CLI::App& app, simulate_flags& flags) {
  declare(app, flags.inputs);
  app
    .add_option("--out", flags.out,
                "folder for years.json, events.csv, snapshots.csv, run.json")
    ->type_name("FOLDER");
  app
    .add_option("--batch-size", flags.batch_size,
                "people of a block; changes nothing in the results")
    ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  app
    .add_option("--optimization", flags.optimization,
                "how it is computed, never what it comes to; a run that fails "
                "goes on at the next lower one")
    ->check(CLI::IsMember({"high", "medium", "low", "fallback"}));
  app
    .add_option("--memory-limit", flags.memory_limit,
                "what people, their columns and the output that waits may take "
                "in memory; beyond, people go to the store, without one they "
                "are packed. Not the whole process: ids, the census while it "
                "is read, and the program come on top")
    ->type_name("SIZE");
  app.add_flag("--fail-fast", flags.fail_fast,
               "end the run at the first failure instead");
  app
    .add_option("--html", flags.html,
                "a report with charts as one page that needs nothing else")
    ->type_name("FILE");
  app
    .add_option("--compare-baseline", flags.baseline,
                "a stored run to compare this one with, by number, id or last")
    ->type_name("RUN");
  app.add_flag("--no-store", flags.no_store, "do not store the run")
    ->excludes(app.get_option("--compare-baseline"));
  app.add_flag("--foundation-only", flags.foundation_only,
               "read and check scenario and census, then stop");
}

/// A stored run has its own scenario and people: whoever names others would
/// wait for what he does not get.
void declare_resumption(CLI::App& app, simulate_flags& flags) {
  auto* resume = app.add_option(
    "--resume", flags.resume,
    "go on with a stored run that was killed, by number, id or "
    "last; it has its own scenario and people");
  resume->type_name("RUN");
  for (const auto* of_start :
       {"--census", "--config", "--mapping", "--scenario", "--start-year",
        "--end-year", "--seed", "--set", "--on-bad-row", "--duplicates",
        "--no-store", "--foundation-only"})
    resume->excludes(app.get_option(of_start));
}

/// Many projections have totals only: what is about the events of one would do
/// nothing, and is refused.
void declare_many(CLI::App& app, ensemble_flags& many) {
  auto* seeds = app.add_option("--seeds", many.seeds,
                               "project under so many seeds from --seed on, "
                               "and tell how the figures spread");
  seeds->check(CLI::Range(std::size_t{1}, seeds_max));
  for (const auto* of_one :
       {"--out", "--batch-size", "--optimization", "--memory-limit",
        "--fail-fast", "--resume", "--compare-baseline", "--foundation-only"})
    seeds->excludes(app.get_option(of_one));
  app
    .add_option("--exceed", many.thresholds,
                "with --seeds: how often a figure is beyond a value, for "
                "example \"end_payroll[2029]>1250000\"")
    ->type_name("MEASURE[YEAR]>VALUE")
    ->allow_extra_args(false)
    ->needs(seeds);
  app
    .add_option("--show", many.shown,
                "with --seeds: a figure to show, once for each (default: "
                "headcount, payroll, participation and kinds of events)")
    ->type_name("MEASURE[YEAR]")
    ->allow_extra_args(false)
    ->needs(seeds);
}

/// What the activity `simulate` is given.
nlohmann::json arguments_of(const simulate_flags& flags) {
  auto arguments = arguments_of(flags.inputs);
  if (!flags.optimization.empty())
    arguments["optimization"] = flags.optimization;
  if (!flags.out.empty())
    arguments["out"] = flags.out;
  if (flags.batch_size != simulation::block_people)
    arguments["batch_size"] = flags.batch_size;
  if (!flags.memory_limit.empty())
    arguments["memory_limit"] = flags.memory_limit;
  if (flags.fail_fast)
    arguments["fail_fast"] = true;
  return arguments;
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
    // The share is that of all years: a stage for each would count anew.
    report.stage = "simulating";
    report.unit = "years";
    report.done = progress->years_over;
    report.share = progress->share;
    return report;
  }

  std::atomic<std::shared_ptr<const simulation::simulation_progress>> progress_;
  std::optional<progress_bar> bar_;
};

/// The id of the run to compare with; empty: none. Before there is another that
/// "last" could mean.
outcome<std::string> find_baseline(const simulate_flags& flags,
                                   const invocation& with) {
  if (flags.baseline.empty())
    return std::string{};
  auto history = simulation::simulation_history::open(with.settings.store_path);
  if (!history)
    return runtime::fail(history.error());
  const auto found = history->find_run(flags.baseline);
  if (!found)
    return runtime::fail(found.error());
  return found->id;
}

outcome<simulation::simulation_difference> compare(const std::string& store,
                                                   const std::string& baseline,
                                                   const std::string& run) {
  auto history = simulation::simulation_history::open(store);
  if (!history)
    return runtime::fail(history.error());
  return simulation::compare_simulations(*history, baseline, run);
}

nlohmann::ordered_json facts_of(const simulated& done) {
  auto facts = done.facts;
  if (!done.result.run.empty()) {
    facts["run"] = done.result.run;
    facts["years_before"] = done.result.years_before;
  }
  return facts;
}

int print(const simulated& done, const simulate_flags& flags,
          const std::string& baseline, const invocation& with) {
  print_warnings(done.census, flags.inputs.census);
  if (!flags.html.empty())
    if (const auto written
        = write_html(flags.html, page_of(done.facts, done.result.years));
        !written)
      return report(written.error(), with.output);
  auto facts = facts_of(done);
  if (baseline.empty()) {
    print_simulation(facts, done.result.years, with.output);
    return 0;
  }
  const auto compared
    = compare(with.settings.store_path, baseline, done.result.run);
  if (!compared)
    return report(compared.error(), with.output);
  facts["baseline"] = difference_json(*compared);
  print_simulation(facts, done.result.years, with.output);
  if (with.output == output_format::text) {
    std::fputs("\n", stdout);
    print_difference(*compared, with.output);
  }
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
  const auto start = steady_time::now();
  const auto census = read_census_of(plan);
  if (!census)
    return report(census.error(), output);
  auto facts = describe_foundation(plan, *census);
  facts["foundation_seconds"]
    = real_seconds{steady_time::now() - start}.count();
  print_warnings(*census, plan.census_file);
  print_foundation(facts, output);
  return 0;
}

/// Goes on with a stored run: its scenario and its people are in the store.
int run_resume(const simulate_flags& flags, const invocation& with) {
  if (!flags.memory_limit.empty())
    if (auto bytes = runtime::parse_byte_size(flags.memory_limit); !bytes) {
      bytes.error().key = "--memory-limit";
      return report(bytes.error(), with.output);
    }
  const auto baseline = find_baseline(flags, with);
  if (!baseline)
    return report(baseline.error(), with.output);
  const auto stop = interruption{};
  auto bar = simulate_bar{with.show_progress};
  const auto done
    = resume_by_name(flags.resume, arguments_of(flags), with, stop.token(),
                     [&](auto progress) { bar.show(std::move(progress)); });
  bar.end();
  return done ? print(*done, flags, *baseline, with)
              : report(done.error(), with.output);
}

int run_simulate(const simulate_flags& flags, const invocation& with) {
  if (flags.memory_limit.empty())
    prepare_heap_for_columns();
  else
    prepare_heap_for_limit();
  if (!flags.resume.empty())
    return run_resume(flags, with);
  if (flags.many.seeds != 0) {
    auto many = flags.many;
    many.html = flags.html;
    many.no_store = flags.no_store;
    return run_ensemble(flags.inputs, many, with);
  }
  const auto arguments = arguments_of(flags);
  // What is wrong already is refused before there is a run.
  const auto plan = plan_of(arguments);
  if (!plan)
    return report(plan.error(), with.output);
  if (flags.foundation_only)
    return print_foundation_of(*plan, with.output);
  const auto baseline = find_baseline(flags, with);
  if (!baseline)
    return report(baseline.error(), with.output);
  const auto stop = interruption{};
  auto bar = simulate_bar{with.show_progress};
  if (flags.no_store) {
    const auto done = simulate_here(*plan, with, stop.token(), bar);
    bar.end();
    return done ? print(*done, flags, *baseline, with)
                : report(done.error(), with.output);
  }
  const auto done
    = simulate_as_run(arguments, with, stop.token(),
                      [&](auto progress) { bar.show(std::move(progress)); });
  bar.end();
  return done ? print(*done, flags, *baseline, with)
              : report(done.error(), with.output);
}

} // namespace

void add_simulate_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "simulate", "Project a workforce over years, person by person");
  app->footer(simulate_examples);
  const auto flags = std::make_shared<simulate_flags>();
  declare(*app, *flags);
  declare_resumption(*app, *flags);
  declare_many(*app, flags->many);
  app->require_subcommand(0, 1);
  add_simulate_history_commands(*app, line);
  add_simulate_many_commands(*app, line);
  app->callback([app, flags, &line] {
    if (app->get_subcommands().empty())
      line.chosen = [flags](const invocation& with) {
        return run_simulate(*flags, with);
      };
  });
}

} // namespace troupe::tools
