#include "tools/cli/simulate_history_command.hpp"

#include "actors/simulation/ensemble.hpp"
#include "actors/simulation/person_timeline.hpp"
#include "actors/simulation/simulation_difference.hpp"
#include "actors/simulation/simulation_export.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "tools/cli/simulate_history_report.hpp"
#include "tools/cli/simulate_page.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using simulation::simulation_history;

namespace {

constexpr auto simulations_max = std::size_t{1'000'000};

constexpr auto simulations_examples = R"(Examples:
  troupe simulate runs
  troupe simulate runs --limit 5 --output jsonl)";

constexpr auto show_examples = R"(Examples:
  troupe simulate show last
  troupe simulate show 3 --output json
  troupe simulate show 3 --html projection.html

A run is named by its number, its id or the beginning of that, or "last".)";

constexpr auto difference_examples = R"(Examples:
  troupe simulate diff 3 4
  troupe simulate diff 3 last --output json

A run is named by its number, its id or the beginning of that, or "last".)";

constexpr auto person_examples = R"(Examples:
  troupe simulate person EMP_2024_000042
  troupe simulate person NH_2025_000001 --run 3 --output json

A person is named by the id, or else the key. A run is named by its number, its
id or the beginning of that, or "last".)";

constexpr auto export_examples = R"(Examples:
  troupe simulate export last --out results

Writes years.json, events.csv, snapshots.csv and run.json, the same bytes as
troupe simulate --out.)";

/// What was typed after the subcommand.
struct look_flags {
  std::string run = "last";
  std::string other;
  std::string person;
  std::string out;
  std::string html;
  std::size_t limit = 20;
};

using look_action = std::function<outcome<void>(
  simulation_history&, const look_flags&, output_format)>;

int run_look(const invocation& with, const look_flags& flags,
             const look_action& action) {
  auto history = simulation_history::open(with.settings.store_path);
  if (!history)
    return report(history.error(), with.output);
  const auto done = action(*history, flags, with.output);
  return done ? 0 : report(done.error(), with.output);
}

/// Sets up a subcommand; its options are still to be added.
std::pair<CLI::App*, std::shared_ptr<look_flags>>
add_look(CLI::App& simulate, command_line& line, const char* name,
         const char* help, look_action action) {
  auto* app = simulate.add_subcommand(name, help);
  const auto flags = std::make_shared<look_flags>();
  app->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      return run_look(with, *flags, action);
    };
  });
  return {app, flags};
}

outcome<void> list_simulations(simulation_history& history,
                               const look_flags& flags, output_format output) {
  const auto runs = history.list_runs(flags.limit);
  if (!runs)
    return fail(runs.error());
  print_simulations(*runs, output);
  return {};
}

/// Of a run, or of the spread of its parts.
outcome<simulation::simulation_report>
make_page(simulation_history& history, const simulation::stored_simulation& run,
          const std::vector<simulation::stored_year>& years,
          const std::vector<simulation::stored_simulation>& parts) {
  auto totals = simulation::projected_years{};
  for (const auto& year : years)
    totals.push_back(year.totals);
  auto members = std::vector<simulation::projected_years>{};
  for (const auto& part : parts) {
    const auto of = history.load_years(part);
    if (!of)
      return fail(of.error());
    auto& member = members.emplace_back();
    for (const auto& year : *of)
      member.push_back(year.totals);
  }
  const auto is_ensemble
    = run.kind == to_string(simulation::simulation_kind::ensemble);
  if (totals.empty() && is_ensemble && !members.empty())
    totals = members.front();
  if (totals.empty())
    return fail(runtime::problem_kind::not_found,
                "run " + std::to_string(run.number) + " has no years to draw",
                "name a projection or an ensemble: troupe simulate runs");
  auto page = page_of({{"run", run.id},
                       {"scenario", run.scenario_name},
                       {"seed", run.seed},
                       {"people", run.people},
                       {"census", run.census},
                       {"version", run.version}},
                      totals);
  if (is_ensemble) {
    auto spread = simulation::find_bands(members);
    if (!spread)
      return fail(spread.error());
    page.spread = std::move(*spread);
  }
  return page;
}

