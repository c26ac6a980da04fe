#include "actors/engine/basic_activities.hpp"

#include "actors/engine/activity_reports.hpp"

namespace troupe::engine {

void add_basic_activities(activity_registry& registry) {
  registry.add_immediate("noop", [](const messages::RunActivity& request) {
    return success_of(request.ref(), request.input_json());
  });
}

} // namespace troupe::engine
