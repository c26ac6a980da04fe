#include "tools/activities/score_activity.hpp"

#include "actors/engine/activity_reports.hpp"
#include "actors/engine/address_send.hpp"
#include "tools/activities/score_arguments.hpp"
#include "tools/activities/score_output.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

namespace troupe::tools {

using runtime::outcome;
using runtime::problem_kind;

/// What came of it: the output, or why there is none.
struct scoring_ended {
  std::shared_ptr<const outcome<std::string>> how;
};

/// Tells the activity to show how far it is.
struct show_progress {};

} // namespace troupe::tools

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tools::scoring_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tools::show_progress)

namespace troupe::tools {

namespace {

using namespace std::chrono_literals;

/// Everything an attempt needs on its own thread.
struct score_surface {
  runtime::store_actor store;
  score_activity_options options;
};

using shared_surface = std::shared_ptr<const score_surface>;
using shared_progress = std::shared_ptr<scoring::scoring_progress>;

outcome<score_plan> plan_of(const messages::RunActivity& request,
                            const score_activity_options& options) {
  const auto input = engine::input_of(request);
  const auto secrets = engine::secrets_of(request);
  if (!secrets)
    return runtime::fail(secrets.error());
  const auto token = nlohmann::json::json_pointer{"/token"};
  if (input.contains("token")
      && std::ranges::find(*secrets, token) == secrets->end())
    return runtime::fail(problem_kind::invalid_input,
                         "token is not a reference to a secret",
                         "write secret://env/NAME into the workflow");
  auto surroundings = score_surroundings{};
  surroundings.environment = options.environment;
  surroundings.now = options.time->now();
  surroundings.batch_size = options.batch_size;
  surroundings.may_read_standard_input
    = input.value("items", "") == "-" && request.ref().attempt() == 1
      && options.observer.reader_of_standard_input
      && options.observer.reader_of_standard_input() == request.ref().run();
  return plan_score(input, engine::place_of(request), surroundings);
}

/// A scoring, or why there is none, and how many of its best items are named.
struct score_end {
  outcome<scoring::scoring_result> result;
  std::size_t top = 0;
};

/// The store may have it: a process that ends after its commit, and before that
/// of the step, leaves the step to be done anew.
score_end score_once(caf::actor_system& system,
                     const messages::RunActivity& request,
                     const score_surface& with, const shared_progress& progress,
                     const std::stop_token& stop) {
  auto scorer
    = scoring::scorer::attach(system, with.store, with.options.scorer);
  auto done = plan_outputs(engine::input_of(request));
  done.request.idempotency_key = request.idempotency_key();
  auto stored = scorer.recall(done.request);
  if (!stored)
    return {runtime::fail(stored.error())};
  if (*stored)
    return {std::move(**stored), done.top};
  auto plan = plan_of(request, with.options);
  if (!plan)
    return {runtime::fail(plan.error())};
  plan->request.idempotency_key = request.idempotency_key();
  return {scorer.score(std::move(plan->request), progress, stop), plan->top};
}

/// Blocks until the result is written and stored.
outcome<std::string> score(caf::actor_system& system,
                           const messages::RunActivity& request,
                           const score_surface& with,
                           const shared_progress& progress,
                           const std::stop_token& stop) {
  const auto& observer = with.options.observer;
  if (observer.on_start)
    observer.on_start(request.ref().run(), progress);
  auto end = score_once(system, request, with, progress, stop);
  auto output = outcome<std::string>{};
  if (end.result)
    output = score_output(*end.result, end.top).dump();
  else
    output = runtime::fail(end.result.error());
  if (observer.on_end)
    observer.on_end(request.ref().run(), std::move(end.result));
  return output;
}

using private_score_actor
  = engine::activity_actor::extend<caf::reacts_to<scoring_ended>,
                                   caf::reacts_to<show_progress>>;

struct score_state {
  static constexpr auto name = "score"; // Shown in logs.

  score_state() = default;
  score_state(const score_state&) = delete;
  score_state& operator=(const score_state&) = delete;

  /// However it ends, its thread does too.
  ~score_state() {
    stop.request_stop();
  }

  std::stop_source stop;
  shared_progress progress = std::make_shared<scoring::scoring_progress>();
};

using pointer = private_score_actor::stateful_pointer<score_state>;

/// Files and the configuration are read there too, hence a thread.
void start(pointer self, const messages::RunActivity& request,
           const shared_surface& with) {
  self->system().spawn<caf::detached>(
    [to = self->address(), request, with, progress = self->state.progress,
     stop = self->state.stop.get_token()](caf::event_based_actor* thread) {
      engine::send_to_address(
        to, scoring_ended{std::make_shared<const outcome<std::string>>(
              score(thread->system(), request, *with, progress, stop))});
    });
}

void end(pointer self, const messages::ActivityRef& ref,
         const engine::activity_results_actor& results,
         const outcome<std::string>& how) {
  if (how)
    self->send(results, engine::success_of(ref, *how));
  else if (how.error().kind == problem_kind::interrupted
           && self->state.stop.stop_requested())
    self->send(results, engine::cancelled(ref));
  else
    self->send(results,
               engine::to_message(ref, engine::to_failure(how.error())));
  self->quit();
}

void report(pointer self, const messages::ActivityRef& ref,
            const engine::activity_results_actor& results) {
  const auto& from = *self->state.progress;
  auto progress = messages::ActivityProgress{};
  *progress.mutable_ref() = ref;
  progress.set_progress_json(nlohmann::json{
    {"rows_read", from.rows_read.load()},
    {"rows_scored",
     from.rows_scored.load()}}.dump());
  self->send(results, std::move(progress));
  self->delayed_send(self, 1s, show_progress{});
}

private_score_actor::behavior_type
score_runner(pointer self, const messages::RunActivity& request,
             const engine::activity_results_actor& results,
             const shared_surface& with) {
  const auto ref = request.ref();
  start(self, request, with);
  self->delayed_send(self, 1s, show_progress{});
  return {
    [=](const messages::CancelActivity&) { self->state.stop.request_stop(); },
    [=](const scoring_ended& ended) { end(self, ref, results, *ended.how); },
    [=](show_progress) { report(self, ref, results); },
  };
}

} // namespace

void add_score_activity(engine::activity_registry& registry,
                        runtime::store_actor store,
                        score_activity_options options) {
  registry.add(
    "score", [with = std::make_shared<const score_surface>(
                score_surface{std::move(store), std::move(options)})](
               caf::actor_system& system, const messages::RunActivity& request,
               const engine::activity_results_actor& results) {
      return engine::activity_actor{
        system.spawn(score_runner, request, results, with)};
    });
}

} // namespace troupe::tools