outcome<void> show_simulation(simulation_history& history,
                              const look_flags& flags, output_format output) {
  auto shown = shown_simulation{};
  auto run = history.find_run(flags.run);
  if (!run)
    return fail(run.error());
  auto years = history.load_years(*run);
  if (!years)
    return fail(years.error());
  auto scenario = history.load_scenario_text(*run);
  if (!scenario)
    return fail(scenario.error());
  auto parts = history.children(*run);
  if (!parts)
    return fail(parts.error());
  // All of its settings differ from none.
  const auto settings = simulation::compare_settings(*scenario, "{}");
  if (!settings)
    return fail(settings.error());
  if (!flags.html.empty()) {
    const auto page = make_page(history, *run, *years, *parts);
    if (!page)
      return fail(page.error());
    if (auto written = write_html(flags.html, *page); !written)
      return written;
  }
  print_simulation({.run = std::move(*run),
                    .scenario = std::move(*scenario),
                    .settings = *settings,
                    .years = std::move(*years),
                    .parts = std::move(*parts)},
                   output);
  return {};
}

outcome<void> show_difference(simulation_history& history,
                              const look_flags& flags, output_format output) {
  const auto difference
    = simulation::compare_simulations(history, flags.run, flags.other);
  if (!difference)
    return fail(difference.error());
  print_difference(*difference, output);
  return {};
}

outcome<void> show_person(simulation_history& history, const look_flags& flags,
                          output_format output) {
  const auto timeline
    = simulation::trace_person(history, flags.run, flags.person);
  if (!timeline)
    return fail(timeline.error());
  print_person(*timeline, output);
  return {};
}

outcome<void> export_run(simulation_history& history, const look_flags& flags,
                         output_format output) {
  const auto run = history.find_run(flags.run);
  if (!run)
    return fail(run.error());
  const auto files = simulation::export_simulation(history, *run, flags.out);
  if (!files)
    return fail(files.error());
  print_export(*run, *files, flags.out, output);
  return {};
}

void add_differences(CLI::App& simulate, command_line& line) {
  const auto [app, flags]
    = add_look(simulate, line, "diff",
               "Show what became different from one run to another",
               show_difference);
  app->add_option("RUN1", flags->run, "the one run")->required();
  app->add_option("RUN2", flags->other, "the other run")->required();
  app->footer(difference_examples);
}

void add_person(CLI::App& simulate, command_line& line) {
  const auto [app, flags]
    = add_look(simulate, line, "person",
               "Follow a person through a run, event by event", show_person);
  app->add_option("EMP", flags->person, "id or key of the person")->required();
  app->add_option("--run", flags->run, "which run (default: the last)");
  app->footer(person_examples);
}

void add_export(CLI::App& simulate, command_line& line) {
  const auto [app, flags] = add_look(simulate, line, "export",
                                     "Write a stored run to files", export_run);
  app->add_option("RUN", flags->run, "which run")->required();
  app->add_option("--out", flags->out, "folder for the files")
    ->type_name("FOLDER")
    ->required();
  app->footer(export_examples);
}

} // namespace

void add_simulate_history_commands(CLI::App& simulate, command_line& line) {
  const auto [runs, flags]
    = add_look(simulate, line, "runs", "List the stored runs, newest first",
               list_simulations);
  runs->add_option("--limit", flags->limit, "how many runs to list")
    ->check(CLI::Range(std::size_t{1}, simulations_max));
  runs->footer(simulations_examples);
  const auto [show, show_flags]
    = add_look(simulate, line, "show",
               "Show a stored run: its settings and what became of each year",
               show_simulation);
  show->add_option("RUN", show_flags->run, "which run")->required();
  show
    ->add_option("--html", show_flags->html,
                 "also write a report with charts, as one page")
    ->type_name("FILE");
  show->footer(show_examples);
  add_differences(simulate, line);
  add_person(simulate, line);
  add_export(simulate, line);
}

} // namespace troupe::tools
