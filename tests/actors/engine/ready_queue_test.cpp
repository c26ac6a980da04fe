#include "actors/engine/ready_queue.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;
using namespace troupe::engine;

namespace {

const auto start = instant{24h};
const auto anybody = worker_offer{1, {0, 1}, {}, {}};

ready_work make_work(task_handle task,
                     priority_class priority = priority_class::normal,
                     instant enqueued = start) {
  auto work = ready_work{};
  work.task = task;
  work.priority = priority;
  work.enqueued = enqueued;
  return work;
}

ready_work with_cpu(ready_work work, std::uint32_t thousandths) {
  work.needed.cpu_thousandths = thousandths;
  return work;
}

worker_offer offer_cpu(std::uint32_t free, std::uint32_t total,
                       std::uint64_t worker = 1) {
  auto offer = worker_offer{worker, {0, 1}, {}, {}};
  offer.free.cpu_thousandths = free;
  offer.total.cpu_thousandths = total;
  return offer;
}

task_handle pop_any(ready_queue& queue, instant now = start) {
  return queue.pop(anybody, now).value().task;
}

} // namespace

TEST_CASE("class goes before deadline, deadline before arrival") {
  auto queue = ready_queue{};
  auto late = make_work(3);
  late.deadline = start + 2h;
  auto soon = make_work(4);
  soon.deadline = start + 1h;
  REQUIRE(queue.push(make_work(1), start));
  REQUIRE(queue.push(make_work(2), start));
  REQUIRE(queue.push(late, start));
  REQUIRE(queue.push(soon, start));
  REQUIRE(queue.push(make_work(5, priority_class::critical), start));
  REQUIRE(queue.push(make_work(6, priority_class::maintenance), start));
  for (const auto expected : {5, 4, 3, 1, 2, 6})
    CHECK(pop_any(queue) == static_cast<task_handle>(expected));
  CHECK(queue.pop(anybody, start).error() == no_work::empty);
}

TEST_CASE("what is taken is what was pushed") {
  auto queue = ready_queue{};
  auto work = make_work(7, priority_class::high);
  work.deadline = start + 5s;
  work.not_after = start + 9s;
  work.fairness_key = 12;
  work.weight = 4;
  work.activity = 1;
  work.needed = {250, 10, {{3, 1}}};
  REQUIRE(queue.push(work, start));
  CHECK(queue.find(7) == work);
  const auto room = resource_amounts{1'000, 10, {{3, 2}}};
  CHECK(queue.pop({1, {1}, room, room}, start) == work);
  CHECK_FALSE(queue.contains(7));
  CHECK_FALSE(queue.find(7));
}

TEST_CASE("the same work is not in the queue twice") {
  auto queue = ready_queue{};
  REQUIRE(queue.push(make_work(1), start));
  const auto again = queue.push(make_work(1), start, admission::known);
  CHECK(again.error() == push_refusal{push_refusal::why::duplicate, 0us});
  CHECK(queue.size() == 1);
}

TEST_CASE("a full queue refuses fresh work, and takes what it knew") {
  auto options = ready_queue_options{};
  options.pending_max = 2;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(make_work(1), start));
  REQUIRE(queue.push(make_work(2), start));
  const auto refused = queue.push(make_work(3), start);
  CHECK(refused.error().reason == push_refusal::why::queue_full);
  CHECK(queue.push(make_work(4), start, admission::known));
  CHECK(queue.size() == 3);
  CHECK(queue.figures(start).refused == 1);
  queue.set_pending_max(4);
  CHECK(queue.push(make_work(3), start));
}

TEST_CASE("what is past its time gives its place to fresh work") {
  auto options = ready_queue_options{};
  options.pending_max = 1;
  auto queue = ready_queue{options};
  auto brief = make_work(1);
  brief.not_after = start + 1s;
  REQUIRE(queue.push(brief, start));
  CHECK_FALSE(queue.push(make_work(2), start));
  CHECK(queue.push(make_work(2), start + 1s));
  CHECK(queue.expire(start + 1s) == std::vector<task_handle>{1});
}

