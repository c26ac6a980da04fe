#include "actors/engine/basic_activities.hpp"
#include "tests/actors/engine/activity_fixture.hpp"

#include <caf/actor_registry.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// An activity that does what the test tells it.
using probe_actor = activity_actor::extend<caf::reacts_to<std::string>>;

struct probed {
  std::map<std::string, probe_actor> by_step;
  std::vector<messages::CancelActivity> cancelled;
};

probe_actor::behavior_type probe(probe_actor::pointer self,
                                 const messages::RunActivity& request,
                                 const activity_results_actor& results,
                                 const std::shared_ptr<probed>& record) {
  return {
    [=](const messages::CancelActivity& order) {
      record->cancelled.push_back(order);
    },
    [=](const std::string& order) {
      if (order == "succeed") {
        auto success = messages::ActivitySucceeded{};
        success.set_output_json("1");
        self->send(results, std::move(success));
      } else if (order == "fail") {
        auto failure = messages::ActivityFailed{};
        failure.set_kind("signal");
        self->send(results, std::move(failure));
      } else if (order == "beat") {
        auto progress = messages::ActivityProgress{};
        progress.set_progress_json("{}");
        self->send(results, std::move(progress));
        return;
      } else if (order == "crash") {
        self->quit(caf::exit_reason::unhandled_exception);
        return;
      }
      static_cast<void>(request);
      self->quit();
    },
  };
}

struct host_fixture : activity_fixture {
  std::shared_ptr<probed> probes = std::make_shared<probed>();

  host_fixture() {
    add_basic_activities(*registry);
    registry->add("probe",
                  [record = probes](caf::actor_system& in,
                                    const messages::RunActivity& request,
                                    const activity_results_actor& results) {
                    auto made = in.spawn(probe, request, results, record);
                    record->by_step[request.ref().step()] = made;
                    return activity_actor{made};
                  });
    registry->add("broken",
                  [](caf::actor_system&, const messages::RunActivity&,
                     const activity_results_actor&) -> activity_actor {
                    throw std::runtime_error{"no memory for it"};
                  });
    start_host();
  }

  /// Handles in cycles would outlive the system.
  ~host_fixture() {
    for (const auto& [step, each] : probes->by_step)
      own(each);
    probes->by_step.clear();
  }

  void tell(const std::string& step, const char* order) {
    caf::anon_send(probes->by_step.at(step), std::string{order});
    run();
  }
};

} // namespace

TEST_CASE_METHOD(host_fixture,
                 "a host pulls as many activities as it may run") {
  CHECK(heard->credits == std::vector<std::uint32_t>{2});
  give(run_activity("probe", "a"));
  give(run_activity("probe", "b"));
  CHECK(credit() == 2);
  tell("a", "succeed");
  CHECK(credit() == 3);
  tell("b", "fail");
  CHECK(credit() == 4);
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].ref().step() == "a");
  CHECK(heard->successes[0].output_json() == "1");
  CHECK(failure().ref().step() == "b");
  CHECK(failure().kind() == "signal");
}

TEST_CASE_METHOD(host_fixture, "more than was asked for is refused") {
  give(run_activity("probe", "a"));
  give(run_activity("probe", "b"));
  give(run_activity("probe", "c"));
  CHECK(failure().kind() == "overloaded");
  CHECK(failure().ref().step() == "c");
  CHECK(probes->by_step.size() == 2);
  // It was nobody's credit, so none is given back.
  CHECK(credit() == 2);
}

TEST_CASE_METHOD(host_fixture, "an unknown activity is refused with a hint") {
  give(run_activity("prob", "a"));
  CHECK(failure().kind() == "unknown_activity");
  CHECK(failure().message().find("probe") != std::string::npos);
  CHECK_FALSE(failure().retryable());
  CHECK(credit() == 3);
}

TEST_CASE_METHOD(host_fixture, "the same request again starts nothing") {
  give(run_activity("probe", "a"));
  give(run_activity("probe", "a"));
  CHECK(others() == 2); // The host and one activity.
  tell("a", "succeed");
  CHECK(heard->successes.size() == 1);
  CHECK(heard->failures.empty());
}

TEST_CASE_METHOD(host_fixture, "a later epoch takes over, the earlier is "
                               "stopped and not heard of") {
  give(run_activity("probe", "a", "{}", 1));
  const auto earlier = probes->by_step.at("a");
  give(run_activity("probe", "a", "{}", 2));
  REQUIRE(probes->cancelled.size() == 1);
  CHECK(probes->cancelled[0].grace_ms() == 0);
  caf::anon_send(earlier, std::string{"succeed"});
  run();
  CHECK(heard->successes.empty());
  tell("a", "succeed");
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].ref().epoch() == 2);
  give(run_activity("probe", "b", "{}", 2));
  give(run_activity("probe", "b", "{}", 1));
  CHECK(failure().kind() == "outdated");
}

