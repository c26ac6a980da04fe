#include "tools/cli/simulate_many_command.hpp"

#include "actors/simulation/ensemble.hpp"
#include "actors/simulation/goal_seek.hpp"
#include "actors/simulation/goal_text.hpp"
#include "actors/simulation/rate_text.hpp"
#include "actors/simulation/scenario_parameter.hpp"
#include "actors/simulation/sweep.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/projecting.hpp"
#include "tools/cli/simulate_ensemble_report.hpp"
#include "tools/cli/simulate_goal_report.hpp"
#include "tools/cli/simulate_page.hpp"
#include "tools/cli/simulate_sweep_report.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using simulation::checked;
using simulation::projected_years;
using problems = std::vector<runtime::problem>;

namespace {

constexpr auto sweep_examples = R"(Examples:
  troupe simulate sweep --census people.csv --config scenario.yaml --vary growth_rate=0:0.06:0.01
  troupe simulate sweep --census people.csv --config scenario.yaml --vary cola=0.02,0.03 --vary merit=0.03:0.04:0.005 --show "end_payroll[2029]"

A parameter is the path of a key, as in --set, or growth_rate, cola or merit for
all years and levels.)";

constexpr auto seek_examples = R"(Examples:
  troupe simulate seek --census people.csv --config scenario.yaml --goal "end_payroll[2029]=1500000000" --vary growth_rate=0:0.1
  troupe simulate seek --census people.csv --config scenario.yaml --goal "end_headcount=12000" --vary growth_rate=-0.05:0.1:0.001 --runs 20

Which value of a parameter makes a figure a target. Projects each value that is
tried; all have the scenario's seed.)";

constexpr auto batch_examples = R"(Examples:
  troupe simulate batch --census people.csv --config scenarios.yaml
  troupe simulate batch --census people.csv --config scenarios.yaml --show end_headcount --show "end_payroll[2027]")";

/// What was typed after a subcommand.
struct many_flags {
  simulate_inputs inputs;
  std::vector<std::string> vary;
  std::vector<std::string> shown;
  std::string goal;
  std::string tolerance;
  std::size_t runs = 40;
  bool no_store = false;
};

