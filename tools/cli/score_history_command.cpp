#include "tools/cli/score_history_command.hpp"

#include "actors/scoring/run_difference.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "tools/cli/score_history_report.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace troupe::tools {

using scoring::scoring_history;

namespace {

constexpr std::size_t list_max = 1'000'000;

constexpr auto runs_examples = R"(Examples:
  troupe score runs
  troupe score runs --limit 5 --output jsonl)";

constexpr auto history_examples = R"(Examples:
  troupe score history ITEM-1042
  troupe score history ITEM-1042 --output json)";

constexpr auto diff_examples = R"(Examples:
  troupe score diff 3 4
  troupe score diff 3 last --top 20 --output json

A run is named by its number, its id or the beginning of that, or "last".)";

constexpr auto explain_examples = R"(Examples:
  troupe score explain ITEM-1042
  troupe score explain ITEM-1042 --run 3 --output json

A run is named by its number, its id or the beginning of that, or "last".)";

/// What was typed after the subcommand.
struct history_flags {
  std::string item;
  std::string run = "last";
  std::string before;
  std::string after;
  std::size_t limit = 20;
  std::size_t top = 10;
  std::size_t reasons = 3;
};

using history_action = std::function<runtime::outcome<void>(
  scoring_history&, const history_flags&, output_format)>;

int run_with_history(const invocation& with, const history_flags& flags,
                     const history_action& action) {
  auto history = scoring_history::open(with.settings.store_path);
  if (!history)
    return report(history.error(), with.output);
  const auto done = action(*history, flags, with.output);
  return done ? 0 : report(done.error(), with.output);
}

/// Hands what was found to the function that prints it.
template <class Found, class Print>
runtime::outcome<void> print_found(const Found& found, Print print) {
  if (!found)
    return runtime::fail(found.error());
  print(*found);
  return {};
}

/// Sets up a subcommand; its options are still to be added.
std::pair<CLI::App*, std::shared_ptr<history_flags>>
add_command(CLI::App& score, command_line& line, const char* name,
            const char* help, history_action action) {
  auto* app = score.add_subcommand(name, help);
  const auto flags = std::make_shared<history_flags>();
  app->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      return run_with_history(with, *flags, action);
    };
  });
  return {app, flags};
}

void add_runs(CLI::App& score, command_line& line) {
  const auto [app, flags] = add_command(
    score, line, "runs", "List the stored runs, newest first",
    [](scoring_history& history, const history_flags& given,
       output_format output) {
      return print_found(history.list_runs(given.limit),
                         [&](const auto& runs) { print_runs(runs, output); });
    });
  app->add_option("--limit", flags->limit, "how many runs to list")
    ->check(CLI::Range(std::size_t{1}, list_max));
  app->footer(runs_examples);
}

void add_history(CLI::App& score, command_line& line) {
  const auto [app, flags] = add_command(
    score, line, "history", "Show what each stored run made of an item",
    [](scoring_history& history, const history_flags& given,
       output_format output) {
      return print_found(history.item_history(given.item),
                         [&](const auto& points) {
                           print_history(given.item, points, output);
                         });
    });
  app->add_option("ITEM", flags->item, "id of the item")->required();
  app->footer(history_examples);
}

void add_diff(CLI::App& score, command_line& line) {
  const auto [app, flags] = add_command(
    score, line, "diff", "Show what moved from one run to another, and why",
    [](scoring_history& history, const history_flags& given,
       output_format output) {
      return print_found(
        scoring::compare_runs(history, given.before, given.after, given.top),
        [&](const auto& difference) { print_difference(difference, output); });
    });
  app->add_option("RUN1", flags->before, "the earlier run")->required();
  app->add_option("RUN2", flags->after, "the later run")->required();
  app
    ->add_option("--top", flags->top,
                 "how many items to list that moved most, came or went")
    ->check(CLI::Range(std::size_t{0}, std::size_t{10'000}));
  app->footer(diff_examples);
}

void add_explain(CLI::App& score, command_line& line) {
  const auto [app, flags] = add_command(
    score, line, "explain", "Show how the total of an item comes about",
    [](scoring_history& history, const history_flags& given,
       output_format output) {
      return print_found(history.explain(given.item, given.run, given.reasons),
                         [&](const auto& explanation) {
                           print_explanation(explanation, output);
                         });
    });
  app->add_option("ITEM", flags->item, "id of the item")->required();
  app->add_option("--run", flags->run, "which run (default: the last)");
  app->footer(explain_examples);
}

} // namespace

void add_score_history_commands(CLI::App& score, command_line& line) {
  add_runs(score, line);
  add_history(score, line);
  add_diff(score, line);
  add_explain(score, line);
}

} // namespace troupe::tools
