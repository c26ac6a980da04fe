#include "tools/cli/run_derivation_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/run_control_command.hpp"
#include "tools/cli/server_connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using engine::engine_client;
using runtime::fail;
using runtime::outcome;

namespace {

constexpr auto rerun_examples = R"(Examples:
  troupe run rerun latest --from score
  troupe run rerun 0193a5c1 --from score --key 2026-11-26/again

Starts a new run of the same version with the same inputs. What does not depend
on the step is taken over with its outputs; the step and what follows is done
anew.)";

constexpr auto reset_examples = R"(Examples:
  troupe run history 0193a5c1
  troupe run reset 0193a5c1 --to 12
  troupe run reset latest --to 12 --cancel

Starts a new run that goes on from what the other one had done when that event
had happened. The other run keeps its history. What it did and the new one takes
over is undone by the new one, if it fails. What was undone is never taken over.)";

struct derivation_flags {
  std::string run;
  std::string step;
  std::uint64_t event = 0;
  std::string key;
  std::string by;
  bool cancel = false;
};

outcome<messages::RunAccepted> derive(const derivation_flags& flags,
                                      const invocation& with) {
  auto client = connect_server(with.settings);
  if (!client)
    return fail(client.error());
  auto runs = engine::recorded_runs::open(with.settings.store_path);
  if (!runs)
    return fail(runs.error());
  const auto found = runs->find(flags.run);
  if (!found)
    return fail(found.error());
  auto wanted = messages::SubmitRun{};
  wanted.set_by(flags.by.empty() ? user_of(with) : flags.by);
  wanted.set_idempotency_key(flags.key);
  auto& derived = *wanted.mutable_derived();
  derived.set_run_id(found->run_id);
  derived.set_cancel(flags.cancel);
  if (flags.step.empty())
    derived.set_event(flags.event);
  else
    derived.set_step(flags.step);
  return client->submit(wanted);
}

std::pair<CLI::App*, std::shared_ptr<derivation_flags>>
add_derivation(CLI::App& run, command_line& line, const char* name,
               const char* help, const char* examples) {
  auto* app = run.add_subcommand(name, help);
  const auto flags = std::make_shared<derivation_flags>();
  app->footer(examples);
  app->add_option("RUN", flags->run, "the run to go on from")->required();
  app->add_flag("--cancel", flags->cancel,
                "if that run is not over, end it; nothing of it is undone");
  app->add_option("--key", flags->key,
                  "idempotency key: a second run with it is the first one");
  app->add_option("--by", flags->by,
                  "who asks, for the record (default: USER)");
  app->callback([&line, flags] {
    line.chosen = [flags](const invocation& with) {
      return print_accepted(derive(*flags, with), with.output);
    };
  });
  return {app, flags};
}

} // namespace

void add_run_derivation_commands(CLI::App& run, command_line& line) {
  const auto [rerun, rerun_flags]
    = add_derivation(run, line, "rerun",
                     "Do a step of a run and all that follows once more, in a "
                     "new run",
                     rerun_examples);
  rerun->add_option("--from", rerun_flags->step, "id of the step")
    ->required()
    ->type_name("STEP");
  const auto [reset, reset_flags]
    = add_derivation(run, line, "reset",
                     "Go on from an earlier point of a run, in a new run",
                     reset_examples);
  reset
    ->add_option("--to", reset_flags->event,
                 "the last event that counts, as in troupe run history")
    ->required()
    ->check(CLI::PositiveNumber)
    ->type_name("EVENT");
}

} // namespace troupe::tools
