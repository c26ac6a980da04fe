#include "actors/engine/lease.hpp"

#include <catch2/catch.hpp>

using namespace troupe::engine;

TEST_CASE("a holder is named by run, step and item") {
  const auto run
    = troupe::runtime::uuid::parse("01a20244-21da-7000-bced-d97f78f35696")
        .value();
  const auto name = troupe::runtime::to_string(run);
  CHECK(to_string(lease_holder{run, {}, 0, false}) == name);
  CHECK(to_string(lease_holder{run, 3, 0, false}) == name + "/3");
  CHECK(to_string(lease_holder{run, 3, 7, false}) == name + "/3[7]");
  CHECK(to_string(lease_holder{run, 3, 0, true}) == name + "/3 undo");
}
