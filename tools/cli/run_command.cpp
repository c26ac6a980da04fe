#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/workflow_file.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/run_control_command.hpp"
#include "tools/cli/run_derivation_command.hpp"
#include "tools/cli/run_history_command.hpp"
#include "tools/cli/run_prune_command.hpp"
#include "tools/cli/run_report.hpp"
#include "tools/cli/workflow_arguments.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto run_examples = R"(Examples:
  troupe run execute nightly.yaml --input project=apollo
  troupe run list --status failed
  troupe run why latest)";

constexpr auto execute_examples = R"(Examples:
  troupe run execute nightly.yaml --input project=apollo
  troupe run execute nightly.yaml --approve release --key 2026-11-26
  troupe run execute fetch.yaml --guards guards.yaml
  troupe run execute --continue latest

Runs a workflow to its end in this process; the store keeps every step, so that
after a crash --continue goes on where it was. Ctrl-C cancels the run, a second
one leaves at once. Exit code: 0 completed, 1 anything else.)";

/// A fan-out may be wide: nobody else is kept waiting here.
constexpr auto pending_max = std::size_t{1'000'000};

/// What was typed after `troupe run execute`.
struct execute_flags {
  std::string file;
  std::string resumed;
  std::vector<std::string> inputs;
  std::vector<std::string> approvals;
  std::vector<std::string> signals;
  std::vector<std::string> roles = {"operator"};
  std::string key;
  std::string by;
  engine_setup engine;
};

outcome<messages::SubmitRun> make_request(const execute_flags& flags,
                                          const engine::workflow& flow) {
  const auto texts = split_inputs(flags.inputs);
  if (!texts)
    return fail(texts.error());
  const auto inputs = engine::read_inputs(flow, *texts);
  if (!inputs)
    return fail(inputs.error().front());
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(engine::canonical_json(flow));
  wanted.set_workflow_file(flags.file);
  wanted.set_inputs(inputs->dump());
  wanted.set_idempotency_key(flags.key);
  wanted.set_by(flags.by);
  return wanted;
}

/// A signal that waits in the run until somebody wants it.
outcome<void> send_signal(engine::local_engine& engine,
                          const execute_flags& flags, const std::string& run_id,
                          const std::string& name, const std::string& payload) {
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(run_id);
  wanted.set_by(flags.by);
  auto& signal = *wanted.mutable_signal();
  signal.set_name(name);
  signal.set_payload(payload);
  // The same for each execution with the same key.
  signal.set_id("execute/" + name);
  signal.mutable_roles()->Assign(flags.roles.begin(), flags.roles.end());
  const auto sent = engine.change(wanted);
  // A run that is over, because its key was used before, needs no signals.
  if (!sent && sent.error().kind != problem_kind::conflict)
    return fail(sent.error());
  return {};
}

outcome<void> send_signals(engine::local_engine& engine,
                           const execute_flags& flags,
                           const std::string& run_id) {
  for (const auto& step : flags.approvals)
    if (auto sent = send_signal(engine, flags, run_id, step, "true"); !sent)
      return sent;
  for (const auto& each : flags.signals) {
    const auto equals = each.find('=');
    const auto payload
      = equals == std::string::npos ? std::string{} : each.substr(equals + 1);
    if (auto sent
        = send_signal(engine, flags, run_id, each.substr(0, equals), payload);
        !sent)
      return sent;
  }
  return {};
}

progress_report ask_progress(engine::local_engine& engine,
                             const std::string& run_id) {
  auto report = progress_report{};
  report.unit = "steps";
  const auto progress = engine.progress(run_id);
  if (!progress) {
    report.stage = "running";
    report.share = -1.0;
    return report;
  }
  report.stage = progress->status();
  report.done = progress->steps_done();
  report.share = progress->steps() == 0
                   ? -1.0
                   : static_cast<double>(progress->steps_done())
                       / static_cast<double>(progress->steps());
  return report;
}

/// The id of the run to wait for: a new one, or one that is there.
outcome<std::string> begin(engine::local_engine& engine,
                           const execute_flags& flags,
                           const std::optional<engine::workflow>& flow,
                           const std::string& store) {
  if (flow) {
    const auto wanted = make_request(flags, *flow);
    if (!wanted)
      return fail(wanted.error());
    const auto accepted = engine.submit(*wanted);
    if (!accepted)
      return fail(accepted.error());
    if (accepted->is_known())
      std::fprintf(stderr, "the key was used before, by run %s\n",
                   accepted->run_id().c_str());
    return accepted->run_id();
  }
  auto runs = engine::recorded_runs::open(store);
  if (!runs)
    return fail(runs.error());
  const auto found = runs->find(flags.resumed);
  if (!found)
    return fail(found.error());
  return found->run_id;
}

