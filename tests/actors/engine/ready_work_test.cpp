#include "actors/engine/ready_work.hpp"

#include <catch2/catch.hpp>

using namespace troupe::engine;

TEST_CASE("work fits where there is as much of each as it needs") {
  const auto room = resource_amounts{1'000, 64, {{2, 1}, {5, 3}}};
  CHECK(fits({}, room));
  CHECK(fits({}, {}));
  CHECK(fits(room, room));
  CHECK(fits({1'000, 64, {{5, 3}}}, room));
  CHECK_FALSE(fits({1'001, 64, {}}, room));
  CHECK_FALSE(fits({1'000, 65, {}}, room));
  CHECK_FALSE(fits({0, 0, {{5, 4}}}, room));
}

TEST_CASE("who does not name a resource has none of it") {
  CHECK_FALSE(fits({0, 0, {{1, 1}}}, {0, 0, {{2, 9}}}));
  CHECK_FALSE(fits({0, 0, {{3, 1}}}, {0, 0, {{2, 9}, {4, 9}}}));
  CHECK_FALSE(fits({0, 0, {{9, 1}}}, {0, 0, {{2, 9}}}));
  CHECK(fits({0, 0, {{9, 0}}}, {0, 0, {{2, 9}}}));
}
