#include "tests/actors/engine/naive_ready_queue.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

using namespace std::chrono_literals;
using namespace troupe::engine;

namespace {

/// Random operations on both queues, which have to agree on everything.
class twins {
public:
  explicit twins(std::uint64_t seed)
    : random_{seed}, options_{draw_options()}, queue_{options_}, naive_{
                                                                   options_} {}

  void step() {
    const auto draw = below(100);
    if (draw < 38)
      push();
    else if (draw < 70)
      pop();
    else if (draw < 76)
      remove();
    else if (draw < 80)
      expire();
    else if (draw < 85)
      reprioritise();
    else if (draw < 86)
      forget_worker();
    else if (draw < 88)
      turn_pause();
    else
      now_ += std::chrono::seconds{below(20)};
    REQUIRE(queue_.size() == naive_.size());
    REQUIRE(queue_.next_expiry() == naive_.next_expiry());
    REQUIRE(queue_.check() == std::vector<std::string>{});
  }

  /// Everything that entered has left once, in one way.
  void drain() {
    queue_.resume();
    naive_.is_paused = false;
    auto offer = worker_offer{99, {0, 1, 2}, big(), big(), {}, {1, 2, 3}};
    while (auto taken = queue_.pop(offer, now_)) {
      REQUIRE(naive_.pop(offer, now_) == taken);
      note(taken->task);
    }
    for (const auto task : queue_.expire(now_))
      note(task);
    REQUIRE(queue_.size() == 0);
    REQUIRE(left_ == entered_);
  }

private:
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(random_() % count);
  }

  static resource_amounts big() {
    return {8'000, 1'000, {{1, 4}, {2, 4}}};
  }

  ready_queue_options draw_options() {
    auto options = ready_queue_options{};
    options.pending_max = 5 + below(60);
    options.wait_step = std::chrono::seconds{20 + below(100)};
    options.patience = std::chrono::seconds{30 + below(300)};
    options.reserve_after = std::chrono::seconds{below(30)};
    return options;
  }

