#include "runtime/order_box.hpp"

#include <catch2/catch.hpp>

using troupe::runtime::order_box;

TEST_CASE("orders are taken as they were put, with one wake-up") {
  auto wakes = 0;
  auto box = order_box<int>{[&] { ++wakes; }};
  box.put(1);
  box.put(2);
  // Whoever is on its way takes both.
  CHECK(wakes == 1);
  CHECK(box.take() == std::deque<int>{1, 2});
  CHECK(box.take().empty());
  box.put(3);
  CHECK(wakes == 2);
}

TEST_CASE("a closed box wakes once more, then takes nothing") {
  auto wakes = 0;
  auto box = order_box<int>{[&] { ++wakes; }};
  box.put(1);
  box.close();
  CHECK(box.is_closed());
  box.put(2);
  CHECK(wakes == 2);
  CHECK(box.take() == std::deque<int>{1});
}

TEST_CASE("a box admits as many as there are places") {
  auto box = order_box<int>{[] {}};
  CHECK(box.admit(2).is_admitted);
  const auto second = box.admit(2);
  const auto third = box.admit(2);
  CHECK(second.is_admitted);
  CHECK_FALSE(third.is_admitted);
  CHECK(second.number != third.number);
  box.release();
  CHECK(box.admit(2).is_admitted);
}
