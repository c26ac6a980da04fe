#include "tools/api/engine_port.hpp"

#include "runtime/actor_errors.hpp"
#include "runtime/config/quantities.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::tools {

using messages::RunResult;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// Threads that may wait at the same time: others are needed for the rest.
constexpr auto waiting_max = std::size_t{64};
/// Runs whose end somebody has asked for; each costs the engine a promise.
constexpr auto runs_max = std::size_t{10'000};

struct ending {
  std::optional<outcome<RunResult>> result;
  caf::actor asking;
};

} // namespace

/// The ends of runs that somebody waits for, asked for once each: those who
/// wait come and go, a question to the engine stays until the run is over.
struct engine_port::endings {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, std::shared_ptr<ending>> by_run;
  std::size_t waiting = 0;

  void end(const std::string& run_id, outcome<RunResult> result) {
    {
      const auto guard = std::lock_guard{mutex};
      const auto found = by_run.find(run_id);
      if (found == by_run.end())
        return;
      found->second->result = std::move(result);
      by_run.erase(found);
    }
    changed.notify_all();
  }

  /// Needs the mutex.
  std::shared_ptr<ending> get(const std::string& run_id,
                              const engine::engine_actor& engine,
                              caf::actor_system& system,
                              const std::shared_ptr<endings>& self) {
    auto& entry = by_run[run_id];
    if (entry)
      return entry;
    entry = std::make_shared<ending>();
    auto wanted = messages::AwaitRun{};
    wanted.set_run_id(run_id);
    entry->asking = system.spawn([=](caf::event_based_actor* asking) {
      // A run may take for ever; the engine's death is heard of.
      asking->request(engine, caf::infinite, wanted)
        .then([=](RunResult& reply) { self->end(run_id, std::move(reply)); },
              [=](const caf::error& error) {
                self->end(run_id,
                          fail(runtime::to_problem(error, asking->system())));
              });
    });
    return entry;
  }
};

engine_port::engine_port(engine::local_engine& engine,
                         std::chrono::milliseconds patience)
  : engine_{engine}, patience_{patience}, endings_{
                                            std::make_shared<endings>()} {}

engine_port::~engine_port() {
  const auto guard = std::lock_guard{endings_->mutex};
  for (const auto& [run_id, entry] : endings_->by_run)
    caf::anon_send_exit(entry->asking, caf::exit_reason::user_shutdown);
  endings_->by_run.clear();
}

template <class Reply, class Request>
outcome<Reply> engine_port::ask(const Request& wanted) {
  const auto to = engine_.engine();
  if (!to)
    return fail(to.error());
  auto self = caf::scoped_actor{engine_.system()};
  auto result = outcome<Reply>{};
  self->request(*to, patience_, wanted)
    .receive([&](Reply& reply) { result = std::move(reply); },
             [&](const caf::error& error) {
               result = fail(runtime::to_problem(error, engine_.system()));
             });
  return result;
}

outcome<messages::RunAccepted>
engine_port::submit(const messages::SubmitRun& wanted) {
  return ask<messages::RunAccepted>(wanted);
}

outcome<messages::RunChanged>
engine_port::change(const messages::ChangeRun& wanted) {
  return ask<messages::RunChanged>(wanted);
}

outcome<messages::WorkflowApplied>
engine_port::apply(const messages::ApplyWorkflow& wanted) {
  return ask<messages::WorkflowApplied>(wanted);
}

outcome<messages::EngineStatus> engine_port::status() {
  return ask<messages::EngineStatus>(messages::GetEngineStatus{});
}

outcome<messages::GuardStates> engine_port::guards() {
  return ask<messages::GuardStates>(messages::GetGuards{});
}

outcome<messages::QueueReport> engine_port::queue() {
  return ask<messages::QueueReport>(messages::GetQueue{});
}

outcome<messages::QueueChanged>
engine_port::change(const messages::ChangeQueue& wanted) {
  return ask<messages::QueueChanged>(wanted);
}

std::size_t engine_port::waiting() const {
  const auto guard = std::lock_guard{endings_->mutex};
  return endings_->waiting;
}

outcome<RunResult> engine_port::await(const std::string& run_id,
                                      std::chrono::milliseconds patience,
                                      const std::stop_token& stop) {
  const auto to = engine_.engine();
  if (!to)
    return fail(to.error());
  auto guard = std::unique_lock{endings_->mutex};
  if (endings_->waiting >= waiting_max || endings_->by_run.size() >= runs_max)
    return fail(problem_kind::unavailable,
                "too many wait for the end of runs already",
                "ask how it stands instead, and wait in between");
  const auto entry = endings_->get(run_id, *to, engine_.system(), endings_);
  ++endings_->waiting;
  const auto is_over = endings_->changed.wait_for(guard, stop, patience, [&] {
    return entry->result.has_value();
  });
  --endings_->waiting;
  if (is_over)
    return *entry->result;
  if (stop.stop_requested())
    return fail(problem_kind::unavailable, "the server is stopping",
                "the run goes on with the next server: ask it");
  return fail(problem_kind::timeout,
              "run " + run_id + " is not over after "
                + runtime::render_duration(patience),
              "ask again: it goes on");
}

} // namespace troupe::tools