  resource_amounts draw_needs() {
    switch (is_dense_ ? below(2) * 4 : below(5)) {
      case 0:
        return {4'000, 100, {}};
      case 1:
        return {1'000, 10, {{1, 2}}};
      case 2:
        return {2'000, 900, {{1, 1}, {2, 3}}};
      default:
        return {500, 10, {}};
    }
  }

  void push() {
    auto work = ready_work{};
    work.task = below(10) == 0 ? below(200) : next_task_++;
    work.priority = static_cast<priority_class>(below(is_dense_ ? 2 : 5));
    work.enqueued
      = below(8) == 0 ? now_ - std::chrono::seconds{below(200)} : now_;
    if (below(3) == 0)
      work.deadline = now_ + std::chrono::seconds{below(100)} - 20s;
    if (below(3) == 0)
      work.not_after = now_ + std::chrono::seconds{below(90)};
    work.fairness_key = below(keys_);
    work.weight = below(6);
    work.activity = is_dense_ ? 0 : below(3);
    work.needed = draw_needs();
    work.guard = is_dense_ || below(2) == 0 ? 0 : below(3);
    work.rules = below(2) == 0 ? 0 : below(is_dense_ ? 2 : 4);
    // Each has groups of its own, which few keys share, or many.
    if (work.rules != 0)
      work.placement = work.rules * 100 + below(groups_);
    const auto how = below(8) == 0 ? admission::known : admission::fresh;
    const auto entered = naive_.push(work, now_, how);
    const auto result = queue_.push(work, now_, how);
    REQUIRE(result.has_value() == entered);
    if (entered)
      ++entered_[work.task];
  }

  void pop() {
    auto offer = worker_offer{below(3), {}, {}, {}};
    for (auto activity = activity_id{0}; activity < 3; ++activity)
      if (below(4) != 0)
        offer.activities.push_back(activity);
    offer.total
      = below(3) == 0 ? resource_amounts{2'000, 500, {{1, 2}}} : big();
    offer.free = offer.total;
    if (below(2) == 0) {
      offer.free.cpu_thousandths = below(4'000);
      offer.free.memory_bytes = below(1'000);
    }
    for (auto guard = guard_id{1}; guard < 3; ++guard)
      if (below(3) == 0)
        offer.closed.push_back({guard, static_cast<priority_class>(below(5))});
    for (auto rules = rules_id{1}; rules < 4; ++rules) {
      if (below(3) != 0)
        offer.open.push_back(rules);
      for (auto group = std::uint32_t{0}; group < groups_; ++group)
        if (below(3) == 0)
          offer.full.push_back(rules * 100 + group);
    }
    if (below(4) == 0)
      offer.larger.push_back({{0, 1}, big()});
    const auto expected = naive_.pop(offer, now_);
    const auto taken = queue_.pop(offer, now_);
    REQUIRE(taken == expected);
    if (taken)
      note(taken->task);
  }

  task_handle any_task() {
    if (naive_.size() == 0 || below(10) == 0)
      return below(200);
    return naive_.at(random_() % naive_.size()).task;
  }

  void remove() {
    const auto task = any_task();
    const auto removed = naive_.remove(task);
    REQUIRE(queue_.remove(task) == removed);
    REQUIRE_FALSE(queue_.contains(task));
    if (removed)
      note(task);
  }

  void expire() {
    const auto expired = naive_.expire(now_);
    REQUIRE(queue_.expire(now_) == expired);
    for (const auto task : expired)
      note(task);
  }

  void reprioritise() {
    const auto task = any_task();
    const auto priority = static_cast<priority_class>(below(5));
    auto deadline = std::optional<instant>{};
    if (below(2) == 0)
      deadline = now_ + std::chrono::seconds{below(100)};
    REQUIRE(queue_.reprioritise(task, priority, deadline)
            == naive_.reprioritise(task, priority, deadline));
  }

  void forget_worker() {
    const auto worker = below(3);
    queue_.forget_worker(worker);
    naive_.forget_worker(worker);
  }

  void turn_pause() {
    naive_.is_paused = below(4) == 0;
    if (naive_.is_paused)
      queue_.pause();
    else
      queue_.resume();
  }

  void note(task_handle task) {
    ++left_[task];
  }

  std::mt19937_64 random_;
  /// Many keys for few kinds.
  bool is_dense_ = below(2) == 0;
  std::uint32_t keys_ = 2 + below(10);
  std::uint32_t groups_ = 1 + below(is_dense_ ? 3 : 12);
  ready_queue_options options_;
  ready_queue queue_;
  naive_ready_queue naive_;
  instant now_{1h};
  task_handle next_task_ = 1'000;
  std::map<task_handle, int> entered_;
  std::map<task_handle, int> left_;
};

} // namespace

TEST_CASE("the queue does what its rules say, whatever happens") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    auto both = twins{seed};
    for (auto count = 0; count < 400; ++count)
      both.step();
    both.drain();
  }
}

TEST_CASE("a position is how many are taken before") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    auto random = std::mt19937_64{seed};
    auto queue = ready_queue{};
    const auto now = instant{1h};
    const auto offer = worker_offer{1, {0, 1}, {}, {}};
    const auto push = [&](task_handle task) {
      auto work = ready_work{};
      work.task = task;
      work.priority
        = random() % 2 == 0 ? priority_class::high : priority_class::low;
      work.enqueued = now;
      if (random() % 3 == 0)
        work.deadline = now + std::chrono::seconds{random() % 5};
      work.fairness_key = random() % 5;
      work.weight = static_cast<std::uint32_t>(work.fairness_key + 1);
      work.activity = static_cast<activity_id>(random() % 2);
      REQUIRE(queue.push(work, now));
    };
    for (task_handle task = 0; task < 80; ++task) {
      push(task);
      if (random() % 3 == 0)
        REQUIRE(queue.pop(offer, now));
    }
    auto positions = std::map<task_handle, std::uint64_t>{};
    for (task_handle task = 0; task < 80; ++task)
      if (const auto found = queue.position(task, now))
        positions[task] = found->ahead;
    REQUIRE(positions.size() == queue.size());
    for (std::uint64_t taken = 0; queue.size() > 0; ++taken)
      REQUIRE(positions.at(queue.pop(offer, now).value().task) == taken);
  }
}
