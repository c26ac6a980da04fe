#include "tools/cli/score_weights_command.hpp"

#include "actors/scoring/stored_portfolio.hpp"
#include "tools/cli/score_weights_report.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using scoring::scoring_history;

namespace {

constexpr std::size_t top_max = 10'000;
constexpr std::uint32_t iterations_max = 100'000;

constexpr auto stability_examples = R"(Examples:
  troupe score stability
  troupe score stability --run 3 --spread 0.1 --top 20
  troupe score stability --iterations 1000 --seed 7 --output json

Every weight is multiplied by a draw between 1 - spread and 1 + spread, then all
are brought back to the sum 1; the same seed gives the same answer. Of a large
portfolio the best 2,000 items are ranked among themselves.
A run is named by its number, its id or the beginning of that, or "last".)";

constexpr auto what_if_examples = R"(Examples:
  troupe score what-if --weight business_value=0.4
  troupe score what-if --weight business_value=0.4 --weight risk_assessment=0
  troupe score what-if --weight customer_value.cv_user_impact=0.5 --output json

A category's weight is its share of the strategic score, a criterion's its share
of its category. What is named weighs what you say; the others share the rest in
proportion to what they weigh in the run.
A run is named by its number, its id or the beginning of that, or "last".)";

// -- stability ----------------------------------------------------------------

struct stability_flags {
  std::string run = "last";
  scoring::stability_options options;
};

std::size_t worker_count(const invocation& with) {
  if (with.settings.workers != 0)
    return static_cast<std::size_t>(with.settings.workers);
  return std::max(1u, std::thread::hardware_concurrency());
}

outcome<stability_report> measure(const stability_flags& flags,
                                  const invocation& with) {
  auto history = scoring_history::open(with.settings.store_path);
  if (!history)
    return fail(history.error());
  auto portfolio = scoring::load_portfolio(*history, flags.run);
  if (!portfolio)
    return fail(portfolio.error());
  auto result
    = scoring::measure_stability(portfolio->formula.plan, portfolio->scores,
                                 flags.options, worker_count(with));
  if (!result)
    return fail(result.error());
  auto report = stability_report{};
  report.options = flags.options;
  report.result = std::move(*result);
  report.run = std::move(portfolio->run);
  report.criteria = portfolio->formula.plan.criteria.size();
  const auto add = [&](std::size_t position) -> outcome<void> {
    const auto& row = report.result.rows[position];
    auto name = scoring::load_name(*history, report.run, row.index);
    if (!name)
      return fail(name.error());
    report.items.push_back(
      {row.rank, row.mean_move, row.top_probability, std::move(*name)});
    return {};
  };
  const auto top
    = std::min<std::size_t>(flags.options.top, report.result.rows.size());
  for (std::size_t i = 0; i < top; ++i)
    if (auto added = add(i); !added)
      return fail(added.error());
  for (const auto position : report.result.contenders)
    if (auto added = add(position); !added)
      return fail(added.error());
  return report;
}

void add_stability(CLI::App& score, command_line& line) {
  auto* app = score.add_subcommand(
    "stability", "Show how much the ranks depend on the exact weights");
  const auto flags = std::make_shared<stability_flags>();
  auto& options = flags->options;
  app->add_option("--run", flags->run, "which run (default: the last)");
  app->add_option("--iterations", options.iterations, "how many draws")
    ->check(CLI::Range(std::uint32_t{1}, iterations_max))
    ->type_name("NUMBER")
    ->capture_default_str();
  app->add_option("--seed", options.seed, "the same seed gives the same answer")
    ->type_name("NUMBER")
    ->capture_default_str();
  app
    ->add_option("--spread", options.spread,
                 "how far each weight may be off; 0.2 is 20 %")
    ->check(CLI::Range(0.0, 1.0))
    ->type_name("NUMBER")
    ->capture_default_str();
  app
    ->add_option("--top", options.top,
                 "how many of the best to list and to keep an eye on")
    ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{2'000}))
    ->type_name("NUMBER")
    ->capture_default_str();
  app->footer(stability_examples);
  app->callback([&line, flags] {
    line.chosen = [flags](const invocation& with) {
      const auto found = measure(*flags, with);
      if (!found)
        return report(found.error(), with.output);
      print_stability(*found, with.output);
      return 0;
    };
  });
}

// -- what if ------------------------------------------------------------------

struct what_if_flags {
  std::string run = "last";
  std::vector<std::string> weights;
  std::size_t top = 10;
};

/// Wrong weights are wrong flags.
runtime::problem with_flag(runtime::problem reason) {
  reason.key = "--weight";
  return reason;
}

outcome<what_if_report> try_weights(const what_if_flags& flags,
                                    const invocation& with) {
  auto history = scoring_history::open(with.settings.store_path);
  if (!history)
    return fail(history.error());
  auto portfolio = scoring::load_portfolio(*history, flags.run);
  if (!portfolio)
    return fail(portfolio.error());
  auto report = what_if_report{};
  report.plan = std::move(portfolio->formula.plan);
  auto change = scoring::parse_weight_change(report.plan, flags.weights);
  if (!change)
    return fail(with_flag(change.error()));
  auto result = scoring::what_if(report.plan, portfolio->scores, *change);
  if (!result)
    return fail(with_flag(result.error()));
  report.run = std::move(portfolio->run);
  report.change = std::move(*change);
  report.result = std::move(*result);
  report.top = flags.top;
  report.moves = scoring::find_moves(report.result, flags.top);
  for (const auto* rows :
       {&report.moves.entered, &report.moves.left, &report.moves.largest})
    for (const auto row : *rows) {
      auto name = scoring::load_name(*history, report.run, row);
      if (!name)
        return fail(name.error());
      report.names.emplace(row, std::move(*name));
    }
  return report;
}

void add_what_if(CLI::App& score, command_line& line) {
  auto* app = score.add_subcommand(
    "what-if", "Show who would rise and fall with other weights");
  const auto flags = std::make_shared<what_if_flags>();
  app
    ->add_option("--weight", flags->weights,
                 "a category or criterion and its new weight, for example "
                 "business_value=0.4; may be repeated")
    ->type_name("NAME=WEIGHT")
    ->allow_extra_args(false)
    ->required();
  app->add_option("--run", flags->run, "which run (default: the last)");
  app
    ->add_option("--top", flags->top,
                 "the top that is entered and left, and how many of the "
                 "largest moves to list")
    ->check(CLI::Range(std::size_t{1}, top_max))
    ->type_name("NUMBER")
    ->capture_default_str();
  app->footer(what_if_examples);
  app->callback([&line, flags] {
    line.chosen = [flags](const invocation& with) {
      const auto found = try_weights(*flags, with);
      if (!found)
        return report(found.error(), with.output);
      print_what_if(*found, with.output);
      return 0;
    };
  });
}

} // namespace

void add_score_weights_commands(CLI::App& score, command_line& line) {
  add_stability(score, line);
  add_what_if(score, line);
}

} // namespace troupe::tools