TEST_CASE("whoever is refused is told when there will be room") {
  auto options = ready_queue_options{};
  options.pending_max = 100;
  auto queue = ready_queue{options};
  auto task = task_handle{0};
  while (queue.push(make_work(task), start))
    ++task;
  // Nothing has left yet, so nobody knows.
  CHECK(queue.push(make_work(200), start).error().retry_after
        == options.retry_after_max);
  auto now = start;
  for (auto count = 0; count < 20; ++count, now += 1s) {
    static_cast<void>(pop_any(queue, now));
    REQUIRE(queue.push(make_work(300 + static_cast<task_handle>(count)), now));
  }
  // One per second leaves: the second in line is sent to the second place.
  const auto first = queue.push(make_work(400), now).error().retry_after;
  const auto second = queue.push(make_work(401), now).error().retry_after;
  CHECK(first.count() == Approx(1e6).epsilon(0.01));
  CHECK(second.count() == Approx(2e6).epsilon(0.01));
  queue.pause();
  CHECK(queue.push(make_work(402), now).error().retry_after
        == options.retry_after_max);
}

TEST_CASE("work expires anywhere in the queue, earliest first") {
  auto queue = ready_queue{};
  for (task_handle task = 0; task < 10; ++task) {
    auto work = make_work(task);
    if (task % 3 == 1)
      work.not_after = start + (20s - std::chrono::seconds{task});
    REQUIRE(queue.push(work, start));
  }
  CHECK(queue.next_expiry() == start + 13s);
  CHECK(queue.expire(start + 12s).empty());
  CHECK(queue.expire(start + 16s) == std::vector<task_handle>{7, 4});
  CHECK(queue.next_expiry() == start + 19s);
  CHECK(queue.size() == 8);
  CHECK(queue.expire(start + 1h) == std::vector<task_handle>{1});
  CHECK_FALSE(queue.next_expiry());
  CHECK(queue.figures(start).expired == 3);
}

TEST_CASE("work past its time is never taken, and told by expire") {
  auto queue = ready_queue{};
  auto first = make_work(1, priority_class::critical);
  first.not_after = start + 5s;
  REQUIRE(queue.push(first, start));
  REQUIRE(queue.push(make_work(2), start));
  CHECK(pop_any(queue, start + 5s) == 2);
  CHECK(queue.next_expiry() == start + 5s);
  CHECK(queue.size() == 1);
  CHECK_FALSE(queue.position(1, start + 5s));
  CHECK_FALSE(queue.reprioritise(1, priority_class::high, {}));
  CHECK(queue.expire(start + 5s) == std::vector<task_handle>{1});
  CHECK(queue.size() == 0);
}

TEST_CASE("removed work is gone") {
  auto queue = ready_queue{};
  auto work = make_work(2);
  work.not_after = start + 1s;
  REQUIRE(queue.push(make_work(1), start));
  REQUIRE(queue.push(work, start));
  CHECK(queue.remove(2));
  CHECK_FALSE(queue.remove(2));
  CHECK_FALSE(queue.remove(3));
  CHECK(queue.expire(start + 1h).empty());
  CHECK(pop_any(queue) == 1);
}

TEST_CASE("a worker is asked for what it can do only") {
  auto queue = ready_queue{};
  auto first = make_work(1);
  first.activity = 5;
  REQUIRE(queue.push(first, start));
  CHECK(queue.pop(anybody, start).error() == no_work::unsuitable);
  REQUIRE(queue.push(make_work(2), start));
  CHECK(pop_any(queue) == 2);
  CHECK(queue.pop({1, {4, 5}, {}, {}}, start).value().task == 1);
}

TEST_CASE("a paused queue takes in, expires, and gives nothing") {
  auto queue = ready_queue{};
  queue.pause();
  auto brief = make_work(1);
  brief.not_after = start + 1s;
  REQUIRE(queue.push(brief, start));
  REQUIRE(queue.push(make_work(2), start));
  CHECK(queue.pop(anybody, start).error() == no_work::paused);
  CHECK(queue.expire(start + 1s) == std::vector<task_handle>{1});
  queue.resume();
  CHECK(pop_any(queue) == 2);
}

