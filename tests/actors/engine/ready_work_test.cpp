#include "actors/engine/ready_work.hpp"

#include <catch2/catch.hpp>

using namespace troupe::engine;

namespace {

bool fits_in(const resource_amounts& needed, const resource_amounts& room) {
  return fits(needed, room, {2'000, 128, {{2, 9}, {5, 9}, {9, 9}}});
}

} // namespace

TEST_CASE("work fits where there is as much of each as it needs") {
  const auto room = resource_amounts{1'000, 64, {{2, 1}, {5, 3}}};
  CHECK(fits_in({}, room));
  CHECK(fits_in({}, {}));
  CHECK(fits_in(room, room));
  CHECK(fits_in({1'000, 64, {{5, 3}}}, room));
  CHECK_FALSE(fits_in({1'001, 64, {}}, room));
  CHECK_FALSE(fits_in({1'000, 65, {}}, room));
  CHECK_FALSE(fits_in({0, 0, {{5, 4}}}, room));
}

TEST_CASE("who does not name a resource has none of it") {
  CHECK_FALSE(fits_in({0, 0, {{1, 1}}}, {0, 0, {{2, 9}}}));
  CHECK_FALSE(fits_in({0, 0, {{3, 1}}}, {0, 0, {{2, 9}, {4, 9}}}));
  CHECK_FALSE(fits_in({0, 0, {{9, 1}}}, {0, 0, {{2, 9}}}));
  CHECK(fits_in({0, 0, {{9, 0}}}, {0, 0, {{2, 9}}}));
}

TEST_CASE("more processors than a worker has are all of them") {
  const auto total = resource_amounts{2'000, 64, {}};
  CHECK(fits({64'000, 64, {}}, total, total));
  CHECK_FALSE(fits({64'000, 64, {}}, {1'999, 64, {}}, total));
  CHECK_FALSE(fits({64'000, 65, {}}, total, total));
}
