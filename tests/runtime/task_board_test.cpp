#include "runtime/task_board.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>

using namespace troupe::runtime;

using verdict = task_board::verdict;

TEST_CASE("tasks are taken in the order they were added") {
  auto board = task_board{};
  board.add(7);
  board.add(8);
  CHECK(board.take(1)->task == 7);
  CHECK(board.take(1)->task == 8);
  CHECK_FALSE(board.take(1));
}

TEST_CASE("a task in front is taken before all others") {
  auto board = task_board{};
  board.add(7);
  board.add_in_front(8);
  CHECK(board.take(1)->task == 8);
  CHECK(board.take(1)->task == 7);
}

TEST_CASE("a failed task is tried again before the others") {
  auto board = task_board{3};
  board.add(7);
  board.add(8);
  const auto first = board.take(1).value();
  CHECK(board.fail(first.task, first.attempt) == verdict::again);
  const auto second = board.take(2).value();
  CHECK(second.task == 7);
  CHECK(second.attempt == 2);
  CHECK(board.retries() == 1);
}

TEST_CASE("a task that fails too often leaves the board") {
  auto board = task_board{2};
  board.add(7);
  auto held = board.take(1).value();
  CHECK(board.fail(held.task, held.attempt) == verdict::again);
  held = board.take(1).value();
  CHECK(board.fail(held.task, held.attempt) == verdict::exhausted);
  CHECK(board.is_empty());
}

TEST_CASE("a task may be granted fewer attempts than the others") {
  auto board = task_board{3};
  board.add(7, 1);
  const auto held = board.take(1).value();
  CHECK(board.fail(held.task, held.attempt) == verdict::exhausted);
}

TEST_CASE("the answer of a worker given up on is late") {
  auto board = task_board{};
  board.add(7);
  const auto first = board.take(1).value();
  CHECK(board.lose(1).empty());
  const auto second = board.take(2).value();
  CHECK_FALSE(board.complete(first.task, first.attempt));
  CHECK(board.fail(first.task, first.attempt) == verdict::late);
  CHECK(board.complete(second.task, second.attempt));
  CHECK_FALSE(board.complete(second.task, second.attempt));
}

TEST_CASE("of a lost worker's tasks only the one it was at has failed") {
  auto board = task_board{1};
  board.add(7);
  board.add(8);
  board.add(9);
  CHECK(board.take(1));
  CHECK(board.take(2));
  CHECK(board.take(1));
  CHECK(board.lose(1) == std::vector<task_board::task_id>{7});
  CHECK(board.out() == 1);
  CHECK(board.take(2)->task == 9);
}

TEST_CASE("a task is never exhausted by the deaths of others") {
  auto board = task_board{3};
  board.add(9);
  board.add(5);
  for (auto death = 0; death < 2; ++death) {
    CHECK(board.take(1)->task == 9);
    CHECK(board.take(1)->task == 5);
    CHECK(board.lose(1).empty());
  }
  CHECK(board.take(1)->task == 9);
  CHECK(board.take(1)->task == 5);
  CHECK(board.lose(1) == std::vector<task_board::task_id>{9});
  const auto held = board.take(1).value();
  CHECK(board.fail(held.task, held.attempt) == verdict::again);
}

TEST_CASE("every task is completed exactly once whatever workers do") {
  auto random = std::mt19937_64{42};
  for (int round = 0; round < 200; ++round) {
    auto board = task_board{10'000'000};
    for (task_board::task_id task = 0; task < 20; ++task)
      board.add(task);
    auto held = std::vector<task_board::assignment>{};
    auto completed = std::multiset<task_board::task_id>{};
    while (!board.is_empty()) {
      const auto draw = random() % 10;
      if (draw < 5) {
        if (const auto taken = board.take(random() % 3))
          held.push_back(*taken);
      } else if (draw < 9 && !held.empty()) {
        const auto pick = held[random() % held.size()];
        if (draw < 7 && board.complete(pick.task, pick.attempt))
          completed.insert(pick.task);
        else if (draw >= 7)
          static_cast<void>(board.fail(pick.task, pick.attempt));
      } else {
        CHECK(board.lose(random() % 3).empty());
      }
    }
    REQUIRE(completed.size() == 20);
    REQUIRE(std::set(completed.begin(), completed.end()).size() == 20);
  }
}

TEST_CASE("what a slow worker holds is done by others, with no failure more") {
  auto board = task_board{1};
  for (auto task = 1U; task <= 3; ++task)
    board.add(task);
  const auto first = board.take(7).value();
  const auto second = board.take(7).value();
  CHECK_FALSE(board.take_back(8));
  CHECK(board.take_back(7));
  CHECK(board.retries() == 2);
  for (const auto& late : {first, second})
    CHECK_FALSE(board.complete(late.task, late.attempt));
  for (auto task = 1U; task <= 3; ++task) {
    const auto again = board.take(8).value();
    CHECK(again.task == task);
    CHECK(board.complete(again.task, again.attempt));
  }
  CHECK(board.is_empty());
}

TEST_CASE("a worker gets the first task that it may have") {
  auto board = task_board{};
  for (const auto task : {7, 8, 9})
    board.add(static_cast<task_board::task_id>(task));
  const auto is_even = [](task_board::task_id task) { return task % 2 == 0; };
  CHECK(board.take(1, is_even)->task == 8);
  CHECK_FALSE(board.take(1, is_even));
  CHECK(board.take(2)->task == 7);
}

TEST_CASE("a task that was not tried waits again, with no failure more") {
  auto board = task_board{1};
  board.add(7);
  const auto first = board.take(5).value();
  CHECK(board.give_back(first.task, first.attempt) == 5);
  CHECK_FALSE(board.give_back(first.task, first.attempt));
  const auto second = board.take(6).value();
  CHECK(second.attempt == 2);
  CHECK_FALSE(board.give_back(first.task, first.attempt));
  CHECK(board.holder(second.task, second.attempt) == 6);
  CHECK_FALSE(board.holder(first.task, first.attempt));
  CHECK(board.complete(second.task, second.attempt));
  CHECK(board.retries() == 0);
}
