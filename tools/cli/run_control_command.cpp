#include "tools/cli/run_control_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/workflow_file.hpp"
#include "runtime/config/quantities.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/server_connection.hpp"
#include "tools/cli/workflow_arguments.hpp"

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using engine::engine_client;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::ordered_json;

namespace {

constexpr auto start_examples = R"(Examples:
  troupe run start nightly.yaml --input project=apollo --key 2026-11-26
  troupe run start --workflow nightly-portfolio --input project=apollo

Returns once the run is stored; troupe run watch waits for its end.)";

constexpr auto watch_examples = R"(Examples:
  troupe run watch 0193a5c1
  troupe run watch latest --for 10m

Exit code: 0 completed, 1 ended otherwise, 5 not over in time.)";

constexpr auto signal_examples = R"(Examples:
  troupe run signal latest approve true --role operator
  troupe run signal latest go '{"batch": 3}' --id 2026-11-26/go)";

/// What was typed after the subcommand.
struct control_flags {
  std::string run = "latest";
  std::string file;
  std::string workflow;
  std::vector<std::string> inputs;
  std::string key;
  std::string by;
  std::string reason;
  std::string grace = "10s";
  std::string patience;
  std::string step;
  std::string signal;
  std::string payload;
  std::string id;
  std::vector<std::string> roles;
};

using control
  = std::function<int(engine_client&, const control_flags&, const invocation&)>;

outcome<std::chrono::milliseconds> duration_of(const char* flag,
                                               const std::string& text) {
  auto span = runtime::parse_duration(text);
  if (!span)
    span.error().key = flag;
  return span;
}

/// The whole id of a run that was named in short.
outcome<std::string> id_of(const control_flags& flags, const invocation& with) {
  auto runs = engine::recorded_runs::open(with.settings.store_path);
  if (!runs)
    return fail(runs.error());
  const auto found = runs->find(flags.run);
  if (!found)
    return fail(found.error());
  return found->run_id;
}

outcome<messages::SubmitRun> make_request(engine_client& client,
                                          const control_flags& flags) {
  if (flags.file.empty() == flags.workflow.empty())
    return fail(problem_kind::invalid_input,
                "name a workflow's file, or one that is known with --workflow",
                "troupe run start FILE; see --help");
  const auto texts = split_inputs(flags.inputs);
  if (!texts)
    return fail(texts.error());
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_id(flags.workflow);
  wanted.set_idempotency_key(flags.key);
  wanted.set_by(flags.by);
  if (flags.file.empty()) {
    // Types are known to the server alone: what is JSON is meant as JSON.
    auto inputs = json::object();
    for (const auto& [name, text] : *texts) {
      const auto value = json::parse(text, nullptr, false);
      inputs[name] = value.is_discarded() ? json(text) : value;
    }
    wanted.set_inputs(inputs.dump());
    return wanted;
  }
  const auto flow
    = engine::read_workflow(flags.file, workflow_surroundings_at(client));
  if (!flow)
    return fail(flow.error().front());
  const auto inputs = engine::read_inputs(*flow, *texts);
  if (!inputs)
    return fail(inputs.error().front());
  wanted.set_workflow_text(engine::canonical_json(*flow));
  wanted.set_workflow_file(flags.file);
  wanted.set_inputs(inputs->dump());
  return wanted;
}

int start(engine_client& client, const control_flags& flags,
          const invocation& with) {
  const auto wanted = make_request(client, flags);
  if (!wanted)
    return report(wanted.error(), with.output);
  return print_accepted(client.submit(*wanted), with.output);
}

int watch(engine_client& client, const control_flags& flags,
          const invocation& with) {
  auto patience = std::chrono::milliseconds{std::chrono::hours{24 * 20}};
  if (!flags.patience.empty()) {
    const auto span = duration_of("--for", flags.patience);
    if (!span)
      return report(span.error(), with.output);
    patience = std::min(patience, *span);
  }
  const auto run_id = id_of(flags, with);
  if (!run_id)
    return report(run_id.error(), with.output);
  const auto ended = client.await(*run_id, patience);
  if (!ended)
    return report(ended.error(), with.output);
  if (with.output == output_format::text)
    std::printf("run %s: %s%s%s\n", ended->run_id().c_str(),
                ended->status().c_str(), ended->reason().empty() ? "" : ", ",
                ended->reason().c_str());
  else
    print_json({{"run_id", ended->run_id()},
                {"status", ended->status()},
                {"reason", ended->reason()}});
  return ended->status() == "completed" ? 0 : 1;
}

/// A command that changes a run: `fill` says how.
control
change(std::function<outcome<void>(messages::ChangeRun&, const control_flags&)>
         fill) {
  return [fill = std::move(fill)](engine_client& client,
                                  const control_flags& flags,
                                  const invocation& with) {
    const auto run_id = id_of(flags, with);
    if (!run_id)
      return report(run_id.error(), with.output);
    auto wanted = messages::ChangeRun{};
    wanted.set_run_id(*run_id);
    wanted.set_by(flags.by);
    if (auto filled = fill(wanted, flags); !filled)
      return report(filled.error(), with.output);
    const auto changed = client.change(wanted);
    if (!changed)
      return report(changed.error(), with.output);
    if (with.output == output_format::text)
      std::printf("run %s is %s\n", run_id->c_str(), changed->status().c_str());
    else
      print_json({{"run_id", *run_id}, {"status", changed->status()}});
    return 0;
  };
}

