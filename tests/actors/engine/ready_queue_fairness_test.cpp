#include "actors/engine/ready_queue.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <map>
#include <random>

using namespace std::chrono_literals;
using namespace troupe::engine;

namespace {

const auto start = instant{24h};

ready_work make_work(task_handle task, instant now,
                     priority_class priority = priority_class::normal) {
  auto work = ready_work{};
  work.task = task;
  work.priority = priority;
  work.enqueued = now;
  return work;
}

ready_queue_options options_for(std::size_t pending_max) {
  auto options = ready_queue_options{};
  options.pending_max = pending_max;
  return options;
}

const auto anybody = worker_offer{1, {0, 1}, {}, {}};

} // namespace

TEST_CASE("keys share by their weights over a long run") {
  auto queue = ready_queue{options_for(1'000'000)};
  const auto weights = std::vector<std::uint32_t>{1, 2, 5, 12};
  auto task = task_handle{0};
  const auto push = [&](std::size_t key) {
    auto work = make_work(task++, start);
    work.fairness_key = key;
    work.weight = weights[key];
    REQUIRE(queue.push(work, start));
  };
  for (std::size_t key = 0; key < weights.size(); ++key)
    for (auto count = 0; count < 50; ++count)
      push(key);
  auto served = std::map<std::uint64_t, double>{};
  for (auto count = 0; count < 20'000; ++count) {
    const auto key = queue.pop(anybody, start).value().fairness_key;
    ++served[key];
    push(key);
  }
  for (std::size_t key = 0; key < weights.size(); ++key)
    CHECK(served[key] == Approx(weights[key] * 1'000.0).epsilon(0.01));
}

TEST_CASE("keys share while work comes and goes at random") {
  auto queue = ready_queue{options_for(1'000'000)};
  auto random = std::mt19937_64{7};
  auto task = task_handle{0};
  auto served = std::map<std::uint64_t, double>{};
  auto live = std::map<std::uint64_t, std::vector<task_handle>>{};
  const auto push = [&](std::uint64_t key) {
    auto work = make_work(task, start);
    work.fairness_key = key;
    work.weight = key == 2 ? 3 : 1;
    work.activity = static_cast<activity_id>(random() % 2);
    REQUIRE(queue.push(work, start));
    live[key].push_back(task++);
  };
  for (auto count = 0; count < 30'000; ++count) {
    for (std::uint64_t key = 0; key < 3; ++key)
      while (live[key].size() < 20)
        push(key);
    auto& some = live[random() % 3];
    REQUIRE(queue.remove(some.back()));
    some.pop_back();
    const auto taken = queue.pop(anybody, start).value();
    ++served[taken.fairness_key];
    std::erase(live[taken.fairness_key], taken.task);
  }
  CHECK(served[0] == Approx(6'000.0).epsilon(0.05));
  CHECK(served[1] == Approx(6'000.0).epsilon(0.05));
  CHECK(served[2] == Approx(18'000.0).epsilon(0.05));
}

TEST_CASE("a backlog of one key does not hold up the others, even once aged") {
  auto queue = ready_queue{options_for(200'000)};
  auto task = task_handle{0};
  for (; task < 100'000; ++task)
    REQUIRE(queue.push(make_work(task, start), start));
  const auto later = start + 2h;
  for (std::uint64_t key = 1; key <= 9; ++key)
    for (auto count = 0; count < 10; ++count) {
      auto work = make_work(task++, later);
      work.fairness_key = key;
      REQUIRE(queue.push(work, later));
    }
  auto small = 0;
  for (auto count = 0; count < 100; ++count)
    if (queue.pop(anybody, later).value().fairness_key != 0)
      ++small;
  CHECK(small == 90);
}

TEST_CASE("leaving and coming back gains a key nothing") {
  auto queue = ready_queue{};
  auto task = task_handle{0};
  const auto push = [&](std::uint64_t key) {
    auto work = make_work(task++, start);
    work.fairness_key = key;
    REQUIRE(queue.push(work, start));
  };
  for (auto count = 0; count < 100; ++count)
    push(0);
  auto served = std::map<std::uint64_t, int>{};
  push(1);
  for (auto count = 0; count < 100; ++count) {
    const auto key = queue.pop(anybody, start).value().fairness_key;
    ++served[key];
    if (key == 1)
      push(1); // It never has more than one waiting.
  }
  CHECK(served[0] == 50);
  CHECK(served[1] == 50);
}

TEST_CASE("a key nobody could serve catches up within a bound") {
  auto queue = ready_queue{options_for(1'000'000)};
  auto task = task_handle{0};
  const auto push = [&](std::uint64_t key, activity_id activity) {
    auto work = make_work(task++, start);
    work.fairness_key = key;
    work.activity = activity;
    REQUIRE(queue.push(work, start));
  };
  for (auto count = 0; count < 1'000; ++count) {
    push(0, 0);
    push(1, 1);
    push(1, 0);
  }
  const auto without_1 = worker_offer{1, {0}, {}, {}};
  for (auto count = 0; count < 900; ++count)
    REQUIRE(queue.pop(without_1, start));
  for (auto count = 0; count < 200; ++count)
    push(2, 0);
  const auto only_1 = worker_offer{2, {1}, {}, {}};
  for (auto count = 0; count < 3; ++count)
    REQUIRE(queue.pop(only_1, start).value().fairness_key == 1);
  // Key 3 had nobody for a long time; then it gets at most 33 in a row.
  push(3, 2);
  for (auto count = 0; count < 200; ++count)
    push(3, 1);
  for (auto count = 0; count < 400; ++count)
    REQUIRE(queue.pop(without_1, start));
  auto in_a_row = 0;
  while (queue.pop(anybody, start).value().fairness_key == 3)
    ++in_a_row;
  CHECK(in_a_row >= 32);
  CHECK(in_a_row <= 34);
}

TEST_CASE("work of the lowest class is served within its waits") {
  auto options = options_for(1'000'000);
  options.wait_step = 60s;
  auto queue = ready_queue{options};
  auto now = start;
  REQUIRE(queue.push(make_work(0, now, priority_class::maintenance), now));
  auto task = task_handle{1};
  auto pops = 0;
  for (;; ++pops, now += 1s) {
    // More critical work than can be done.
    REQUIRE(queue.push(make_work(task++, now, priority_class::critical), now));
    REQUIRE(queue.push(make_work(task++, now, priority_class::critical), now));
    if (queue.pop(anybody, now).value().task == 0)
      break;
    REQUIRE(pops < 1'000);
  }
  CHECK(pops >= 240);
  CHECK(pops <= 240 + 31);
}

TEST_CASE("an aged backlog leaves most to fresh critical work") {
  auto queue = ready_queue{options_for(1'000'000)};
  auto task = task_handle{0};
  for (; task < 1'000; ++task)
    REQUIRE(
      queue.push(make_work(task, start, priority_class::maintenance), start));
  const auto later = start + 1h;
  auto critical = 0;
  for (auto count = 0; count < 170; ++count) {
    REQUIRE(
      queue.push(make_work(task++, later, priority_class::critical), later));
    const auto taken = queue.pop(anybody, later).value();
    if (taken.priority == priority_class::critical)
      ++critical;
  }
  CHECK(critical == 160);
}

TEST_CASE("work without deadline is served in spite of a stream with") {
  auto options = options_for(1'000'000);
  options.patience = 10min;
  auto queue = ready_queue{options};
  auto now = start;
  REQUIRE(queue.push(make_work(0, now), now));
  auto pops = 0;
  for (task_handle task = 1;; ++task, ++pops, now += 1s) {
    auto urgent = make_work(task, now);
    urgent.deadline = now + 1s;
    REQUIRE(queue.push(urgent, now));
    if (queue.pop(anybody, now).value().task == 0)
      break;
    REQUIRE(pops < 1'000);
  }
  CHECK(pops >= 599);
  CHECK(pops <= 601);
}

TEST_CASE("work that nobody can do does not raise its class for others") {
  auto queue = ready_queue{};
  auto stuck = make_work(0, start, priority_class::low);
  stuck.activity = 9;
  REQUIRE(queue.push(stuck, start));
  const auto later = start + 5h;
  REQUIRE(queue.push(make_work(1, later, priority_class::low), later));
  REQUIRE(queue.push(make_work(2, later, priority_class::high), later));
  CHECK(queue.pop(anybody, later).value().task == 2);
}
