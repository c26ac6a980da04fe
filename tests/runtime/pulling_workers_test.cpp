#include "runtime/pulling_workers.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace troupe::runtime {

namespace {

/// Gives out so many tasks, and tells who got which.
std::vector<std::string> give(pulling_workers<std::string>& to, int tasks) {
  auto given = std::vector<std::string>{};
  auto next = 1;
  to.give(
    [&](std::uint64_t, worker_place) {
      return next <= tasks ? std::optional{next++} : std::nullopt;
    },
    [&](const std::string& worker, int task) {
      given.push_back(worker + std::to_string(task));
    });
  return given;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a worker is new once, and asks any number of times") {
  auto workers = pulling_workers<std::string>{};
  CHECK(workers.ask(1, "a"));
  CHECK_FALSE(workers.ask(1, "a"));
  CHECK(give(workers, 5) == names{"a1", "a2"});
  CHECK(give(workers, 5).empty());
}

TEST_CASE("workers get tasks in turn, as many as they have asked for") {
  auto workers = pulling_workers<std::string>{};
  for (auto i = 0; i < 3; ++i)
    workers.ask(1, "a");
  workers.ask(2, "b");
  CHECK(give(workers, 3) == names{"a1", "b2", "a3"});
  CHECK(give(workers, 3) == names{"a1"});
}

TEST_CASE("what there is no task for is still asked for") {
  auto workers = pulling_workers<std::string>{};
  workers.ask(1, "a");
  CHECK(give(workers, 0).empty());
  CHECK(give(workers, 1) == names{"a1"});
}

TEST_CASE("who is lost gets nothing, and is new when it comes back") {
  auto workers = pulling_workers<std::string>{};
  workers.ask(1, "a");
  workers.ask(2, "b");
  CHECK(workers.lose(1));
  CHECK_FALSE(workers.lose(1));
  CHECK(give(workers, 5) == names{"b1"});
  CHECK(workers.ask(1, "a"));
}

TEST_CASE("who is slow on another node is told of, once somebody waits") {
  using namespace std::chrono_literals;
  using ids = std::vector<std::uint64_t>;
  const auto at = [](std::chrono::milliseconds time) {
    return pulling_workers<std::string>::time_point{time};
  };
  auto workers = pulling_workers<std::string>{};
  const auto give_all = [&](std::chrono::milliseconds now) {
    workers.give([](std::uint64_t, worker_place) { return std::optional{1}; },
                 [](const std::string&, int) {}, at(now));
  };
  workers.ask(1, "near", worker_place::near, at(0ms));
  workers.ask(2, "far", worker_place::far, at(0ms));
  workers.ask(2, "far", worker_place::far, at(0ms));
  // Whoever was given nothing yet is not slow.
  CHECK(workers.take_stragglers(at(5'000ms), 100ms).empty());
  give_all(5'000ms);
  CHECK(workers.take_stragglers(at(5'200ms), 100ms).empty());
  workers.ask(1, "near", worker_place::near, at(5'200ms));
  // Twice what a task took.
  CHECK(workers.take_stragglers(at(5'399ms), 100ms).empty());
  CHECK(workers.take_stragglers(at(5'400ms), 500ms).empty());
  CHECK(workers.take_stragglers(at(5'400ms), 100ms) == ids{2});
  CHECK(workers.take_stragglers(at(5'500ms), 100ms).empty());
  // With one of its two answered it has another to do.
  workers.ask(2, "far", worker_place::far, at(5'500ms));
  CHECK(workers.take_stragglers(at(5'899ms), 100ms).empty());
  CHECK(workers.take_stragglers(at(5'900ms), 100ms) == ids{2});
  workers.ask(2, "far", worker_place::far, at(5'900ms));
  CHECK(workers.take_stragglers(at(9'000ms), 100ms).empty());
}

TEST_CASE("whoever there is no task for holds up nobody") {
  auto workers = pulling_workers<std::string>{};
  workers.ask(1, "a", worker_place::far);
  workers.ask(2, "b");
  CHECK(workers.far() == 1);
  auto given = names{};
  workers.give(
    [](std::uint64_t, worker_place place) {
      return place == worker_place::near ? std::optional{1} : std::nullopt;
    },
    [&](const std::string& worker, int) { given.push_back(worker); });
  CHECK(given == names{"b"});
  workers.lose(1);
  CHECK(workers.far() == 0);
}

} // namespace troupe::runtime
