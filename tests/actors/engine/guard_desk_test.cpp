#include "actors/engine/guard_desk.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace std::chrono_literals;
using runtime::call_outcome;

namespace {

constexpr auto normal = priority_class::normal;
constexpr auto high = priority_class::high;

/// A desk with one guard, "g", on a clock that stands still until moved.
struct desk_fixture {
  runtime::guard_options options;
  std::optional<guard_desk> made;
  instant now{1'700'000'000s};
  guard_desk::draw_source draw = [] { return std::uint64_t{0}; };

  guard_desk& desk() {
    if (!made) {
      made.emplace(runtime::guard_file{{"g", options}});
      made->enter(1);
    }
    return *made;
  }

  std::vector<closed_guard> closed() {
    return desk().closed(now, draw);
  }

  bool is_open(priority_class priority = normal) {
    const auto found = closed();
    return found.empty() || priority < found.front().from;
  }

  desk_permit begin(priority_class priority = normal, bool is_retry = false) {
    REQUIRE(is_open(priority));
    return desk().begin(1, priority, is_retry, now, draw);
  }

  void end(const desk_permit& permit,
           call_outcome outcome = call_outcome::success) {
    desk().end(permit, {outcome, "broken", {}}, now, draw);
  }

  std::optional<instant> next() {
    static_cast<void>(closed());
    return desk().next_check(now);
  }

  desk_status status() {
    return desk().status(now, draw).front();
  }

  void break_after(std::uint32_t failures) {
    options.breaker.emplace();
    options.breaker->mode = runtime::breaker_mode::consecutive;
    options.breaker->failures_max = failures;
    options.breaker->trials = 1;
    options.breaker->open_initial = 5s;
    options.breaker->open_jitter = 0.0;
  }

  void count_by_minute(std::uint64_t limit, std::uint64_t reserve) {
    options.quota.emplace();
    options.quota->limit = limit;
    options.quota->window = runtime::quota_window::minute;
    options.quota->reserve = reserve;
  }
};

} // namespace

TEST_CASE_METHOD(desk_fixture, "a full bulkhead opens with a permit") {
  options.bulkhead.emplace().concurrent_max = 2;
  const auto first = begin();
  begin();
  CHECK(closed() == std::vector{closed_guard{1, priority_class::critical}});
  CHECK(next() == std::nullopt);
  const auto shown = status();
  REQUIRE(shown.closed);
  CHECK(shown.closed->what == waiting_reason::kind::slot);
  CHECK(shown.closed->detail == "guard g: all of its 2 slots are taken");
  end(first);
  CHECK(is_open());
  // Given back twice is given back once.
  end(first);
  begin();
  CHECK_FALSE(is_open());
}

TEST_CASE_METHOD(desk_fixture, "a rate opens by time alone, to the moment") {
  options.rate = runtime::rate_limit_options{2, 1s, 1};
  end(begin());
  CHECK_FALSE(is_open());
  CHECK(next() == now + 500ms);
  now += 499'999us;
  CHECK_FALSE(is_open());
  now += 1us;
  CHECK(is_open());
  CHECK(next() == std::nullopt);
}

TEST_CASE_METHOD(desk_fixture, "a reserve is closed to normal work only") {
  count_by_minute(3, 1);
  end(begin());
  end(begin());
  CHECK(closed() == std::vector{closed_guard{1, normal}});
  CHECK(status().closed->what == waiting_reason::kind::quota);
  end(begin(high));
  CHECK_FALSE(is_open(high));
  const auto at = next();
  REQUIRE(at);
  CHECK(*at == std::chrono::ceil<std::chrono::minutes>(now));
  now = *at;
  CHECK(is_open());
  CHECK_FALSE(desk().take_events().empty());
}

TEST_CASE_METHOD(desk_fixture, "an open circuit says when it lets work try") {
  break_after(2);
  end(begin(), call_outcome::failure);
  end(begin(), call_outcome::failure);
  CHECK_FALSE(is_open());
  CHECK(next() == now + 5s);
  CHECK(status().closed->what == waiting_reason::kind::timer);
  now += 5s;
  const auto trial = begin();
  CHECK_FALSE(is_open());
  SECTION("and closes when that goes well") {
    end(trial);
    CHECK(is_open());
    CHECK(desk().take_events().size() == 3);
  }
  SECTION("and stays open when it does not") {
    end(trial, call_outcome::failure);
    CHECK(next() == now + 10s);
  }
  SECTION("and gives up a trial that never ends") {
    now += 1min;
    CHECK_FALSE(is_open());
    CHECK(next() == now + 10s);
    end(trial);
    CHECK_FALSE(is_open());
  }
  SECTION("until somebody resets it") {
    end(trial, call_outcome::failure);
    CHECK(desk().reset("g", now));
    CHECK(is_open());
    CHECK_FALSE(desk().reset("h", now));
  }
}

TEST_CASE_METHOD(desk_fixture,
                 "what says nothing of the backend opens no circuit") {
  break_after(1);
  for (const auto outcome : {call_outcome::ignored, call_outcome::rejected,
                             call_outcome::cancelled, call_outcome::success}) {
    end(begin(), outcome);
    CHECK(is_open());
  }
}

TEST_CASE_METHOD(desk_fixture, "retries add no more load than their budget") {
  options.budget = {10, 0, 1};
  CHECK(desk().try_retry(1, now));
  CHECK_FALSE(desk().try_retry(1, now));
  // A retry is not a new call: it earns none.
  for (auto i = 0; i < 20; ++i)
    end(begin(normal, true));
  CHECK_FALSE(desk().try_retry(1, now));
  for (auto i = 0; i < 10; ++i)
    end(begin());
  CHECK(desk().try_retry(1, now));
}

TEST_CASE_METHOD(desk_fixture, "queue, deadline and times of a guard are the "
                               "step's business") {
  options.bulkhead.emplace().concurrent_max = 1;
  options.bulkhead->queue_max = 5;
  options.bulkhead->queue_timeout = 1s;
  options.deadline = 1s;
  options.attempt_timeout = 1s;
  options.calls_max = 1;
  const auto permit = begin();
  CHECK_FALSE(is_open());
  now += 1h;
  CHECK_FALSE(is_open());
  CHECK(desk().running(1) == 1);
  end(permit);
  CHECK(is_open());
}

TEST_CASE_METHOD(desk_fixture, "what a guard keeps outlives the desk") {
  break_after(1);
  count_by_minute(10, 0);
  end(begin(), call_outcome::failure);
  const auto saved = desk().take_records(now);
  REQUIRE(saved.size() == 1);
  CHECK(desk().take_records(now).empty());
  made.reset();
  now += 2s;
  desk().restore(saved.front(), now);
  CHECK_FALSE(is_open());
  CHECK(next() == now + 3s);
  CHECK(status().inside.quota_used == 1);
  // Of guards that are there no more nothing is left.
  desk().restore({"h", saved.front().record}, now);
}

TEST_CASE_METHOD(desk_fixture,
                 "a guard that there is not lets nobody through") {
  const auto unknown = desk().id_of("gone");
  CHECK(unknown == 2);
  CHECK(desk().id_of("gone") == unknown);
  CHECK(desk().id_of("") == 0);
  CHECK_FALSE(desk().knows("gone"));
  CHECK(desk().names() == std::vector<std::string>{"g"});
  desk().enter(unknown);
  CHECK(closed()
        == std::vector{closed_guard{unknown, priority_class::critical}});
  CHECK(next() == std::nullopt);
}

TEST_CASE_METHOD(desk_fixture, "nobody is told of guards nobody waits for") {
  options.bulkhead.emplace().concurrent_max = 1;
  begin();
  CHECK_FALSE(is_open());
  desk().leave(1);
  CHECK(closed().empty());
}

namespace {

/// Work behind a guard with all layers, in virtual time, from a seed.
class random_desk {
public:
  explicit random_desk(std::uint64_t seed) : random_{seed} {
    options_.bulkhead.emplace().concurrent_max = 1 + random_() % 3;
    options_.rate = runtime::rate_limit_options{
      1 + static_cast<std::uint32_t>(random_() % 5), 1s,
      1 + static_cast<std::uint32_t>(random_() % 3)};
    options_.quota.emplace();
    options_.quota->limit = 5 + random_() % 40;
    options_.quota->window = runtime::quota_window::minute;
    options_.breaker.emplace();
    options_.breaker->mode = runtime::breaker_mode::consecutive;
    options_.breaker->failures_max = 2;
    desk_.emplace(runtime::guard_file{{"g", options_}});
  }

