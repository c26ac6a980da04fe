#include "actors/scheduler/due_queue.hpp"
#include "tests/actors/scheduler/draws.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::scheduler;
using troupe::tests::draws;

TEST_CASE("a due queue gives what is due, the longest due first") {
  auto queue = due_queue{10};
  const auto zero = instant{};
  CHECK_FALSE(queue.next());
  CHECK(queue.set("b", zero + 2h));
  CHECK(queue.set("a", zero + 2h));
  CHECK(queue.set("c", zero + 1h));
  CHECK(queue.set("d", zero + 3h));
  CHECK(queue.next() == zero + 1h);
  CHECK(queue.set("c", zero + 4h)); // Moved, not added.
  CHECK(queue.size() == 4);
  CHECK(queue.due_of("c") == zero + 4h);
  CHECK(queue.first(2)
        == std::vector<due_queue::entry>{{zero + 2h, "a"}, {zero + 2h, "b"}});
  CHECK(queue.take_due(zero + 3h, 2).size() == 2);
  CHECK(queue.take_due(zero + 3h, 2)
        == std::vector<due_queue::entry>{{zero + 3h, "d"}});
  CHECK(queue.take_due(zero + 3h, 2).empty());
  CHECK(queue.remove("c"));
  CHECK_FALSE(queue.remove("c"));
  CHECK_FALSE(queue.due_of("c"));
  CHECK(queue.size() == 0);
}

TEST_CASE("a due queue is bounded, moving needs no room") {
  auto queue = due_queue{1};
  CHECK(queue.set("a", instant{}));
  const auto full = queue.set("b", instant{});
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == troupe::runtime::problem_kind::unavailable);
  CHECK_FALSE(full.error().hint.empty());
  CHECK(queue.set("a", instant{1h}));
}

TEST_CASE("a due queue agrees with a list that is sorted each time") {
  auto from = draws{7};
  auto queue = due_queue{50};
  auto naive = std::map<std::string, instant>{};
  for (auto step = 0; step < 5'000; ++step) {
    const auto id = std::to_string(from.below(60));
    const auto at = instant{1s * from.between(0, 30)};
    if (from.chance(60)) {
      const auto has_room = naive.size() < 50 || naive.contains(id);
      CHECK(queue.set(id, at).has_value() == has_room);
      if (has_room)
        naive[id] = at;
    } else if (from.chance(50)) {
      CHECK(queue.remove(id) == (naive.erase(id) == 1));
    } else {
      auto due = std::vector<due_queue::entry>{};
      for (const auto& [name, when] : naive)
        if (when <= at)
          due.push_back({when, name});
      std::sort(due.begin(), due.end());
      due.resize(std::min<std::size_t>(due.size(), 3));
      CHECK(queue.take_due(at, 3) == due);
      for (const auto& each : due)
        naive.erase(each.id);
    }
    CHECK(queue.size() == naive.size());
  }
}