int print_result(const std::string& store, const std::string& run_id,
                 const invocation& with, bool was_interrupted) {
  auto runs = engine::recorded_runs::open(store);
  if (!runs)
    return report(runs.error(), with.output);
  const auto record = runs->find(run_id);
  if (!record)
    return report(record.error(), with.output);
  const auto state = runs->fold(record->number, record->workflow_digest);
  if (!state)
    return report(state.error(), with.output);
  if (with.output == output_format::text)
    std::fputs(render_run(*record, **state).c_str(), stdout);
  else
    print_json(to_json(*record, **state));
  if (record->status == "completed")
    return 0;
  return static_cast<int>(was_interrupted ? problem_kind::interrupted
                                          : problem_kind::failed);
}

int execute(execute_flags flags, const invocation& with) {
  if (flags.by.empty())
    flags.by = user_of(with);
  if (flags.file.empty() == flags.resumed.empty())
    return report(fail(problem_kind::invalid_input,
                       "name a workflow, or a run with --continue",
                       "troupe run execute FILE; see --help")
                    .value(),
                  with.output);
  if (const auto loaded = load_guards(flags.engine); !loaded)
    return report(loaded.error(), with.output);
  auto flow = std::optional<engine::workflow>{};
  if (!flags.file.empty()) {
    auto surroundings = workflow_surroundings_here();
    auto& guards = surroundings.guards.emplace();
    for (const auto& [name, options] : flags.engine.guards)
      guards.push_back(name);
    auto read = engine::read_workflow(flags.file, surroundings);
    if (!read)
      return report(read.error(), with.output);
    flow = std::move(*read);
    if (const auto checked = make_request(flags, *flow); !checked)
      return report(checked.error(), with.output);
  }
  const auto stop = interruption{};
  flags.engine.pending_max = pending_max;
  auto engine = start_engine(with, flags.engine);
  if (!engine)
    return report(engine.error(), with.output);
  const auto run_id = begin(*engine, flags, flow, with.settings.store_path);
  if (!run_id)
    return report(run_id.error(), with.output);
  if (auto sent = send_signals(*engine, flags, *run_id); !sent)
    return report(sent.error(), with.output);
  auto bar = std::optional<progress_bar>{};
  if (with.show_progress)
    bar.emplace([&] { return ask_progress(*engine, *run_id); });
  const auto ended = engine->await(*run_id, stop.token(), flags.by);
  bar.reset();
  if (!ended)
    return report(ended.error(), with.output);
  return print_result(with.settings.store_path, *run_id, with,
                      stop.token().stop_requested());
}

void add_execute(CLI::App& run, command_line& line) {
  auto* app = run.add_subcommand("execute", "Run a workflow to its end, here");
  app->footer(execute_examples);
  const auto flags = std::make_shared<execute_flags>();
  app->add_option("FILE", flags->file, "the workflow, YAML or JSON")
    ->type_name("FILE");
  app
    ->add_option("--input", flags->inputs, "an input of the run, once for each")
    ->type_name("NAME=VALUE")
    ->allow_extra_args(false);
  app
    ->add_option("--approve", flags->approvals,
                 "approve this step when it comes, once for each")
    ->type_name("STEP")
    ->allow_extra_args(false);
  app
    ->add_option("--role", flags->roles,
                 "what the sender of approvals and signals is, once for each "
                 "(default: operator)")
    ->allow_extra_args(false);
  app
    ->add_option("--signal", flags->signals,
                 "a signal for the run, once for each")
    ->type_name("NAME[=JSON]")
    ->allow_extra_args(false);
  app->add_option("--key", flags->key,
                  "idempotency key: a second run with it is the first one");
  app->add_option("--by", flags->by,
                  "who asks, for the record (default: USER)");
  declare_engine_setup(*app, flags->engine);
  app
    ->add_option("--continue", flags->resumed,
                 "wait for a run that is in the store already")
    ->type_name("RUN");
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return execute(*flags, with); };
  });
}

} // namespace

void add_run_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "run", "Run workflows, and see how their runs stand");
  app->footer(run_examples);
  app->require_subcommand(1);
  add_execute(*app, line);
  add_run_control_commands(*app, line);
  add_run_derivation_commands(*app, line);
  add_run_history_commands(*app, line);
  add_run_prune_command(*app, line);
}

} // namespace troupe::tools
