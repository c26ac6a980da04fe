#include "actors/engine/run_pruning.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/logging/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace troupe::engine {

/// Tells it to look whether it is time.
struct pruning_tick {};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::pruning_tick)

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

using runtime::outcome;
using private_pruning_actor
  = run_pruning_actor::extend<caf::reacts_to<pruning_tick>>;
using prune_promise = caf::typed_response_promise<runs_pruned>;

/// A pending message keeps its receiver, hence the system, alive for so long.
constexpr auto tick = 1s;
/// Requests that wait; nobody asks as often.
constexpr auto waiting_max = std::size_t{100};
constexpr auto status_timeout = 10s;

/// Something to be deleted: for somebody, or because it is time.
struct pruning_job {
  run_retention keep;
  std::optional<prune_promise> to;
  runs_pruned done;
  std::size_t transactions = 0;
};

struct pruning_state {
  static constexpr auto name = "run_pruning"; // Shown in logs.

  // An aggregate would be made from the actor.
  pruning_state() = default;
  pruning_state(const pruning_state&) = delete;
  pruning_state& operator=(const pruning_state&) = delete;

  /// Whoever still waits must not do so until a timeout.
  ~pruning_state() {
    const auto reason = runtime::to_error(
      runtime::fail(runtime::problem_kind::unavailable,
                    "the engine stopped while it deleted runs", "ask again")
        .value());
    if (current)
      waiting.push_back(std::move(*current));
    for (auto& job : waiting)
      if (job.to)
        job.to->deliver(reason);
  }

  run_pruning_options options;
  runtime::store_actor store;
  engine_actor engine;
  std::unique_ptr<retained_runs> stored;
  std::optional<pruning_job> current;
  std::deque<pruning_job> waiting;
  bool is_asking = false;
  instant due{};
};

using pruning_pointer = private_pruning_actor::stateful_pointer<pruning_state>;

void start_next(pruning_pointer self);

void finish(pruning_pointer self, const outcome<void>& ended) {
  auto& state = self->state;
  auto job = std::move(*state.current);
  state.current.reset();
  const auto is_own = !job.to;
  if (!ended) {
    runtime::log_warning("engine", "runs that are over could not be deleted",
                         {{"reason", runtime::render(ended.error())}});
    // It is opened anew: perhaps it is another file by then.
    state.stored.reset();
  } else if (job.done.what.runs + job.done.what.rows != 0) {
    runtime::log_info("engine", "runs that were over have been deleted",
                      {{"runs", job.done.what.runs},
                       {"rows", job.done.what.rows}});
  }
  if (is_own)
    state.due = state.options.time->now()
                + (ended && job.done.has_more ? tick : state.options.interval);
  else if (ended)
    job.to->deliver(job.done);
  else
    job.to->deliver(runtime::to_error(ended.error()));
  start_next(self);
}

/// What the next transaction deletes; nothing if there is nothing to do.
outcome<std::optional<runtime::write_request>>
next_request(pruning_state& state) {
  const auto& options = state.options;
  if (!state.stored) {
    auto stored = retained_runs::open(options.store_path);
    if (!stored)
      return runtime::fail(stored.error());
    state.stored = std::make_unique<retained_runs>(std::move(*stored));
  }
  const auto now = options.time->now();
  const auto& keep = state.current->keep;
  const auto unfinished = state.stored->has_unfinished();
  if (!unfinished)
    return runtime::fail(unfinished.error());
  auto runs = std::vector<surplus_run>{};
  if (!*unfinished) {
    auto found = state.stored->surplus(keep, now, options.bounds.runs_max);
    if (!found)
      return runtime::fail(found.error());
    runs = std::move(*found);
  }
  const auto has_leftovers = state.stored->has_leftovers(now);
  if (!has_leftovers)
    return runtime::fail(has_leftovers.error());
  if (runs.empty() && !*has_leftovers)
    return std::nullopt;
  return prune_request(runs, keep, options.bounds, now);
}