int print(const std::string& text, nlohmann::ordered_json json,
          const projecting& by, output_format output) {
  if (output == output_format::text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  if (!by.run().empty())
    json["run"] = by.run();
  print_json(json);
  return 0;
}

std::vector<simulation::projected_part>
parts_of(std::span<const std::string> labels,
         std::span<const simulation::scenario> scenarios,
         std::span<const projected_years> years) {
  auto parts = std::vector<simulation::projected_part>{};
  for (auto at = std::size_t{0}; at < labels.size(); ++at)
    parts.push_back({labels[at], scenarios[at], years[at]});
  return parts;
}

checked<std::vector<simulation::measure_threshold>>
read_thresholds(const std::vector<std::string>& texts) {
  auto all = std::vector<simulation::measure_threshold>{};
  for (const auto& text : texts) {
    auto one = simulation::parse_threshold(text);
    if (!one) {
      one.error().key = "--exceed";
      return tl::unexpected{problems{one.error()}};
    }
    all.push_back(*one);
  }
  return all;
}

checked<std::vector<simulation::measure_in_year>>
read_measures(const std::vector<std::string>& texts) {
  auto all = std::vector<simulation::measure_in_year>{};
  for (const auto& text : texts) {
    auto one = simulation::parse_measure_in_year(text);
    if (!one) {
      one.error().key = "--show";
      return tl::unexpected{problems{one.error()}};
    }
    all.push_back(*one);
  }
  return all;
}

/// What a person looks at first; JSON has all.
std::vector<std::string> spread_figures() {
  return {"end_headcount", "promotions",       "enrollments",  "opt_outs",
          "end_payroll",   "prorated_payroll", "participation"};
}

/// The bands of some figures, in the order in which these are named.
simulation::ensemble
choose_bands(const simulation::ensemble& from,
             std::span<const simulation::measure_in_year> measures) {
  auto chosen = from;
  chosen.bands.clear();
  for (const auto& wanted : measures)
    for (const auto& band : from.bands_of(*wanted.named.measure))
      if (!wanted.year || *wanted.year == band.year)
        chosen.bands.push_back(band);
  return chosen;
}

/// The scenarios of a sweep's points, each checked before any is projected.
checked<std::vector<simulation::scenario>>
scenarios_of(const simulate_inputs& inputs, const simulation::sweep& of) {
  auto all = std::vector<simulation::scenario>{};
  const auto arguments = arguments_of(inputs);
  for (const auto& point : of.points) {
    auto plan = plan_of(arguments, point.overrides);
    if (!plan)
      return tl::unexpected{plan.error()};
    all.push_back(std::move(plan->scenario.values));
  }
  return all;
}

int print_sweep(simulation::sweep of,
                const std::vector<simulation::scenario>& scenarios,
                const many_flags& flags, simulation::simulation_kind kind,
                projecting& by, output_format output) {
  const auto measures = read_measures(flags.shown);
  if (!measures)
    return report(measures.error(), output);
  const auto years = by.project(scenarios);
  if (!years)
    return report(years.error(), output);
  auto labels = std::vector<std::string>{};
  for (const auto& point : of.points)
    labels.push_back(point.label);
  const auto made = make_sweep_report(std::move(of), *measures, *years);
  if (!made)
    return report(made.error(), output);
  auto json = nlohmann::ordered_json{{"points", sweep_json(*made)}};
  if (auto kept
      = by.keep(kind, parts_of(labels, scenarios, *years), json.dump());
      !kept)
    return report(kept.error(), output);
  return print(render_sweep(*made), std::move(json), by, output);
}

int run_sweep(const many_flags& flags, const invocation& with) {
  prepare_heap_for_columns();
  auto of = simulation::parse_sweep(flags.vary);
  if (!of) {
    of.error().key = "--vary";
    return report(of.error(), with.output);
  }
  const auto scenarios = scenarios_of(flags.inputs, *of);
  if (!scenarios)
    return report(scenarios.error(), with.output);
  const auto plan = plan_of(arguments_of(flags.inputs));
  if (!plan)
    return report(plan.error(), with.output);
  auto by = projecting::begin(*plan, with, !flags.no_store);
  if (!by)
    return report(by.error(), with.output);
  return print_sweep(std::move(*of), *scenarios, flags,
                     simulation::simulation_kind::sweep, **by, with.output);
}

/// All scenarios of a file, side by side.
int run_batch(const many_flags& flags, const invocation& with) {
  prepare_heap_for_columns();
  const auto known = simulation::read_scenarios(flags.inputs.config);
  if (!known)
    return report(known.error(), with.output);
  auto of = simulation::sweep{};
  auto scenarios = std::vector<simulation::scenario>{};
  auto first = std::optional<simulate_plan>{};
  for (const auto& one : *known) {
    auto inputs = flags.inputs;
    inputs.scenario = one.name;
    auto plan = plan_of(arguments_of(inputs));
    if (!plan)
      return report(plan.error(), with.output);
    if (first
        && plan->scenario.values.start_year
             != first->scenario.values.start_year) {
      auto reason = runtime::problem{};
      reason.kind = runtime::problem_kind::invalid_input;
      reason.message = one.name + " begins in another year than "
                       + first->scenario.name
                       + ", so that one census cannot be that of both";
      reason.hint = "give all the same first year, or use --start-year";
      return report(reason, with.output);
    }
    of.points.push_back({{one.name}, one.name, {}});
    scenarios.push_back(plan->scenario.values);
    if (!first)
      first = std::move(*plan);
  }
  of.axes.push_back({"scenario", {}});
  auto by = projecting::begin(*first, with, !flags.no_store);
  if (!by)
    return report(by.error(), with.output);
  return print_sweep(std::move(of), scenarios, flags,
                     simulation::simulation_kind::sweep, **by, with.output);
}

/// The same on every machine, so that the same question has the same answer.
constexpr auto tries_at_once = std::size_t{4};

struct wanted_goal {
  simulation::goal_target target;
  simulation::goal_range range;
  simulation::goal_seek search;
  std::int32_t year = 0;
};

outcome<wanted_goal> read_goal(const many_flags& flags,
                               const simulation::scenario& parameters) {
  auto target = simulation::parse_goal_target(flags.goal);
  if (!target) {
    target.error().key = "--goal";
    return fail(target.error());
  }
  auto range = simulation::parse_goal_range(flags.vary.front());
  if (!range) {
    range.error().key = "--vary";
    return fail(range.error());
  }
  auto wanted = simulation::goal{};
  wanted.target = target->value;
  wanted.tolerance = std::abs(target->value) / 1'000;
  if (!flags.tolerance.empty()) {
    const auto near
      = simulation::parse_measure_value(target->of.named, flags.tolerance);
    if (!near) {
      auto reason = near.error();
      reason.key = "--tolerance";
      return fail(std::move(reason));
    }
    wanted.tolerance = *near;
  }
  wanted.lowest = range->lowest;
  wanted.highest = range->highest;
  wanted.step = range->step;
  wanted.runs_max = flags.runs;
  wanted.runs_at_once = tries_at_once;
  auto search = simulation::goal_seek::create(wanted);
  if (!search) {
    search.error().key = "--vary";
    return fail(search.error());
  }
  const auto year = target->of.year.value_or(parameters.end_year);
  return wanted_goal{*target, *range, std::move(*search), year};
}

int run_seek(const many_flags& flags, const invocation& with) {
  prepare_heap_for_columns();
  const auto arguments = arguments_of(flags.inputs);
  const auto plan = plan_of(arguments);
  if (!plan)
    return report(plan.error(), with.output);
  auto by = projecting::begin(*plan, with, !flags.no_store);
  if (!by)
    return report(by.error(), with.output);
  auto goal = read_goal(flags, plan->scenario.values);
  if (!goal)
    return report(goal.error(), with.output);
  auto parts = std::vector<simulation::projected_part>{};
  const auto make
    = [&](simulation::ppm value) -> outcome<simulation::scenario> {
    const auto made = plan_of(
      arguments, simulation::set_parameter(goal->range.parameter,
                                           simulation::render_rate(value)));
    if (!made)
      return fail(made.error().front());
    parts.push_back(
      {goal->range.parameter + "=" + simulation::render_rate(value),
       made->scenario.values,
       {}});
    return made->scenario.values;
  };
  const auto project = [&](std::span<const simulation::scenario> scenarios) {
    auto years = (*by)->project(scenarios);
    if (years)
      for (auto at = std::size_t{0}; at < years->size(); ++at)
        parts[parts.size() - years->size() + at].years = (*years)[at];
    return years;
  };
  const auto& measure = *goal->target.of.named.measure;
  if (const auto done = simulation::run_search(goal->search, measure,
                                               goal->year, make, project);
      !done)
    return report(done.error(), with.output);
  const auto made
    = goal_report{goal->search, goal->range.parameter, measure, goal->year};
  auto json = goal_json(made);
  if (auto kept = (*by)->keep(simulation::simulation_kind::goal_seek,
                              std::move(parts), json.dump());
      !kept)
    return report(kept.error(), with.output);
  const auto code
    = print(render_goal(made), std::move(json), **by, with.output);
  return goal->search.answer().state == simulation::goal_state::met ? code : 1;
}

/// Sets up a subcommand; its options are still to be added.
std::pair<CLI::App*, std::shared_ptr<many_flags>>
add_many(CLI::App& simulate, command_line& line, const char* name,
         const char* help, const char* examples,
         int (*run)(const many_flags&, const invocation&)) {
  auto* app = simulate.add_subcommand(name, help);
  app->footer(examples);
  const auto flags = std::make_shared<many_flags>();
  declare(*app, flags->inputs);
  app->add_flag("--no-store", flags->no_store, "do not store the run");
  app->callback([&line, flags, run] {
    line.chosen
      = [flags, run](const invocation& with) { return run(*flags, with); };
  });
  return {app, flags};
}

void add_shown(CLI::App& app, many_flags& flags) {
  app
    .add_option("--show", flags.shown,
                "a figure to show, once for each (default: headcount, payroll "
                "and participation of the last year)")
    ->type_name("MEASURE[YEAR]")
    ->allow_extra_args(false);
}

} // namespace

