#pragma once

#include "actors/engine/activity_host.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/actor_registry.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// What a source of activities has heard.
struct heard_by_source {
  std::vector<std::uint32_t> credits;
  std::vector<messages::ActivityProgress> progress;
  std::vector<messages::ActivitySucceeded> successes;
  std::vector<messages::ActivityFailed> failures;
};

using shared_heard = std::shared_ptr<heard_by_source>;

inline engine::activity_source_actor spawn_listener(caf::actor_system& system,
                                                    const shared_heard& heard) {
  return system.spawn([=](engine::activity_source_actor::pointer)
                        -> engine::activity_source_actor::behavior_type {
    return {
      [=](const messages::GetActivities& request) {
        heard->credits.push_back(request.credit());
      },
      [=](const messages::ActivityReports& reports) {
        for (const auto& each : reports.reports()) {
          if (each.has_progress())
            heard->progress.push_back(each.progress());
          else if (each.has_succeeded())
            heard->successes.push_back(each.succeeded());
          else
            heard->failures.push_back(each.failed());
        }
        if (reports.credit() != 0)
          heard->credits.push_back(reports.credit());
      },
    };
  });
}

inline messages::RunActivity run_activity(const std::string& activity,
                                          const std::string& step,
                                          const std::string& input = "{}",
                                          std::uint64_t epoch = 1) {
  auto request = messages::RunActivity{};
  request.mutable_ref()->set_run("run-1");
  request.mutable_ref()->set_step(step);
  request.mutable_ref()->set_attempt(1);
  request.mutable_ref()->set_epoch(epoch);
  request.set_activity(activity);
  request.set_input_json(input);
  return request;
}

inline messages::CancelActivity
cancel_activity(const messages::RunActivity& what) {
  auto request = messages::CancelActivity{};
  *request.mutable_ref() = what.ref();
  return request;
}

inline messages::KeepActivities
keep_activities(const std::vector<messages::RunActivity>& what,
                std::uint64_t epoch) {
  auto kept = messages::KeepActivities{};
  for (const auto& each : what)
    *kept.add_refs() = each.ref();
  kept.set_epoch(epoch);
  return kept;
}

/// A host and its source, on a manual clock.
struct activity_fixture : actor_fixture {
  shared_heard heard = std::make_shared<heard_by_source>();
  std::shared_ptr<engine::activity_registry> registry
    = std::make_shared<engine::activity_registry>();
  engine::activity_source_actor source = spawn_listener(system, heard);
  engine::activity_host_actor host;

  /// Call it once, after the registry is filled.
  void start_host(std::size_t activities_max = 2) {
    auto options = engine::activity_host_options{};
    options.registry = registry;
    options.limits.activities_max = activities_max;
    options.limits.grace_max = std::chrono::seconds{10};
    options.limits.kill_margin = std::chrono::seconds{5};
    host = engine::spawn_activity_host(system, source, options);
    own(source);
    own(host);
    run();
  }

  void give(const messages::RunActivity& request) {
    auto all = messages::RunActivities{};
    *all.add_activities() = request;
    caf::anon_send(host, std::move(all));
    run();
  }

  void give(const messages::CancelActivity& request) {
    caf::anon_send(host, request);
    run();
  }

  void give(const messages::KeepActivities& kept) {
    caf::anon_send(host, kept);
    run();
  }

  /// The only failure so far; fails the test if there is another number.
  messages::ActivityFailed failure() {
    REQUIRE(heard->failures.size() == 1);
    return heard->failures.front();
  }

  /// Room that the host has asked for, all together.
  [[nodiscard]] std::uint32_t credit() const {
    auto sum = std::uint32_t{0};
    for (const auto each : heard->credits)
      sum += each;
    return sum;
  }

  /// Actors other than the test's own and the source.
  std::size_t others() {
    run();
    return system.registry().running() - 2;
  }
};

} // namespace troupe::tests
