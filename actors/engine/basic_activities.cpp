#include "actors/engine/basic_activities.hpp"

#include "actors/engine/activity_reports.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace troupe::engine {

namespace {

activity_actor::behavior_type noop(activity_actor::pointer self,
                                   const messages::RunActivity& request,
                                   const activity_results_actor& results) {
  self->send(results, success_of(request.ref(), request.input_json()));
  self->quit();
  return {[](const messages::CancelActivity&) {}};
}

} // namespace

void add_basic_activities(activity_registry& registry) {
  registry.add("noop", [](caf::actor_system& system,
                          const messages::RunActivity& request,
                          const activity_results_actor& results) {
    return activity_actor{system.spawn(noop, request, results)};
  });
}

} // namespace troupe::engine
