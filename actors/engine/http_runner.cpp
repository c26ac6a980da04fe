#include "actors/engine/http_runner.hpp"

#include "actors/engine/activity_reports.hpp"
#include "actors/engine/address_send.hpp"
#include "actors/engine/http_activity.hpp"
#include "runtime/logging/logging.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::engine {

/// What came of the request.
struct request_ended {
  std::shared_ptr<const runtime::http_outcome> how;
};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::request_ended)

namespace troupe::engine {

namespace {

using shared_options = std::shared_ptr<const http_runner_options>;

using private_http_actor
  = activity_actor::extend<caf::reacts_to<request_ended>>;

struct http_state {
  static constexpr auto name = "http"; // Shown in logs.

  shared_options options;
  http_plan plan;
  /// Dropped with the state: then the request is stopped.
  std::unique_ptr<runtime::running_request> request;
};

using pointer = private_http_actor::stateful_pointer<http_state>;

runtime::outcome<http_plan> plan_of(const messages::RunActivity& request,
                                    const http_runner_options& options) {
  const auto secrets = secrets_of(request);
  if (!secrets)
    return runtime::fail(secrets.error());
  const auto resolve = [&](const runtime::secret_reference& reference) {
    return runtime::resolve_secret(reference, options.environment);
  };
  auto plan = plan_http(input_of(request), *secrets, request.idempotency_key(),
                        resolve, place_of(request));
  // Those included that were made of others.
  if (plan)
    for (const auto& each : plan->secrets)
      runtime::hide_in_logs(each.reveal());
  return plan;
}

void start(pointer self) {
  auto& state = self->state;
  auto observer = runtime::http_observer{};
  observer.on_end = [to = self->address()](runtime::http_outcome how) {
    send_to_address(to,
                    request_ended{std::make_shared<const runtime::http_outcome>(
                      std::move(how))});
  };
  state.request
    = state.options->requests->run(state.plan.request, std::move(observer));
}

void end(pointer self, const messages::ActivityRef& ref,
         const activity_results_actor& results, const request_ended& end) {
  const auto& state = self->state;
  const auto output
    = http_result(state.plan, *end.how, state.options->clock->now());
  if (output)
    self->send(results, success_of(ref, output->dump()));
  else
    self->send(results, to_message(ref, output.error()));
  self->quit();
}

private_http_actor::behavior_type http(pointer self,
                                       const messages::RunActivity& request,
                                       const activity_results_actor& results,
                                       const shared_options& options) {
  const auto ref = request.ref();
  if (auto plan = plan_of(request, *options)) {
    self->state.options = options;
    self->state.plan = std::move(*plan);
    start(self);
  } else {
    self->send(results, to_message(ref, to_failure(plan.error())));
    self->quit();
  }
  return {
    [=](const messages::CancelActivity&) {
      self->state.request.reset();
      self->send(results, cancelled(ref));
      self->quit();
    },
    [=](const request_ended& how) { end(self, ref, results, how); },
  };
}

} // namespace

void add_http_activity(activity_registry& registry,
                       http_runner_options options) {
  registry.add(
    "http",
    [shared = std::make_shared<const http_runner_options>(std::move(options))](
      caf::actor_system& system, const messages::RunActivity& request,
      const activity_results_actor& results) {
      return activity_actor{system.spawn(http, request, results, shared)};
    });
}

} // namespace troupe::engine
