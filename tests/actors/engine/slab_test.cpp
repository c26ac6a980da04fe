#include "actors/engine/slab.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::engine::slab;

TEST_CASE("a record keeps its number and its place, and numbers come back") {
  auto records = slab<std::string>{};
  const auto first = records.add("first");
  const auto second = records.add("second");
  const auto* place = &records[first];
  for (auto count = 0; count < 1'000; ++count)
    static_cast<void>(records.add("more"));
  CHECK(place == &records[first]);
  records.erase(second);
  CHECK(records.size() == 1'001);
  CHECK(records.add("third") == second);
  CHECK(records[second] == "third");
  CHECK(records[first] == "first");
}

TEST_CASE("an empty slab begins anew") {
  auto records = slab<int>{};
  static_cast<void>(records.add(1));
  static_cast<void>(records.add(2));
  records.erase(0);
  records.erase(1);
  CHECK(records.size() == 0);
  CHECK(records.add(3) == 0);
  CHECK(records[0] == 3);
}
