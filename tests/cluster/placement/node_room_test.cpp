#include "cluster/placement/node_room.hpp"

#include <catch2/catch.hpp>

using namespace troupe::cluster;

namespace {

node_room room_of(std::uint64_t cpu, std::uint64_t memory,
                  std::map<std::string, std::uint64_t> named = {}) {
  return {cpu, memory, std::move(named)};
}

} // namespace

TEST_CASE("work fits where enough of everything is") {
  const auto node = room_of(4'000, 8, {{"gpu", 1}});
  CHECK(fits({}, node));
  CHECK(fits(node, node));
  CHECK(lacking(room_of(4'001, 1), node) == "cpu");
  CHECK(lacking(room_of(1, 9), node) == "memory");
  CHECK(lacking(room_of(1, 1, {{"gpu", 2}}), node) == "gpu");
  CHECK(lacking(room_of(1, 1, {{"licence", 1}}), node) == "licence");
  CHECK(fits(room_of(1, 1, {{"licence", 0}}), node));
}

TEST_CASE("what is taken and added again was there before") {
  const auto all = room_of(4'000, 8, {{"gpu", 2}});
  auto node = all;
  take(node, room_of(1'000, 3, {{"gpu", 1}}));
  CHECK(node == room_of(3'000, 5, {{"gpu", 1}}));
  add(node, room_of(1'000, 3, {{"gpu", 1}}));
  CHECK(node == all);
  take(node, room_of(9'000, 9, {{"gpu", 9}, {"licence", 1}}));
  CHECK(node == room_of(0, 0, {{"gpu", 0}}));
}

TEST_CASE("a shortage is what is missing, of the capacity") {
  const auto all = room_of(4'000, 8);
  CHECK(shortage(room_of(2'000, 4), room_of(2'000, 4), all) == 0);
  CHECK(shortage(room_of(2'000, 4), room_of(1'000, 2), all) == 500'000);
  CHECK(shortage(room_of(1, 0), room_of(0, 0), room_of(~0ULL, 0)) == 1);
  CHECK(shortage(room_of(~0ULL, 0), room_of(0, 0), room_of(~0ULL, 0))
        == 1'000'000);
}

TEST_CASE("how full a node would be is that of what it has least of") {
  const auto all = room_of(4'000, 8, {{"gpu", 2}});
  CHECK(fullness(room_of(1'000, 4), all, all) == 500'000);
  CHECK(fullness(room_of(1'000, 0), room_of(1'000, 8), all) == 1'000'000);
  CHECK(fullness({}, all, all) == 0);
  CHECK(fullness(room_of(0, 0, {{"gpu", 1}}), all, all) == 500'000);
}
