#include "actors/engine/basic_activities.hpp"
#include "tests/actors/engine/activity_fixture.hpp"

#include <caf/actor_registry.hpp>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

struct basic_fixture : activity_fixture {
  basic_fixture() {
    add_basic_activities(*registry);
    start_host();
  }
};

} // namespace

TEST_CASE_METHOD(basic_fixture, "noop returns what it is given") {
  give(run_activity("noop", "a", R"({"x": [1, 2]})"));
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].output_json() == R"({"x": [1, 2]})");
  CHECK(heard->failures.empty());
  CHECK(others() == 1);
}

TEST_CASE_METHOD(basic_fixture, "sleep returns when the time has passed") {
  give(run_activity("sleep", "a", R"({"for": "90s"})"));
  give(run_activity("sleep", "b", R"({"for": "0"})"));
  REQUIRE(heard->successes.size() == 1);
  CHECK(heard->successes[0].ref().step() == "b");
  advance(89'999ms);
  CHECK(heard->successes.size() == 1);
  advance(1ms);
  REQUIRE(heard->successes.size() == 2);
  CHECK(heard->successes[1].output_json() == "null");
  CHECK(others() == 1);
}

TEST_CASE_METHOD(basic_fixture, "a sleeper can be woken") {
  const auto request = run_activity("sleep", "a", R"({"for": "300d"})");
  give(request);
  give(cancel_activity(request));
  CHECK(failure().kind() == "cancelled");
}

TEST_CASE_METHOD(basic_fixture, "a sleep without a length is refused") {
  auto request = run_activity("sleep", "a", R"({"form": "90s"})");
  request.set_source_file("a.yaml");
  request.set_source_line(4);
  give(request);
  CHECK(failure().kind() == "invalid_input");
  CHECK(failure().message().starts_with("a.yaml:4: "));
  CHECK(failure().message().find("with.for") != std::string::npos);
}

TEST_CASE_METHOD(basic_fixture, "an input that is no JSON is refused") {
  give(run_activity("sleep", "a", "{"));
  CHECK(failure().kind() == "invalid_input");
}