  /// Lets `count` pieces of work pass; true once all of them have.
  bool run(std::size_t count) {
    for (auto i = std::size_t{0}; i < count; ++i)
      desk_->enter(1);
    left_ = count;
    for (auto turn = 0; turn < 20'000; ++turn) {
      turn_once();
      if (left_ == 0 && running_.empty())
        return desk_->running(1) == 0 && desk_->waiting(1) == 0;
    }
    return false;
  }

private:
  void turn_once() {
    if (random_() % 2 == 0 && !running_.empty())
      end_one();
    const auto closed = desk_->closed(now_, draw_);
    if (left_ != 0 && closed.empty()) {
      running_.push_back(desk_->begin(1, normal, false, now_, draw_));
      desk_->leave(1);
      --left_;
      REQUIRE(running_.size() <= options_.bulkhead->concurrent_max);
      REQUIRE(++by_minute_[std::chrono::floor<std::chrono::minutes>(now_)]
              <= options_.quota->limit);
      return;
    }
    // Whoever waits is told when, or somebody has a permit.
    const auto next = desk_->next_check(now_);
    REQUIRE((left_ == 0 || next || !running_.empty()));
    now_ += std::chrono::milliseconds{random_() % 50};
    if (next && (running_.empty() || random_() % 4 == 0))
      now_ = std::max(now_, *next);
  }

