#include "tools/activities/blocking_activity.hpp"

#include "actors/engine/activity_reports.hpp"
#include "actors/engine/address_send.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace troupe::tools {

using runtime::outcome;
using runtime::problem_kind;

/// What came of it: the output, or why there is none.
struct attempt_ended {
  std::shared_ptr<const outcome<std::string>> how;
};

/// Tells the activity to show how far it is.
struct show_progress {};

} // namespace troupe::tools

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tools::attempt_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tools::show_progress)

namespace troupe::tools {

namespace {

using namespace std::chrono_literals;

using blocking_activity_actor
  = engine::activity_actor::extend<caf::reacts_to<attempt_ended>,
                                   caf::reacts_to<show_progress>>;

struct blocking_activity_state {
  static constexpr auto name = "blocking_activity"; // Shown in logs.

  blocking_activity_state() = default;
  blocking_activity_state(const blocking_activity_state&) = delete;
  blocking_activity_state& operator=(const blocking_activity_state&) = delete;

  /// However it ends, its thread does too.
  ~blocking_activity_state() {
    stop.request_stop();
  }

  std::stop_source stop;
};

using pointer
  = blocking_activity_actor::stateful_pointer<blocking_activity_state>;

void start_thread(pointer self, const blocking_attempt& attempt) {
  self->system().spawn<caf::detached>(
    [to = self->address(), attempt,
     stop = self->state.stop.get_token()](caf::event_based_actor* thread) {
      engine::send_to_address(
        to, attempt_ended{std::make_shared<const outcome<std::string>>(
              attempt.work(thread->system(), stop))});
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
            const engine::activity_results_actor& results,
            const blocking_attempt& attempt) {
  auto progress = messages::ActivityProgress{};
  *progress.mutable_ref() = ref;
  progress.set_progress_json(attempt.progress());
  self->send(results, std::move(progress));
  self->delayed_send(self, 1s, show_progress{});
}

blocking_activity_actor::behavior_type
blocking_activity(pointer self, const messages::ActivityRef& ref,
                  const engine::activity_results_actor& results,
                  const blocking_attempt& attempt) {
  start_thread(self, attempt);
  self->delayed_send(self, 1s, show_progress{});
  return {
    [=](const messages::CancelActivity&) { self->state.stop.request_stop(); },
    [=](const attempt_ended& ended) { end(self, ref, results, *ended.how); },
    [=](show_progress) { report(self, ref, results, attempt); },
  };
}

} // namespace

void add_blocking_activity(
  engine::activity_registry& registry, const std::string& name,
  std::function<blocking_attempt(const messages::RunActivity& request)> begin) {
  registry.add(name, [begin = std::move(begin)](
                       caf::actor_system& system,
                       const messages::RunActivity& request,
                       const engine::activity_results_actor& results) {
    return engine::activity_actor{
      system.spawn(blocking_activity, request.ref(), results, begin(request))};
  });
}

} // namespace troupe::tools
