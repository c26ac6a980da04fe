#pragma once

#include "actors/engine/activity_registry.hpp"
#include "actors/engine/activity_table.hpp"
#include "actors/engine/workflow.hpp"

#include <memory>
#include <optional>

namespace troupe::engine {

/// Gives activities to hosts that pull, and hears what becomes of them.
using activity_source_actor = caf::typed_actor<
  // The sender, an activity_host_actor, has room for activities.
  caf::reacts_to<messages::GetActivities>,
  // What the sender's activities came to.
  caf::reacts_to<messages::ActivityReports>>;

/// Runs activities, a bounded number at the same time. An exit message with any
/// reason but `kill` stops them with their grace, reports that, and then ends
/// the host; however else it ends, its activities are stopped at once.
using activity_host_actor = activity_results_actor::extend<
  // Starts activities. Those that cannot be started are reported as failed:
  // `overloaded` beyond the credit, `unknown_activity`, `outdated`.
  caf::reacts_to<messages::RunActivities>,
  // Stops one.
  caf::reacts_to<messages::CancelActivity>,
  // Lets some go on under a later epoch.
  caf::reacts_to<messages::KeepActivities>>;

struct activity_host_options {
  std::shared_ptr<const activity_registry> registry;
  /// `activities_max` is the credit that the host begins with.
  activity_table_options limits;
  /// What it has; absent: as many processors and as much memory as anybody asks
  /// for, and nothing else.
  std::optional<step_resources> room;
  /// What steps may ask of it by name.
  worker_labels labels;
};

/// Begins to pull at once, and ends when `source` does.
activity_host_actor spawn_activity_host(caf::actor_system& system,
                                        const activity_source_actor& source,
                                        activity_host_options options);

} // namespace troupe::engine
