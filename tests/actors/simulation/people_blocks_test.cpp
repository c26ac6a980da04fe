#include "actors/simulation/people_blocks.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

TEST_CASE("people become blocks by key") {
  auto everybody = people{};
  everybody.resize(5);
  everybody.key = {9, 2, 7, 1, 4};
  everybody.pay = {90, 20, 70, 10, 40};
  everybody.level = {1, 2, 3, 4, 5};
  const auto blocks = make_blocks(everybody, 2);
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[0].key == std::vector<std::uint64_t>{1, 2});
  CHECK(blocks[1].key == std::vector<std::uint64_t>{4, 7});
  CHECK(blocks[2].key == std::vector<std::uint64_t>{9});
  CHECK(blocks[1].pay == std::vector<cents>{40, 70});
  CHECK(blocks[1].level == std::vector<std::uint8_t>{5, 3});
}

TEST_CASE("nobody needs no block") {
  CHECK(make_blocks(people{}, 10).empty());
}

} // namespace troupe::simulation
