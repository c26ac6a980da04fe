#include "actors/engine/command_runner.hpp"

#include "actors/engine/activity_reports.hpp"
#include "actors/engine/address_send.hpp"
#include "actors/engine/command_activity.hpp"
#include "runtime/logging/logging.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <utility>

namespace troupe::engine {

/// How the process ended.
struct command_ended {
  std::shared_ptr<const runtime::process_outcome> how;
};

/// A line of its side channel.
struct command_spoke {
  std::string line;
};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::command_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::command_spoke)

namespace troupe::engine {

namespace {

using shared_options = std::shared_ptr<const command_runner_options>;

using private_command_actor
  = activity_actor::extend<caf::reacts_to<command_ended>,
                           caf::reacts_to<command_spoke>>;

struct command_state {
  static constexpr auto name = "command"; // Shown in logs.

  shared_options options;
  command_plan plan;
  /// Dropped with the state: then the process is killed.
  std::unique_ptr<runtime::running_process> process;
};

using pointer = private_command_actor::stateful_pointer<command_state>;

runtime::outcome<command_plan> plan_of(const messages::RunActivity& request,
                                       const command_runner_options& options) {
  auto secrets = secrets_of(request);
  if (!secrets)
    return runtime::fail(std::move(secrets.error()));
  auto identity = command_identity{};
  identity.run = request.ref().run();
  identity.step = request.ref().step();
  identity.item = request.ref().item();
  identity.attempt = request.ref().attempt();
  identity.idempotency_key = request.idempotency_key();
  identity.progress = request.progress_json();
  auto surroundings = command_surroundings{};
  surroundings.environment = options.environment;
  surroundings.resolve = [&](const runtime::secret_reference& reference) {
    auto found = runtime::resolve_secret(reference, options.environment);
    if (found)
      runtime::hide_in_logs(found->reveal());
    return found;
  };
  return plan_command(input_of(request), *secrets, identity, surroundings,
                      place_of(request));
}

void start(pointer self) {
  auto& state = self->state;
  auto observer = runtime::process_observer{};
  observer.on_end = [to = self->address()](runtime::process_outcome how) {
    send_to_address(
      to, command_ended{
            std::make_shared<const runtime::process_outcome>(std::move(how))});
  };
  observer.on_line = [to = self->address()](std::string line) {
    send_to_address(to, command_spoke{std::move(line)});
  };
  state.process
    = state.options->processes->run(state.plan.process, std::move(observer));
}

void end(pointer self, const messages::ActivityRef& ref,
         const activity_results_actor& results, const command_ended& end) {
  auto output = command_result(self->state.plan, *end.how);
  if (output)
    self->send(results, success_of(ref, output->dump()));
  else
    self->send(results, to_message(ref, output.error()));
  self->quit();
}

void report(pointer self, const messages::ActivityRef& ref,
            const activity_results_actor& results, const std::string& line) {
  auto progress = messages::ActivityProgress{};
  *progress.mutable_ref() = ref;
  // Whatever it says, it is alive.
  progress.set_progress_json(progress_of_line(line).value_or(""));
  self->send(results, std::move(progress));
}

private_command_actor::behavior_type
command(pointer self, const messages::RunActivity& request,
        const activity_results_actor& results, const shared_options& options) {
  const auto ref = request.ref();
  auto plan = plan_of(request, *options);
  if (plan) {
    self->state.options = options;
    self->state.plan = std::move(*plan);
    start(self);
  } else {
    self->send(results, to_message(ref, to_failure(plan.error())));
    self->quit();
  }
  return {
    [=](const messages::CancelActivity& cancel) {
      self->state.process->stop(cancel.has_grace_ms()
                                  ? std::chrono::milliseconds{cancel.grace_ms()}
                                  : self->state.plan.grace);
    },
    [=](const command_ended& how) { end(self, ref, results, how); },
    [=](const command_spoke& spoke) { report(self, ref, results, spoke.line); },
  };
}

} // namespace

void add_command_activity(activity_registry& registry,
                          command_runner_options options) {
  registry.add(
    "command", [shared = std::make_shared<const command_runner_options>(
                  std::move(options))](caf::actor_system& system,
                                       const messages::RunActivity& request,
                                       const activity_results_actor& results) {
      return activity_actor{system.spawn(command, request, results, shared)};
    });
}

} // namespace troupe::engine
