#include "actors/simulation/simulation_manner.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

TEST_CASE("levels end with one processor and small blocks") {
  auto manner = simulation_manner{};
  CHECK(workers_at(manner.level, 8) == 8);
  manner = one_level_lower(manner);
  CHECK(manner.level == optimization::medium);
  CHECK(workers_at(manner.level, 8) == 4);
  CHECK(workers_at(manner.level, 1) == 1);
  manner = one_level_lower(manner);
  CHECK(workers_at(manner.level, 8) == 1);
  CHECK(block_people_at(manner.level, 5'000) == 5'000);
  manner = one_level_lower(manner);
  CHECK(manner.level == optimization::fallback);
  CHECK(block_people_at(manner.level, 5'000) == fallback_block_people);
  CHECK(block_people_at(manner.level, 0) == 1);
}

TEST_CASE("a lower level helps where nobody is to blame") {
  auto manner = simulation_manner{};
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::failed;
  CHECK(may_fare_better(reason, manner));
  reason.kind = runtime::problem_kind::unavailable;
  CHECK(may_fare_better(reason, manner));
  for (const auto kind :
       {runtime::problem_kind::conflict, runtime::problem_kind::interrupted}) {
    reason.kind = kind;
    CHECK_FALSE(may_fare_better(reason, manner));
  }
  reason.kind = runtime::problem_kind::failed;
  reason.key = "pay_max";
  CHECK_FALSE(may_fare_better(reason, manner));
  reason.key.clear();
  reason.file = "store.db";
  CHECK_FALSE(may_fare_better(reason, manner));
  reason.file.clear();
  manner.fail_fast = true;
  CHECK_FALSE(may_fare_better(reason, manner));
  manner.fail_fast = false;
  manner.level = optimization::fallback;
  CHECK_FALSE(may_fare_better(reason, manner));
}

} // namespace troupe::simulation
