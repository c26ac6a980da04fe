#include "runtime/draw_stream.hpp"
#include "runtime/guard/guard.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

guard_options draw_options(troupe::runtime::draw_stream& draws) {
  auto options = guard_options{};
  const auto some
    = [&](std::uint32_t percent) { return draws.chance(percent); };
  if (some(30))
    options.rate
      = rate_limit_options{draws.below(50) + 1, 1s, draws.below(5) + 1};
  if (some(30))
    options.quota = quota_options{draws.below(40) + 2, quota_window::minute,
                                  time_zone{}, 1};
  if (some(80))
    options.bulkhead = bulkhead_options{draws.below(3) + 1, draws.below(4),
                                        draws.below(2) * 900ms};
  if (some(50))
    options.deadline = std::chrono::milliseconds{draws.below(4'000) + 1'000};
  if (some(70)) {
    options.retry.emplace();
    options.retry->schedule.initial = 200ms;
  }
  options.budget = {10, draws.below(60), draws.below(5) + 1};
  if (some(70)) {
    options.breaker.emplace();
    options.breaker->mode = static_cast<breaker_mode>(draws.below(4));
    options.breaker->window_calls = 10;
    options.breaker->calls_min = 4;
    options.breaker->failures_max = 3;
    options.breaker->slow_after = 300ms;
    options.breaker->trials = draws.below(3) + 1;
    options.breaker->slow_ratio = 0.3;
    options.breaker->trial_timeout = 200ms * (draws.below(9) + 1);
    options.breaker->open_initial = 500ms;
  }
  if (some(60))
    options.attempt_timeout = 700ms;
  return options;
}

/// What happened at least once.
struct sightings {
  std::set<guard_reason> reasons;
  std::set<transition_reason> transitions;
  bool has_late_start = false;
  bool has_timeout_retry = false;
};

/// Random callers of a random guard, who keep book.
class random_callers {
public:
  random_callers(std::uint64_t seed, sightings& seen)
    : seen_{&seen}, draws_{seed, 0}, options_{draw_options(draws_)},
      finish_percent_{draws_.below(40) + 5},
      success_percent_{draws_.below(90) + 5}, guard_{options_, now()} {}

  void step() {
    time_.advance(std::chrono::microseconds{draws_.below(60'000)});
    const auto choice = draws_.below(100);
    if (choice < 45)
      admit();
    else if (choice < 45 + finish_percent_)
      finish();
    else if (choice < 50 + finish_percent_)
      cancel();
    else
      guard_.tick(now(), draws_.bits());
    settle();
    check();
  }

  void drain() {
    for (int i = 0; i < 1'000 && !open_.empty(); ++i) {
      time_.advance(200ms);
      guard_.tick(now(), draws_.bits());
      settle();
      while (!running_.empty()) {
        report(running_.begin()->first, call_outcome::success);
        settle();
      }
      check();
    }
    REQUIRE(open_.empty());
    const auto status = guard_.status(now());
    REQUIRE(status.running + status.waiting + status.backing_off == 0);
    REQUIRE_FALSE(guard_.next_check());
  }

private:
  struct open_call {
    clock::steady_time since;
    bool is_backing_off = false;
  };

  [[nodiscard]] guard_time now() const {
    return {time_.steady_now(), time_.now()};
  }

  void admit() {
    const auto id = next_id_++;
    const auto rank = static_cast<call_class>(draws_.below(5));
    const auto before = guard_.status(now());
    const auto decided = guard_.admit({id, rank}, now(), draws_.bits());
    if (const auto* const refused = std::get_if<guard_refusal>(&decided)) {
      seen_->reasons.insert(refused->reason);
      const auto after = guard_.status(now());
      REQUIRE(after.running == before.running);
      REQUIRE(after.quota_used == before.quota_used);
      REQUIRE((!refused->retry_after || *refused->retry_after >= 0s));
      return;
    }
    ++calls_;
    open_.emplace(id, open_call{now().steady});
    if (const auto* const permit = std::get_if<guard_permit>(&decided))
      start(*permit);
  }

  void start(const guard_permit& permit) {
    REQUIRE(open_.contains(permit.call));
    REQUIRE(running_.emplace(permit.call, permit.attempt).second);
    retries_ += permit.attempt > 1 ? 1U : 0U;
  }

  void finish() {
    if (running_.empty())
      return;
    auto chosen = running_.begin();
    std::advance(chosen,
                 draws_.below(static_cast<std::uint32_t>(running_.size())));
    constexpr auto bad
      = std::array{call_outcome::failure, call_outcome::rejected,
                   call_outcome::ignored, call_outcome::cancelled};
    report(chosen->first, draws_.chance(success_percent_)
                            ? call_outcome::success
                            : bad[draws_.below(bad.size())]);
  }

  void report(std::uint64_t id, call_outcome outcome) {
    const auto attempt = running_.at(id);
    running_.erase(id);
    const auto result = guard_.finished(id, attempt, {outcome, "broken", {}},
                                        now(), draws_.bits());
    REQUIRE_FALSE(std::holds_alternative<stale_report>(result));
    if (const auto* const done = std::get_if<guard_done>(&result))
      close(id, done->timeline);
    if (const auto* const given_up = std::get_if<guard_given_up>(&result)) {
      seen_->reasons.insert(given_up->why.reason);
      close(id, given_up->timeline);
    }
    // A second report of the same attempt changes nothing.
    REQUIRE(std::holds_alternative<stale_report>(
      guard_.finished(id, attempt, {}, now(), draws_.bits())));
  }

  void cancel() {
    if (open_.empty())
      return;
    const auto id = open_.begin()->first;
    REQUIRE(guard_.cancel(id, now(), draws_.bits()));
    running_.erase(id);
    open_.erase(id);
  }

  /// All of a call's time is accounted for.
  void close(std::uint64_t id, const guard_timeline& timeline) {
    auto sum = std::chrono::nanoseconds{0};
    for (const auto spent : timeline.spent) {
      REQUIRE(spent >= 0s);
      sum += spent;
    }
    REQUIRE(sum == now().steady - open_.at(id).since);
    REQUIRE(open_.erase(id) == 1);
  }

  void settle() {
    for (const auto& event : guard_.take_events()) {
      if (const auto* const started = std::get_if<call_started>(&event)) {
        seen_->has_late_start = true;
        start(started->permit);
      }
      if (const auto* const ended = std::get_if<call_ended>(&event)) {
        seen_->reasons.insert(ended->why.reason);
        close(ended->call, ended->timeline);
      }
      if (const auto* const late = std::get_if<attempt_timed_out>(&event))
        REQUIRE(running_.erase(late->call) == 1);
      if (const auto* const change = std::get_if<breaker_transition>(&event))
        seen_->transitions.insert(change->reason);
      seen_->has_timeout_retry
        |= std::holds_alternative<retry_scheduled>(event);
    }
  }

  void check() {
    const auto status = guard_.status(now());
    REQUIRE(status.running == running_.size());
    REQUIRE(status.running + status.waiting + status.backing_off
            == open_.size());
    if (options_.bulkhead) {
      REQUIRE(status.running <= options_.bulkhead->concurrent_max);
      REQUIRE(status.waiting <= options_.bulkhead->queue_max);
    } else {
      REQUIRE(status.waiting == 0);
    }
    if (options_.quota)
      REQUIRE(status.quota_used <= options_.quota->limit);
    const auto minutes = std::chrono::duration<double, std::ratio<60>>(
                           time_.steady_now().time_since_epoch())
                           .count();
    REQUIRE(static_cast<double>(retries_)
            <= options_.budget.saved_max + 0.1 * static_cast<double>(calls_)
                 + options_.budget.per_minute * minutes + 1e-6);
    // Whoever waits has a moment to be looked at, or a slot to wait for.
    if (status.backing_off > 0)
      REQUIRE(guard_.next_check());
  }

  sightings* seen_;
  virtual_clock time_{clock::wall_time{std::chrono::seconds{1'700'000'000}}};
  troupe::runtime::draw_stream draws_;
  guard_options options_;
  std::uint32_t finish_percent_;
  std::uint32_t success_percent_;
  guard guard_;
  std::uint64_t next_id_ = 1;
  std::uint64_t calls_ = 0;
  std::uint64_t retries_ = 0;
  std::map<std::uint64_t, std::uint32_t> running_;
  std::map<std::uint64_t, open_call> open_;
};

} // namespace

TEST_CASE("random calls through random guards keep every promise") {
  auto seen = sightings{};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    auto callers = random_callers{seed, seen};
    for (int i = 0; i < 400; ++i)
      callers.step();
    callers.drain();
  }
  // The search went everywhere.
  using reason = guard_reason;
  for (const auto each :
       {reason::rate_exceeded, reason::quota_exhausted, reason::quota_reserved,
        reason::queue_full, reason::queue_timeout, reason::displaced,
        reason::deadline_passed, reason::circuit_open, reason::attempts_used,
        reason::retry_budget_empty}) {
    INFO(to_string(each));
    CHECK(seen.reasons.contains(each));
  }
  using change = transition_reason;
  for (const auto each :
       {change::failure_ratio, change::slow_ratio, change::consecutive_failures,
        change::open_time_over, change::trials_failed, change::trial_lost,
        change::trials_succeeded}) {
    INFO(to_string(each));
    CHECK(seen.transitions.contains(each));
  }
  CHECK(seen.has_late_start);
  CHECK(seen.has_timeout_retry);
}