int run_ensemble(const simulate_inputs& inputs, const ensemble_flags& flags,
                 const invocation& with) {
  prepare_heap_for_columns();
  const auto thresholds = read_thresholds(flags.thresholds);
  if (!thresholds)
    return report(thresholds.error(), with.output);
  const auto measures
    = read_measures(flags.shown.empty() ? spread_figures() : flags.shown);
  if (!measures)
    return report(measures.error(), with.output);
  const auto plan = plan_of(arguments_of(inputs));
  if (!plan)
    return report(plan.error(), with.output);
  auto by = projecting::begin(*plan, with, !flags.no_store);
  if (!by)
    return report(by.error(), with.output);
  auto scenarios = std::vector<simulation::scenario>{};
  auto labels = std::vector<std::string>{};
  for (const auto seed :
       simulation::ensemble_seeds(plan->scenario.values.seed, flags.seeds)) {
    scenarios.push_back(plan->scenario.values);
    scenarios.back().seed = seed;
    labels.push_back("seed " + std::to_string(seed));
  }
  const auto years = (*by)->project(scenarios);
  if (!years)
    return report(years.error(), with.output);
  auto spread = simulation::find_bands(*years);
  if (!spread)
    return report(spread.error(), with.output);
  const auto exceedances = simulation::find_exceedances(*years, *thresholds);
  if (!exceedances)
    return report(exceedances.error(), with.output);
  const auto chosen = choose_bands(*spread, *measures);
  const auto told = ensemble_report{.first_seed = plan->scenario.values.seed,
                                    .of = *spread,
                                    .exceedances = *exceedances};
  auto json = ensemble_json(told);
  if (!flags.html.empty()) {
    auto page = page_of({{"scenario", plan->scenario.name},
                         {"people", (*by)->people()},
                         {"first_seed", plan->scenario.values.seed},
                         {"seeds", flags.seeds}},
                        years->front());
    page.spread = *spread;
    page.exceedances = *exceedances;
    if (const auto written = write_html(flags.html, page); !written)
      return report(written.error(), with.output);
  }
  if (auto kept = (*by)->keep(simulation::simulation_kind::ensemble,
                              parts_of(labels, scenarios, *years), json.dump());
      !kept)
    return report(kept.error(), with.output);
  auto shown = told;
  shown.of = chosen;
  return print(render_ensemble(shown), std::move(json), **by, with.output);
}