  void end_one() {
    const auto chosen = random_() % running_.size();
    const auto outcome = static_cast<call_outcome>(random_() % 6);
    desk_->end(running_[chosen], {outcome, "broken", {}}, now_, draw_);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }

  std::mt19937_64 random_;
  guard_desk::draw_source draw_ = [this] { return random_(); };
  runtime::guard_options options_;
  std::optional<guard_desk> desk_;
  instant now_{1'700'000'000s};
  std::deque<desk_permit> running_;
  std::map<std::chrono::sys_time<std::chrono::minutes>, std::uint64_t>
    by_minute_;
  std::size_t left_ = 0;
};

} // namespace

TEST_CASE("limits hold, permits return, and nobody waits for ever") {
  for (auto seed = std::uint64_t{1}; seed <= 200; ++seed) {
    INFO("seed " << seed);
    REQUIRE(random_desk{seed}.run(60));
  }
}

// Every sequence of up to seven moves: begin, end well, end badly, wait.
TEST_CASE("no sequence of moves breaks a small guard, or leaves it shut") {
  constexpr auto moves = 4;
  constexpr auto length = 7;
  auto sequences = 1;
  for (auto i = 0; i < length; ++i)
    sequences *= moves;
  auto options = runtime::guard_options{};
  options.bulkhead.emplace().concurrent_max = 2;
  options.breaker.emplace();
  options.breaker->mode = runtime::breaker_mode::consecutive;
  options.breaker->failures_max = 2;
  options.breaker->trials = 1;
  options.breaker->open_initial = 5s;
  const guard_desk::draw_source draw = [] { return std::uint64_t{0}; };
  for (auto number = 0; number < sequences; ++number) {
    auto desk = guard_desk{runtime::guard_file{{"g", options}}};
    desk.enter(1);
    auto now = instant{1'700'000'000s};
    auto running = std::deque<desk_permit>{};
    const auto end_first = [&](call_outcome outcome) {
      if (running.empty())
        return;
      desk.end(running.front(), {outcome, "broken", {}}, now, draw);
      running.pop_front();
    };
    for (auto rest = number, i = 0; i < length; ++i, rest /= moves)
      switch (rest % moves) {
        case 0:
          if (desk.closed(now, draw).empty())
            running.push_back(desk.begin(1, normal, false, now, draw));
          break;
        case 1:
          end_first(call_outcome::success);
          break;
        case 2:
          end_first(call_outcome::failure);
          break;
        default:
          now += 5s;
      }
    if (running.size() > 2 || desk.running(1) != running.size())
      FAIL("sequence " << number << ": a slot too many");
    while (!running.empty())
      end_first(call_outcome::cancelled);
    for (auto waits = 0; !desk.closed(now, draw).empty(); ++waits) {
      const auto next = desk.next_check(now);
      if (!next || waits > 3)
        FAIL("sequence " << number << ": shut for ever");
      now = *next;
    }
  }
  SUCCEED(sequences << " sequences");
}
