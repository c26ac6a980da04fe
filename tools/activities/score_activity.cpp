#include "tools/activities/score_activity.hpp"

#include "actors/engine/activity_reports.hpp"
#include "tools/activities/blocking_activity.hpp"
#include "tools/activities/score_arguments.hpp"
#include "tools/activities/score_output.hpp"

#include <algorithm>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace troupe::tools {

using runtime::outcome;
using runtime::problem_kind;

namespace {

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

} // namespace

void add_score_activity(engine::activity_registry& registry,
                        runtime::store_actor store,
                        score_activity_options options) {
  const auto with = std::make_shared<const score_surface>(
    score_surface{std::move(store), std::move(options)});
  add_blocking_activity(
    registry, "score", [with](const messages::RunActivity& request) {
      const auto progress = std::make_shared<scoring::scoring_progress>();
      auto attempt = blocking_attempt{};
      attempt.work
        = [=](caf::actor_system& system, const std::stop_token& stop) {
            return score(system, request, *with, progress, stop);
          };
      attempt.progress = [=] {
        return nlohmann::json{{"rows_read", progress->rows_read.load()},
                              {"rows_scored", progress->rows_scored.load()}}
          .dump();
      };
      return attempt;
    });
}

} // namespace troupe::tools