TEST_CASE_METHOD(host_fixture,
                 "who is kept reports under the epoch that keeps it") {
  const auto a = run_activity("probe", "a");
  const auto b = run_activity("probe", "b");
  give(a);
  give(b);
  // One that is not there has ended, which was reported.
  give(keep_activities({run_activity("probe", "c"), a}, 4));
  tell("a", "beat");
  REQUIRE(heard->progress.size() == 1);
  CHECK(heard->progress[0].ref().epoch() == 4);
  tell("a", "succeed");
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].ref().epoch() == 4);
  // Nobody kept this one.
  give(cancel_activity(b));
  tell("b", "fail");
  CHECK(failure().ref().epoch() == 1);
  CHECK(failure().kind() == "cancelled");
  CHECK(credit() == 4);
  CHECK(others() == 1);
}

TEST_CASE_METHOD(host_fixture, "who is kept can be stopped, and can die") {
  const auto kept = run_activity("probe", "a", "{}", 1);
  give(kept);
  give(keep_activities({kept}, 2));
  give(keep_activities({kept}, 2));
  SECTION("stopped") {
    give(cancel_activity(run_activity("probe", "a", "{}", 1)));
    CHECK(probes->cancelled.empty());
    give(cancel_activity(run_activity("probe", "a", "{}", 2)));
    REQUIRE(probes->cancelled.size() == 1);
    tell("a", "fail");
    CHECK(failure().kind() == "cancelled");
  }
  SECTION("dies") {
    tell("a", "crash");
    CHECK(failure().kind() == "crashed");
  }
  CHECK(failure().ref().epoch() == 2);
  CHECK(others() == 1);
}

TEST_CASE_METHOD(host_fixture, "an activity that takes too long is stopped") {
  auto request = run_activity("probe", "a");
  request.set_start_to_close_ms(60'000);
  give(request);
  advance(59s);
  CHECK(probes->cancelled.empty());
  advance(1s);
  REQUIRE(probes->cancelled.size() == 1);
  CHECK_FALSE(probes->cancelled[0].has_grace_ms());
  tell("a", "fail");
  CHECK(failure().kind() == "timeout");
  CHECK(failure().retryable());
}

TEST_CASE_METHOD(host_fixture, "who does not stop in time is killed") {
  give(run_activity("probe", "a"));
  give(cancel_activity(run_activity("probe", "a")));
  CHECK(probes->cancelled.size() == 1);
  advance(14s);
  CHECK(heard->failures.empty());
  CHECK(others() == 2);
  advance(1s);
  CHECK(failure().kind() == "cancelled");
  CHECK(credit() == 3);
  CHECK(others() == 1);
}

TEST_CASE_METHOD(host_fixture, "signs of life put a timeout off") {
  auto request = run_activity("probe", "a");
  request.set_heartbeat_ms(10'000);
  give(request);
  for (auto i = 0; i < 5; ++i) {
    advance(9s);
    tell("a", "beat");
  }
  CHECK(probes->cancelled.empty());
  CHECK(heard->progress.size() == 5);
  CHECK(heard->progress[0].ref().step() == "a");
  advance(10s);
  CHECK(probes->cancelled.size() == 1);
  tell("a", "fail");
  CHECK(failure().kind() == "timeout");
}

TEST_CASE_METHOD(host_fixture, "an activity that dies has crashed") {
  give(run_activity("probe", "a"));
  SECTION("with an error") {
    tell("a", "crash");
  }
  SECTION("without a word") {
    tell("a", "leave");
  }
  CHECK(failure().kind() == "crashed");
  CHECK(failure().retryable());
  CHECK(credit() == 3);
  CHECK(others() == 1);
}

TEST_CASE_METHOD(host_fixture, "an activity that cannot start has crashed") {
  give(run_activity("broken", "a"));
  CHECK(failure().kind() == "crashed");
  CHECK(failure().message() == "no memory for it");
  CHECK(credit() == 3);
}

TEST_CASE_METHOD(host_fixture,
                 "a host told to end stops its activities first") {
  give(run_activity("probe", "a"));
  stop(host);
  CHECK(probes->cancelled.size() == 1);
  CHECK(others() == 2);
  give(run_activity("probe", "b"));
  CHECK(failure().kind() == "interrupted");
  heard->failures.clear();
  tell("a", "fail");
  CHECK(failure().kind() == "interrupted");
  CHECK(failure().retryable());
  CHECK(credit() == 2);
  CHECK(others() == 0);
}

TEST_CASE_METHOD(host_fixture, "no activity outlives its host") {
  give(run_activity("probe", "a"));
  give(run_activity("probe", "b"));
  CHECK(others() == 3);
  SECTION("that is killed") {
    stop(host, caf::exit_reason::kill);
    advance(1s);
    CHECK(others() == 0);
  }
  SECTION("that lost its source") {
    stop(source);
    advance(1s);
    CHECK(system.registry().running() == 1);
  }
}