TEST_CASE("another class keeps since when work waits") {
  auto queue = ready_queue{};
  REQUIRE(queue.push(make_work(1, priority_class::low, start - 2s), start));
  REQUIRE(queue.push(make_work(2, priority_class::high, start - 1s), start));
  CHECK(queue.reprioritise(1, priority_class::high, {}));
  CHECK(queue.find(1)->enqueued == start - 2s);
  CHECK(pop_any(queue) == 1);
  CHECK(pop_any(queue) == 2);
}

TEST_CASE("a class goes up by one for each wait") {
  auto options = ready_queue_options{};
  options.wait_step = 60s;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(make_work(1, priority_class::low), start));
  const auto push_normal = [&](task_handle task, instant now) {
    REQUIRE(queue.push(make_work(task, priority_class::normal, now), now));
  };
  push_normal(2, start + 59s);
  push_normal(3, start + 59s);
  CHECK(pop_any(queue, start + 59s) == 2);
  // One wait: level with the normal class. Two: before it.
  CHECK(pop_any(queue, start + 120s) == 1);
  CHECK(pop_any(queue, start + 120s) == 3);
}

TEST_CASE("small work fills the gaps until the big has waited too long") {
  auto options = ready_queue_options{};
  options.reserve_after = 60s;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(with_cpu(make_work(1), 4'000), start));
  for (task_handle task = 10; task < 20; ++task)
    REQUIRE(queue.push(with_cpu(make_work(task), 1'000), start));
  CHECK(queue.pop(offer_cpu(2'000, 4'000), start).value().task == 10);
  CHECK(queue.pop(offer_cpu(2'000, 4'000), start + 59s).value().task == 11);
  // From now on the first worker to ask is kept; others go on.
  CHECK(queue.pop(offer_cpu(2'000, 4'000), start + 60s).error()
        == no_work::reserved);
  CHECK(queue.figures(start).by_activity.back().reserved_worker == 1);
  CHECK(queue.pop(offer_cpu(1'000, 4'000, 2), start + 61s).value().task == 12);
  CHECK(queue.pop(offer_cpu(3'000, 4'000), start + 62s).error()
        == no_work::reserved);
  CHECK(queue.pop(offer_cpu(4'000, 4'000), start + 63s).value().task == 1);
  CHECK(queue.pop(offer_cpu(1'000, 4'000), start + 64s).value().task == 13);
}

TEST_CASE("a worker that is kept still does what is more urgent") {
  auto options = ready_queue_options{};
  options.reserve_after = 0s;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(with_cpu(make_work(1), 4'000), start));
  REQUIRE(queue.push(with_cpu(make_work(2), 1'000), start));
  CHECK(queue.pop(offer_cpu(1'000, 4'000), start).error() == no_work::reserved);
  const auto urgent = make_work(3, priority_class::critical);
  REQUIRE(queue.push(with_cpu(urgent, 1'000), start));
  CHECK(queue.pop(offer_cpu(1'000, 4'000), start).value().task == 3);
  CHECK(queue.pop(offer_cpu(1'000, 4'000), start).error() == no_work::reserved);
}

TEST_CASE("a reservation ends with its work or its worker") {
  auto options = ready_queue_options{};
  options.reserve_after = 0s;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(with_cpu(make_work(1), 4'000), start));
  REQUIRE(queue.push(with_cpu(make_work(2), 1'000), start));
  CHECK(queue.pop(offer_cpu(1'000, 4'000, 1), start).error()
        == no_work::reserved);
  queue.forget_worker(1);
  CHECK(queue.pop(offer_cpu(1'000, 4'000, 2), start).error()
        == no_work::reserved);
  CHECK(queue.figures(start).by_activity.back().reserved_worker == 2);
  CHECK(queue.remove(1));
  CHECK(queue.pop(offer_cpu(1'000, 4'000, 2), start).value().task == 2);
}

TEST_CASE("a worker that is too small is not kept") {
  auto options = ready_queue_options{};
  options.reserve_after = 0s;
  auto queue = ready_queue{options};
  auto large = make_work(1);
  large.needed.memory_bytes = 1; // Nobody here has any.
  REQUIRE(queue.push(large, start));
  CHECK(queue.pop(offer_cpu(2'000, 2'000), start).error()
        == no_work::unsuitable);
  REQUIRE(queue.push(with_cpu(make_work(2), 1'000), start));
  CHECK(queue.pop(offer_cpu(2'000, 2'000), start).value().task == 2);
}

TEST_CASE("a worker with too few processors is kept until all are free") {
  auto options = ready_queue_options{};
  options.reserve_after = 0s;
  auto queue = ready_queue{options};
  REQUIRE(queue.push(with_cpu(make_work(1), 4'000), start));
  REQUIRE(queue.push(with_cpu(make_work(2), 1'000), start));
  CHECK(queue.pop(offer_cpu(1'000, 2'000), start).error() == no_work::reserved);
  CHECK(queue.pop(offer_cpu(2'000, 2'000), start).value().task == 1);
}

TEST_CASE("a position comes with the time it will take") {
  auto queue = ready_queue{};
  auto now = start;
  for (task_handle task = 0; task < 100; ++task)
    REQUIRE(queue.push(make_work(task), now));
  CHECK(queue.position(50, now)->ahead == 50);
  CHECK_FALSE(queue.position(50, now)->estimated_wait);
  CHECK_FALSE(queue.position(500, now));
  for (auto count = 0; count < 20; ++count, now += 500ms)
    static_cast<void>(pop_any(queue, now));
  const auto found = queue.position(50, now).value();
  CHECK(found.ahead == 30);
  CHECK(found.estimated_wait.value().count() == Approx(15e6).epsilon(0.02));
  queue.pause();
  CHECK_FALSE(queue.position(50, now)->estimated_wait);
}

TEST_CASE("figures add up") {
  auto queue = ready_queue{};
  for (task_handle task = 0; task < 30; ++task) {
    auto work
      = make_work(task,
                  task % 2 == 0 ? priority_class::high : priority_class::low,
                  start + std::chrono::seconds{task});
    work.fairness_key = task % 3;
    work.activity = static_cast<activity_id>(task % 2);
    REQUIRE(queue.push(work, start));
  }
  static_cast<void>(pop_any(queue));
  CHECK(queue.remove(1));
  const auto figures = queue.figures(start);
  CHECK(figures.pending == 28);
  CHECK(figures.pushed == 30);
  CHECK(figures.taken == 1);
  CHECK(figures.removed == 1);
  CHECK(figures.by_class[1] == pending_figures{14, start + 2s});
  CHECK(figures.by_class[2] == pending_figures{});
  CHECK(figures.by_class[3] == pending_figures{14, start + 3s});
  REQUIRE(figures.by_key.size() == 6);
  CHECK(figures.by_key[1]
        == key_figures{priority_class::high, 1, 1, {5, start + 4s}});
  REQUIRE(figures.by_activity.size() == 2);
  CHECK(figures.by_activity[1].activity == 1);
  CHECK(figures.by_activity[1].figures.pending == 14);
}

TEST_CASE("a clock that was set back stops ageing, nothing else") {
  auto queue = ready_queue{};
  REQUIRE(queue.push(make_work(1, priority_class::low), start));
  REQUIRE(queue.push(make_work(2, priority_class::high), start));
  CHECK(pop_any(queue, start - 2h) == 2);
  CHECK(pop_any(queue, start - 2h) == 1);
}

TEST_CASE("a hundred thousand keys come and go") {
  auto options = ready_queue_options{};
  options.pending_max = 200'000;
  auto queue = ready_queue{options};
  for (task_handle task = 0; task < 100'000; ++task) {
    auto work = make_work(task);
    work.fairness_key = task;
    work.weight = static_cast<std::uint32_t>(task % 7);
    REQUIRE(queue.push(work, start));
  }
  for (task_handle task = 0; task < 100'000; ++task)
    REQUIRE(pop_any(queue) == task);
  CHECK(queue.figures(start).by_key.empty());
  CHECK(queue.check().empty());
}
