#include "actors/engine/basic_activities.hpp"
#include "tests/actors/engine/activity_fixture.hpp"

#include <catch2/catch.hpp>

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
