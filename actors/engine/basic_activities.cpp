#include "actors/engine/basic_activities.hpp"

#include "actors/engine/activity_input.hpp"
#include "actors/engine/activity_reports.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::engine {

/// Tells a sleeper to look at the time.
struct sleep_tick {};

} // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::sleep_tick)

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

/// A pending message keeps its receiver, hence the system, alive for so long.
constexpr auto tick_max = std::chrono::nanoseconds{1s};
constexpr auto sleep_max = std::chrono::milliseconds{24h * 366};

activity_actor::behavior_type noop(activity_actor::pointer self,
                                   const messages::RunActivity& request,
                                   const activity_results_actor& results) {
  self->send(results, success_of(request.ref(), request.input_json()));
  self->quit();
  return {[](const messages::CancelActivity&) {}};
}

using private_sleep_actor = activity_actor::extend<caf::reacts_to<sleep_tick>>;

struct sleep_state {
  static constexpr auto name = "sleep"; // Shown in logs.

  std::chrono::steady_clock::time_point until;
};

using sleep_pointer = private_sleep_actor::stateful_pointer<sleep_state>;

void go_on_sleeping(sleep_pointer self, const messages::ActivityRef& ref,
                    const activity_results_actor& results) {
  const auto rest = self->state.until - self->clock().now();
  if (rest <= 0ns) {
    self->send(results, success_of(ref, "null"));
    self->quit();
    return;
  }
  self->delayed_send(self, std::min<std::chrono::nanoseconds>(rest, tick_max),
                     sleep_tick{});
}

runtime::outcome<std::chrono::milliseconds>
read_sleep(const messages::RunActivity& request) {
  const auto with = input_of(request);
  auto input = activity_input{with, place_of(request)};
  const auto span = input.duration("for", sleep_max);
  if (!span)
    input.refuse("for", "is missing", "write a duration such as 90s or 1h30m");
  if (auto finished = input.finish(); !finished)
    return runtime::fail(std::move(finished.error()));
  return *span;
}

private_sleep_actor::behavior_type
sleep(sleep_pointer self, const messages::RunActivity& request,
      const activity_results_actor& results) {
  const auto ref = request.ref();
  if (const auto span = read_sleep(request)) {
    self->state.until = self->clock().now() + *span;
    go_on_sleeping(self, ref, results);
  } else {
    self->send(results, to_message(ref, to_failure(span.error())));
    self->quit();
  }
  return {
    [=](const messages::CancelActivity&) {
      self->send(results, cancelled(ref));
      self->quit();
    },
    [=](sleep_tick) { go_on_sleeping(self, ref, results); },
  };
}

} // namespace

void add_basic_activities(activity_registry& registry) {
  registry.add("noop", [](caf::actor_system& system,
                         const messages::RunActivity& request,
                         const activity_results_actor& results) {
    return activity_actor{system.spawn(noop, request, results)};
  });
  registry.add("sleep", [](caf::actor_system& system,
                          const messages::RunActivity& request,
                          const activity_results_actor& results) {
    return activity_actor{system.spawn(sleep, request, results)};
  });
}

} // namespace troupe::engine