void add_simulate_many_commands(CLI::App& simulate, command_line& line) {
  {
    const auto [app, flags]
      = add_many(simulate, line, "sweep",
                 "Project over all combinations of some values", sweep_examples,
                 run_sweep);
    app
      ->add_option("--vary", flags->vary,
                   "values of a parameter, once for each parameter")
      ->required()
      ->type_name("KEY=FROM:TO:STEP|KEY=A,B,C")
      ->allow_extra_args(false);
    add_shown(*app, *flags);
  }
  {
    const auto [app, flags]
      = add_many(simulate, line, "seek",
                 "Find the value of a parameter at which a figure is a target",
                 seek_examples, run_seek);
    app->add_option("--goal", flags->goal, "the figure and its target")
      ->required()
      ->type_name("MEASURE[YEAR]=VALUE");
    app
      ->add_option("--vary", flags->vary,
                   "the parameter, and what may be tried")
      ->required()
      ->expected(1)
      ->type_name("KEY=FROM:TO[:STEP]");
    app->add_option("--tolerance", flags->tolerance,
                    "how far from the target is near enough (default: a "
                    "thousandth of it)");
    app
      ->add_option("--runs", flags->runs,
                   "projections at most before it gives up")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
  }
  {
    const auto [app, flags]
      = add_many(simulate, line, "batch",
                 "Project all scenarios of a file, side by side",
                 batch_examples, run_batch);
    add_shown(*app, *flags);
  }
}

} // namespace troupe::tools
