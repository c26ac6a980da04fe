#pragma once

#include "actors/engine/activity_host.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace troupe::tests {

/// Reports from other threads, for whoever waits for them.
struct live_reports {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<messages::ActivitySucceeded> successes;
  std::deque<messages::ActivityFailed> failures;
  std::deque<messages::ActivityProgress> progress;

  template <class Report>
  void add(std::deque<Report>& to, const Report& what) {
    const auto guard = std::lock_guard{mutex};
    to.push_back(what);
    changed.notify_all();
  }

  template <class Report>
  Report wait_for(std::deque<Report>& from) {
    auto lock = std::unique_lock{mutex};
    if (!changed.wait_for(lock, std::chrono::seconds{20},
                          [&] { return !from.empty(); }))
      throw std::runtime_error{"no report"};
    auto result = from.front();
    from.pop_front();
    return result;
  }
};

/// A host and its source on real threads.
struct live_activity_fixture : live_fixture {
  std::shared_ptr<live_reports> reports = std::make_shared<live_reports>();
  std::shared_ptr<engine::activity_registry> registry
    = std::make_shared<engine::activity_registry>();
  engine::activity_host_actor host;

  /// Call it once, after the registry is filled.
  void start_host() {
    using engine::activity_source_actor;
    const auto source
      = system.spawn([to = reports](activity_source_actor::pointer)
                       -> activity_source_actor::behavior_type {
          return {
            [=](const messages::ActivityReports& all) {
              for (const auto& each : all.reports()) {
                if (each.has_progress())
                  to->add(to->progress, each.progress());
                else if (each.has_succeeded())
                  to->add(to->successes, each.succeeded());
                else
                  to->add(to->failures, each.failed());
              }
            },
            [](const messages::GetActivities&) {},
          };
        });
    own(source);
    host = engine::spawn_activity_host(system, source,
                                       {registry, {}, std::nullopt, {}});
    own(host);
  }

  void give(const messages::RunActivity& request) {
    auto all = messages::RunActivities{};
    *all.add_activities() = request;
    caf::anon_send(host, std::move(all));
  }
};

} // namespace troupe::tests