void advance(pruning_pointer self) {
  auto& state = self->state;
  auto& job = *state.current;
  auto request = next_request(state);
  if (!request)
    return finish(self, runtime::fail(request.error()));
  if (!*request) {
    job.done.has_more = false;
    return finish(self, {});
  }
  if (job.transactions++ == state.options.transactions_max) {
    job.done.has_more = true;
    return finish(self, {});
  }
  runtime::crash_point("pruning.deletes");
  self
    ->request(state.store, state.options.store_timeout,
              std::move((*request)->transaction), std::move((*request)->rows))
    .then(
      [=](const messages::TransactionCommitted& done) {
        runtime::crash_point("pruning.deleted");
        const auto gone = read_pruned(done);
        auto& total = self->state.current->done.what;
        total.runs += gone.runs;
        total.rows += gone.rows;
        advance(self);
      },
      [=](const caf::error& error) {
        finish(self, runtime::fail(runtime::to_problem(error, self->system())));
      });
}

void start_next(pruning_pointer self) {
  auto& state = self->state;
  if (state.current || state.waiting.empty())
    return;
  state.current = std::move(state.waiting.front());
  state.waiting.pop_front();
  advance(self);
}

void prune_by_itself(pruning_pointer self) {
  auto& state = self->state;
  auto job = pruning_job{};
  job.keep = state.options.keep;
  state.waiting.push_back(std::move(job));
  start_next(self);
}

/// It is time: unless the engine has work to hand out.
void ask_engine(pruning_pointer self) {
  auto& state = self->state;
  state.is_asking = true;
  self->request(state.engine, status_timeout, messages::GetEngineStatus{})
    .then(
      [=](const messages::EngineStatus& status) {
        auto& it = self->state;
        it.is_asking = false;
        const auto is_late
          = it.options.time->now() >= it.due + it.options.patience_max;
        if (status.ready_tasks() == 0 || is_late)
          prune_by_itself(self);
      },
      // It is busy, or being restarted.
      [=](const caf::error&) { self->state.is_asking = false; });
}

prune_promise prune(pruning_pointer self, const prune_now& wanted) {
  auto& state = self->state;
  auto promise = self->make_response_promise<runs_pruned>();
  if (state.waiting.size() >= waiting_max) {
    promise.deliver(runtime::to_error(
      runtime::fail(runtime::problem_kind::unavailable,
                    "others have asked for the same", "try again later")
        .value()));
    return promise;
  }
  auto job = pruning_job{};
  job.keep = state.options.keep;
  if (wanted.older_than)
    job.keep.keep_for = job.keep.keep_failed_for = *wanted.older_than;
  job.to = promise;
  state.waiting.push_back(std::move(job));
  start_next(self);
  return promise;
}

private_pruning_actor::behavior_type
run_pruning(pruning_pointer self, const runtime::store_actor& store,
            const engine_actor& engine, const run_pruning_options& options) {
  auto& state = self->state;
  state.options = options;
  state.store = store;
  state.engine = engine;
  state.due = options.time->now() + options.first_after;
  self->monitor(store);
  self->set_down_handler(
    [=](const caf::down_msg& message) { self->quit(message.reason); });
  if (engine) {
    self->monitor(engine);
    self->send(self, pruning_tick{});
  }
  return {
    [=](const prune_now& wanted) { return prune(self, wanted); },
    [=](const pruning_tick&) {
      auto& it = self->state;
      if (!it.current && !it.is_asking && it.options.time->now() >= it.due)
        ask_engine(self);
      self->delayed_send(self, tick, pruning_tick{});
    },
  };
}

} // namespace

run_pruning_actor spawn_run_pruning(caf::actor_system& system,
                                    runtime::store_actor store,
                                    engine_actor engine,
                                    run_pruning_options options) {
  return system.spawn<caf::detached>(run_pruning, std::move(store),
                                     std::move(engine), std::move(options));
}

} // namespace troupe::engine