outcome<void> fill_cancel(messages::ChangeRun& wanted,
                          const control_flags& flags) {
  const auto grace = duration_of("--grace", flags.grace);
  if (!grace)
    return fail(grace.error());
  wanted.mutable_cancel()->set_reason(flags.reason);
  wanted.mutable_cancel()->set_grace_ms(
    static_cast<std::uint64_t>(grace->count()));
  return {};
}

outcome<void> fill_signal(messages::ChangeRun& wanted,
                          const control_flags& flags) {
  auto& signal = *wanted.mutable_signal();
  signal.set_name(flags.signal);
  signal.set_payload(flags.payload);
  signal.set_id(flags.id);
  signal.mutable_roles()->Assign(flags.roles.begin(), flags.roles.end());
  return {};
}

int run_control(const invocation& with, control_flags flags,
                const control& action) {
  if (flags.by.empty())
    flags.by = user_of(with);
  auto client = connect_server(with.settings);
  return client ? action(*client, flags, with)
                : report(client.error(), with.output);
}

std::pair<CLI::App*, std::shared_ptr<control_flags>>
add_control(CLI::App& run, command_line& line, const char* name,
            const char* help, control action) {
  auto* app = run.add_subcommand(name, help);
  const auto flags = std::make_shared<control_flags>();
  app->add_option("--by", flags->by,
                  "who asks, for the record (default: USER)");
  app->callback([&line, flags, action = std::move(action)] {
    line.chosen = [flags, action](const invocation& with) {
      return run_control(with, *flags, action);
    };
  });
  return {app, flags};
}

/// The same for a command about one run.
std::pair<CLI::App*, std::shared_ptr<control_flags>>
add_change(CLI::App& run, command_line& line, const char* name,
           const char* help, control action) {
  const auto added = add_control(run, line, name, help, std::move(action));
  added.first->add_option("RUN", added.second->run, "the run")->required();
  return added;
}

void add_start(CLI::App& run, command_line& line) {
  const auto [app, flags] = add_control(
    run, line, "start", "Start a run, on the server of the store", start);
  app->footer(start_examples);
  app->add_option("FILE", flags->file, "the workflow, YAML or JSON")
    ->type_name("FILE");
  app->add_option("--workflow", flags->workflow,
                  "id of a workflow that was applied");
  app
    ->add_option("--input", flags->inputs, "an input of the run, once for each")
    ->type_name("NAME=VALUE")
    ->allow_extra_args(false);
  app->add_option("--key", flags->key,
                  "idempotency key: a second run with it is the first one");
}

void add_ends(CLI::App& run, command_line& line) {
  const auto [cancel, cancel_flags]
    = add_change(run, line, "cancel",
                 "Cancel a run: what it did is undone if it can be",
                 change(fill_cancel));
  cancel->add_option("--reason", cancel_flags->reason, "why, for the record");
  cancel->add_option("--grace", cancel_flags->grace,
                     "how long what runs may take to end (default: 10s)");
  const auto [terminate, terminate_flags]
    = add_change(run, line, "terminate", "End a run now, and undo nothing",
                 change([](messages::ChangeRun& wanted,
                           const control_flags& flags) -> outcome<void> {
                   wanted.mutable_cancel()->set_terminate(true);
                   wanted.mutable_cancel()->set_reason(flags.reason);
                   return {};
                 }));
  terminate->add_option("--reason", terminate_flags->reason,
                        "why, for the record");
}

void add_signal(CLI::App& run, command_line& line) {
  const auto [app, flags] = add_change(
    run, line, "signal", "Send a signal to a run", change(fill_signal));
  app->footer(signal_examples);
  app
    ->add_option("NAME", flags->signal,
                 "name of the signal; of an approval, its step")
    ->required();
  app->add_option("PAYLOAD", flags->payload, "JSON");
  app->add_option("--role", flags->roles, "what the sender is, once for each")
    ->allow_extra_args(false);
  app->add_option("--id", flags->id, "a second signal with it is ignored");
}

} // namespace

int print_accepted(const outcome<messages::RunAccepted>& accepted,
                   output_format output) {
  if (!accepted)
    return report(accepted.error(), output);
  if (output == output_format::text)
    std::printf("%s\n", accepted->run_id().c_str());
  else
    print_json({{"run_id", accepted->run_id()},
                {"number", accepted->number()},
                {"is_known", accepted->is_known()}});
  return 0;
}

void add_run_control_commands(CLI::App& run, command_line& line) {
  add_start(run, line);
  const auto [watched, watch_flags]
    = add_change(run, line, "watch", "Wait for the end of a run", watch);
  watched->footer(watch_examples);
  watched->add_option("--for", watch_flags->patience,
                      "how long to wait (default: as long as it takes)");
  add_ends(run, line);
  add_change(run, line, "pause", "Begin nothing new in a run",
             change([](messages::ChangeRun& wanted,
                       const control_flags&) -> outcome<void> {
               wanted.set_pause(true);
               return {};
             }));
  add_change(run, line, "resume", "Let a paused run go on",
             change([](messages::ChangeRun& wanted,
                       const control_flags&) -> outcome<void> {
               wanted.set_resume(true);
               return {};
             }));
  const auto [retry, retry_flags]
    = add_change(run, line, "retry", "Try failed steps of a run once more",
                 change([](messages::ChangeRun& wanted,
                           const control_flags& flags) -> outcome<void> {
                   wanted.set_retry_step(flags.step);
                   return {};
                 }));
  retry->add_option("STEP,--step", retry_flags->step,
                    "id of the step (default: all that have failed)");
  add_signal(run, line);
}

} // namespace troupe::tools
