#include "tools/cli/run_history_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/waiting_chain.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/quantities.hpp"
#include "tools/cli/run_lookup.hpp"
#include "tools/cli/run_report.hpp"
#include "tools/cli/server_connection.hpp"

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using engine::recorded_runs;
using runtime::fail;
using runtime::outcome;

namespace {

constexpr auto list_max = std::size_t{1'000'000};

constexpr auto list_examples = R"(Examples:
  troupe run list
  troupe run list --status failed --limit 5
  troupe run list --workflow nightly-portfolio --since 1d --output jsonl
  troupe run list --limit 100 --before 4711

A run that is set aside has a broken history: the engine does not go on with it
(see troupe doctor).)";

constexpr auto show_examples = R"(Examples:
  troupe run show latest
  troupe run show 0193a5c1 --output json

A run is named by its number, its id or the beginning of that, or "latest".)";

constexpr auto why_examples = R"(Examples:
  troupe run why latest

Each line says who waits, for what, since when, and when somebody looks again.)";

constexpr auto history_examples = R"(Examples:
  troupe run history latest
  troupe run history 12 --output jsonl)";

/// What was typed after the subcommand.
struct look_flags {
  std::string run = "latest";
  std::string status;
  std::string workflow;
  std::string since;
  engine::run_number before = 0;
  std::size_t limit = 20;
  runtime::settings settings;
};

using look = std::function<outcome<void>(recorded_runs&, const look_flags&,
                                         output_format)>;

/// What the server of the store says, if there is one.
engine::engine_then ask_engine(const runtime::settings& settings) {
  auto known = engine::engine_then{std::nullopt, runtime::real_clock{}.now()};
  auto client = connect_server(settings);
  if (!client)
    return known;
  if (auto states = client->guards())
    known.states = std::move(*states);
  if (auto queue = client->queue())
    known.queue = std::move(*queue);
  return known;
}

outcome<void> print_list(recorded_runs& runs, const look_flags& flags,
                         output_format output) {
  auto filter = engine::run_filter{};
  filter.limit = flags.limit;
  if (!flags.status.empty())
    filter.status = flags.status;
  if (!flags.workflow.empty())
    filter.workflow_id = flags.workflow;
  if (flags.before != 0)
    filter.before = flags.before;
  if (!flags.since.empty()) {
    auto span = runtime::parse_duration(flags.since);
    if (!span) {
      span.error().key = "--since";
      return fail(span.error());
    }
    filter.since = runtime::real_clock{}.now() - *span;
  }
  const auto found = runs.list(filter);
  if (!found)
    return fail(found.error());
  if (output == output_format::text) {
    std::fputs(render_list(*found).c_str(), stdout);
    return {};
  }
  auto all = nlohmann::ordered_json::array();
  for (const auto& run : *found)
    if (output == output_format::jsonl)
      print_json(to_json(run));
    else
      all.push_back(to_json(run));
  if (output == output_format::json)
    print_json(all);
  return {};
}

outcome<void> print_run(recorded_runs& runs, const look_flags& flags,
                        output_format output) {
  const auto found = find_run(runs, flags.run);
  if (!found)
    return fail(found.error());
  if (output == output_format::text)
    std::fputs(render_run(found->record, *found->state).c_str(), stdout);
  else
    print_json(to_json(found->record, *found->state));
  return {};
}

outcome<void> print_why(recorded_runs& runs, const look_flags& flags,
                        output_format output) {
  const auto found = find_run(runs, flags.run);
  if (!found)
    return fail(found.error());
  auto chain
    = engine::waiting_chain(runs, *found->state, ask_engine(flags.settings));
  if (!chain)
    return fail(chain.error());
  if (auto named
      = engine::name_holders(*chain, *found->state, flags.settings.store_path);
      !named)
    return named;
  if (output != output_format::text) {
    print_json(to_json(*chain));
    return {};
  }
  if (chain->empty())
    std::printf("run %s waits for nothing: it is %s%s%s\n",
                found->record.run_id.c_str(), found->record.status.c_str(),
                found->record.reason.empty() ? "" : ", ",
                found->record.reason.c_str());
  std::fputs(render_chain(*chain).c_str(), stdout);
  return {};
}

outcome<void> print_history(recorded_runs& runs, const look_flags& flags,
                            output_format output) {
  const auto found = find_run(runs, flags.run);
  if (!found)
    return fail(found.error());
  const auto history = runs.history(found->record.number);
  if (!history)
    return fail(history.error());
  const auto& of = found->state->definition();
  if (output == output_format::text) {
    std::fputs(render_history(*history, of).c_str(), stdout);
    return {};
  }
  auto all = nlohmann::ordered_json::array();
  for (const auto& event : *history)
    if (output == output_format::jsonl)
      print_json(to_json(event, of));
    else
      all.push_back(to_json(event, of));
  if (output == output_format::json)
    print_json(all);
  return {};
}

int run_look(const invocation& with, look_flags flags, const look& action) {
  auto runs = recorded_runs::open(with.settings.store_path);
  if (!runs)
    return report(runs.error(), with.output);
  const auto has_any = runs->has_any();
  if (!has_any)
    return report(has_any.error(), with.output);
  if (!*has_any)
    return report(
      fail(runtime::problem_kind::not_found,
           "the store has no runs of workflows: " + with.settings.store_path,
           "start one with troupe run execute")
        .value(),
      with.output);
  flags.settings = with.settings;
  const auto done = action(*runs, flags, with.output);
  return done ? 0 : report(done.error(), with.output);
}

std::pair<CLI::App*, std::shared_ptr<look_flags>>
add_look(CLI::App& run, command_line& line, const char* name, const char* help,
         const char* examples, look action) {
  auto* app = run.add_subcommand(name, help);
  const auto flags = std::make_shared<look_flags>();
  app->footer(examples);
  app->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      return run_look(with, *flags, action);
    };
  });
  return {app, flags};
}

void add_look_at_run(CLI::App& run, command_line& line, const char* name,
                     const char* help, const char* examples, look action) {
  const auto [app, flags]
    = add_look(run, line, name, help, examples, std::move(action));
  app->add_option("RUN", flags->run, "the run (default: latest)");
}

} // namespace

void add_run_history_commands(CLI::App& run, command_line& line) {
  const auto [app, flags]
    = add_look(run, line, "list", "List the runs in the store, newest first",
               list_examples, print_list);
  app->add_option("--status", flags->status, "only runs with this status");
  app->add_option("--workflow", flags->workflow, "only runs of this workflow");
  app->add_option("--since", flags->since,
                  "only runs submitted in the last so long, for example 1d");
  app
    ->add_option("--before", flags->before,
                 "only runs with a smaller number: the next page")
    ->check(CLI::PositiveNumber);
  app->add_option("--limit", flags->limit, "how many runs to list")
    ->check(CLI::Range(std::size_t{1}, list_max));
  add_look_at_run(run, line, "show", "Show a run and its steps", show_examples,
                  print_run);
  add_look_at_run(run, line, "why", "Say what a run waits for", why_examples,
                  print_why);
  add_look_at_run(run, line, "history", "Show every event of a run",
                  history_examples, print_history);
}

} // namespace troupe::tools
