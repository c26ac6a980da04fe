#include "runtime/guard/guard.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

using layer = guard_layer;
using reason = guard_reason;

/// A guard on a clock that stands still until moved.
struct fixture {
  virtual_clock time{clock::wall_time{1'700'000'000s}};
  guard_options options;
  std::optional<guard> subject;

  guard& of() {
    if (!subject)
      subject.emplace(options, now());
    return *subject;
  }

  [[nodiscard]] guard_time now() const {
    return {time.steady_now(), time.now()};
  }

  admission admit(std::uint64_t id, call_class rank = call_class::normal) {
    return of().admit({id, rank}, now(), 0);
  }

  guard_permit permit(std::uint64_t id) {
    const auto decided = admit(id);
    REQUIRE(std::holds_alternative<guard_permit>(decided));
    return std::get<guard_permit>(decided);
  }

  guard_refusal refusal(std::uint64_t id,
                        call_class rank = call_class::normal) {
    const auto decided = admit(id, rank);
    REQUIRE(std::holds_alternative<guard_refusal>(decided));
    return std::get<guard_refusal>(decided);
  }

  completion finish(const guard_permit& of_attempt,
                    call_outcome outcome = call_outcome::success) {
    return of().finished(of_attempt.call, of_attempt.attempt,
                         {outcome, "broken", {}}, now(), draw);
  }

  void pass(std::chrono::microseconds elapsed) {
    time.advance(elapsed);
    of().tick(now(), draw);
  }

  template <class T>
  std::vector<T> events() {
    auto found = std::vector<T>{};
    for (const auto& event : of().take_events()) {
      if (const auto* const one = std::get_if<T>(&event))
        found.push_back(*one);
    }
    return found;
  }

  void retry_three_times() {
    options.retry.emplace();
    options.retry->schedule = {3, 1s, 2.0, 10s, retry_jitter::none};
  }

  void break_after(std::uint32_t failures) {
    options.breaker.emplace();
    options.breaker->mode = breaker_mode::consecutive;
    options.breaker->failures_max = failures;
    options.breaker->trials = 1;
    options.breaker->open_jitter = 0.0;
  }

  std::uint64_t draw = 0;
};

} // namespace

TEST_CASE_METHOD(fixture, "a guard without layers lets everything through") {
  const auto first = permit(1);
  CHECK(first.attempt == 1);
  CHECK(first.ends == clock::steady_time::max());
  time.advance(5s);
  const auto result = finish(first);
  REQUIRE(std::holds_alternative<guard_done>(result));
  CHECK(std::get<guard_done>(result).timeline.in(layer::attempt) == 5s);
  CHECK_FALSE(of().next_check());
}

TEST_CASE_METHOD(fixture, "a rate that is exceeded says when to come again") {
  options.rate = rate_limit_options{10, 1s, 1};
  finish(permit(1));
  CHECK(refusal(2) == guard_refusal{layer::rate, reason::rate_exceeded, 100ms});
  time.advance(100ms);
  permit(3);
}

TEST_CASE_METHOD(fixture, "a quota is told apart by what is left") {
  options.quota = quota_options{2, quota_window::hour, time_zone{}, 1};
  permit(1);
  const auto refused = refusal(2);
  CHECK(refused.layer == layer::quota);
  CHECK(refused.reason == reason::quota_reserved);
  // 22:13:20 is 46 minutes and 40 seconds before the hour.
  CHECK(refused.retry_after == 46min + 40s);
  CHECK(std::holds_alternative<guard_permit>(admit(3, call_class::high)));
  CHECK(refusal(4, call_class::high).reason == reason::quota_exhausted);
  CHECK(events<quota_warning>().size() == 3);
}

TEST_CASE_METHOD(fixture,
                 "a call refused by one layer costs nothing in others") {
  options.rate = rate_limit_options{1, 1s, 2};
  options.quota = quota_options{2, quota_window::day, time_zone{}, 0};
  options.bulkhead = bulkhead_options{1, 0, 0s};
  const auto first = permit(1);
  for (int i = 0; i < 10; ++i)
    CHECK(refusal(2).reason == reason::queue_full);
  CHECK(of().status(now()).quota_used == 1);
  finish(first);
  permit(3);
}

TEST_CASE_METHOD(fixture, "a call that waits starts when a slot is free") {
  options.bulkhead = bulkhead_options{1, 5, 10s};
  const auto first = permit(1);
  CHECK(admit(2) == admission{guard_queued{}});
  time.advance(3s);
  finish(first);
  const auto started = events<call_started>();
  REQUIRE(started.size() == 1);
  CHECK(started[0].permit.call == 2);
  CHECK(of().timeline(2)->in(layer::bulkhead) == 3s);
}

TEST_CASE_METHOD(fixture, "a call that waits too long is told so") {
  options.bulkhead = bulkhead_options{1, 5, 10s};
  permit(1);
  admit(2);
  CHECK(of().next_check() == time.steady_now() + 10s);
  pass(10s);
  const auto ended = events<call_ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].call == 2);
  CHECK(ended[0].why.reason == reason::queue_timeout);
  CHECK(ended[0].timeline.in(layer::bulkhead) == 10s);
}

TEST_CASE_METHOD(fixture, "a displaced call is told so") {
  options.bulkhead = bulkhead_options{1, 1, 0s};
  permit(1);
  admit(2, call_class::low);
  CHECK(admit(3, call_class::high) == admission{guard_queued{}});
  const auto ended = events<call_ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].call == 2);
  CHECK(ended[0].why.reason == reason::displaced);
}

TEST_CASE_METHOD(fixture, "a failed call is tried again after its delay") {
  retry_three_times();
  const auto result = finish(permit(1), call_outcome::failure);
  CHECK(result == completion{guard_retry{time.steady_now() + 1s}});
  CHECK(of().next_check() == time.steady_now() + 1s);
  pass(1s);
  const auto started = events<call_started>();
  REQUIRE(started.size() == 1);
  CHECK(started[0].permit.attempt == 2);
  const auto second = finish(started[0].permit, call_outcome::failure);
  CHECK(second == completion{guard_retry{time.steady_now() + 2s}});
  pass(2s);
  const auto last
    = finish(events<call_started>().at(0).permit, call_outcome::failure);
  REQUIRE(std::holds_alternative<guard_given_up>(last));
  const auto& given_up = std::get<guard_given_up>(last);
  CHECK(given_up.why.reason == reason::attempts_used);
  CHECK(given_up.timeline.attempts == 3);
  CHECK(given_up.timeline.in(layer::retry) == 3s);
}

TEST_CASE_METHOD(fixture, "a retry waits as long as the other side asks") {
  retry_three_times();
  const auto first = permit(1);
  const auto result
    = of().finished(first.call, first.attempt,
                    {call_outcome::rejected, "throttled", 7s}, now(), 0);
  CHECK(result == completion{guard_retry{time.steady_now() + 7s}});
}

TEST_CASE_METHOD(fixture, "an error of a kind that is not retried ends it") {
  retry_three_times();
  options.retry->on = {"timeout"};
  const auto result = finish(permit(1), call_outcome::failure);
  CHECK(std::get<guard_given_up>(result).why.reason
        == reason::error_not_retried);
}

TEST_CASE_METHOD(fixture, "an empty retry budget ends it") {
  retry_three_times();
  options.budget = {0, 0, 1};
  CHECK(std::holds_alternative<guard_retry>(
    finish(permit(1), call_outcome::failure)));
  const auto result = finish(permit(2), call_outcome::failure);
  CHECK(std::get<guard_given_up>(result).why.reason
        == reason::retry_budget_empty);
}

TEST_CASE_METHOD(fixture, "a call between two attempts holds no slot") {
  retry_three_times();
  options.bulkhead = bulkhead_options{1, 5, 0s};
  finish(permit(1), call_outcome::failure);
  CHECK(of().status(now()).backing_off == 1);
  const auto second = permit(2);
  pass(1s);
  CHECK(of().status(now()).waiting == 1);
  finish(second);
  CHECK(events<call_started>().at(0).permit
        == guard_permit{1, 2, clock::steady_time::max()});
}

TEST_CASE_METHOD(fixture, "a further attempt waits for its turn in the rate") {
  retry_three_times();
  options.retry->schedule.initial = 10ms;
  options.rate = rate_limit_options{1, 1s, 1};
  finish(permit(1), call_outcome::failure);
  pass(10ms);
  CHECK(events<call_started>().empty());
  CHECK(of().next_check() == clock::steady_time{1s});
  pass(990ms);
  CHECK(events<call_started>().size() == 1);
  CHECK(of().timeline(1)->in(layer::rate) == 990ms);
}

TEST_CASE_METHOD(fixture, "an attempt that takes too long is a failure") {
  retry_three_times();
  break_after(2);
  options.attempt_timeout = 5s;
  const auto first = permit(1);
  CHECK(first.ends == time.steady_now() + 5s);
  pass(5s);
  const auto events_now = of().take_events();
  REQUIRE(events_now.size() == 2);
  CHECK(std::get<attempt_timed_out>(events_now[0]) == attempt_timed_out{1, 1});
  CHECK(std::get<retry_scheduled>(events_now[1]).at == time.steady_now() + 1s);
  // Its late answer counts no more.
  CHECK(std::holds_alternative<stale_report>(finish(first)));
  CHECK(events<stale_report>().size() == 1);
}

TEST_CASE_METHOD(fixture, "the deadline of a call spans waiting and attempts") {
  retry_three_times();
  options.deadline = 10s;
  options.attempt_timeout = 8s;
  const auto first = permit(1);
  time.advance(7s);
  finish(first, call_outcome::failure);
  pass(1s);
  const auto second = events<call_started>().at(0).permit;
  CHECK(second.ends == clock::steady_time{10s});
  pass(2s);
  const auto ended = events<call_ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].why.reason == reason::deadline_passed);
  CHECK(ended[0].timeline.in(layer::attempt) == 9s);
}

TEST_CASE_METHOD(fixture,
                 "a retry that would come after the deadline is none") {
  retry_three_times();
  options.deadline = 10s;
  const auto first = permit(1);
  time.advance(9s);
  const auto result = finish(first, call_outcome::failure);
  CHECK(std::get<guard_given_up>(result).why.layer == layer::deadline);
}

TEST_CASE_METHOD(fixture, "a caller's deadline counts if it is shorter") {
  options.deadline = 10s;
  const auto decided = of().admit({1, call_class::normal, 1, 3s}, now(), 0);
  CHECK(std::get<guard_permit>(decided).ends == clock::steady_time{3s});
}

TEST_CASE_METHOD(fixture, "a short deadline is not the backend's fault") {
  break_after(1);
  options.attempt_timeout = 10s;
  static_cast<void>(of().admit({1, call_class::normal, 1, 1s}, now(), 0));
  pass(1s);
  CHECK(of().status(now()).breaker == breaker_state::closed);
}

TEST_CASE_METHOD(fixture, "an open circuit refuses, and says until when") {
  break_after(1);
  finish(permit(1), call_outcome::failure);
  CHECK(events<breaker_transition>().at(0).to == breaker_state::open);
  CHECK(refusal(2) == guard_refusal{layer::breaker, reason::circuit_open, 5s});
  time.advance(5s);
  finish(permit(3));
  CHECK(of().status(now()).breaker == breaker_state::closed);
}

TEST_CASE_METHOD(fixture, "when the circuit opens, nobody waits any longer") {
  break_after(1);
  retry_three_times();
  options.bulkhead = bulkhead_options{1, 5, 0s};
  const auto first = permit(1);
  admit(2);
  admit(3);
  time.advance(1s);
  const auto result = finish(first, call_outcome::failure);
  CHECK(std::get<guard_given_up>(result).why.reason == reason::circuit_open);
  const auto ended = events<call_ended>();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].call == 2);
  CHECK(ended[0].why
        == guard_refusal{layer::breaker, reason::circuit_open, 5s});
  CHECK(ended[0].timeline.in(layer::bulkhead) == 1s);
  CHECK(of().status(now()).running == 0);
}

TEST_CASE_METHOD(fixture, "rejections never feed the breaker") {
  break_after(1);
  options.bulkhead = bulkhead_options{1, 0, 0s};
  const auto first = permit(1);
  for (int i = 0; i < 100; ++i)
    refusal(2);
  finish(first, call_outcome::rejected);
  CHECK(of().status(now()).breaker == breaker_state::closed);
}

TEST_CASE_METHOD(fixture, "a success that took long is slow for the breaker") {
  options.breaker.emplace();
  options.breaker->mode = breaker_mode::count_window;
  options.breaker->calls_min = 1;
  options.breaker->slow_ratio = 1.0;
  options.breaker->slow_after = 2s;
  const auto first = permit(1);
  time.advance(2s);
  CHECK(std::holds_alternative<guard_done>(finish(first)));
  CHECK(events<breaker_transition>().at(0).reason
        == transition_reason::slow_ratio);
}

TEST_CASE_METHOD(fixture, "a cancelled call leaves from wherever it is") {
  retry_three_times();
  options.bulkhead = bulkhead_options{1, 5, 0s};
  const auto first = permit(1);
  admit(2);
  admit(3);
  CHECK(of().cancel(2, now(), 0));
  CHECK(of().cancel(1, now(), 0));
  CHECK_FALSE(of().cancel(1, now(), 0));
  CHECK(events<call_started>().at(0).permit.call == 3);
  CHECK(std::holds_alternative<stale_report>(finish(first)));
  finish({3, 1, {}}, call_outcome::failure);
  CHECK(of().cancel(3, now(), 0));
  CHECK_FALSE(of().next_check());
}

TEST_CASE_METHOD(fixture, "an id has one call at a time") {
  const auto first = permit(1);
  CHECK(refusal(1).reason == reason::known_id);
  finish(first);
  permit(1);
}

TEST_CASE_METHOD(fixture, "calls under way are bounded without a bulkhead") {
  options.calls_max = 2;
  permit(1);
  permit(2);
  CHECK(refusal(3).reason == reason::too_many_calls);
}

TEST_CASE_METHOD(fixture, "a lost trial does not keep the circuit half-open") {
  break_after(1);
  options.breaker->trial_timeout = 30s;
  finish(permit(1), call_outcome::failure);
  time.advance(5s);
  permit(2);
  time.advance(30s);
  refusal(3);
  time.advance(10s);
  finish(permit(4));
  CHECK(of().status(now()).breaker == breaker_state::closed);
}

TEST_CASE_METHOD(fixture, "a guard goes on after a restart") {
  break_after(1);
  retry_three_times();
  options.rate = rate_limit_options{1, 10s, 5};
  options.quota = quota_options{100, quota_window::day, time_zone{}, 0};
  finish(permit(1), call_outcome::failure);
  const auto saved = of().save(now());
  subject.reset();
  time.advance(2s);
  CHECK(of().restore(saved, now()));
  CHECK(events<breaker_transition>().at(0).reason
        == transition_reason::restored);
  CHECK(refusal(2) == guard_refusal{layer::breaker, reason::circuit_open, 3s});
  CHECK(of().status(now()).quota_used == 1);
  CHECK(of().save(now()).rate_debt == 8s);
}

TEST_CASE_METHOD(fixture, "an attempt goes on over a restart of its guard") {
  break_after(1);
  retry_three_times();
  options.bulkhead = bulkhead_options{1, 5, 0s};
  options.attempt_timeout = 5s;
  CHECK(of().adopt({7}, 2, now()));
  CHECK_FALSE(of().adopt({7}, 2, now()));
  CHECK_FALSE(of().adopt({8}, 0, now()));
  CHECK(admit(1) == admission{guard_queued{}});
  CHECK(std::holds_alternative<stale_report>(finish({7, 1, {}})));
  const auto result = finish({7, 2, {}}, call_outcome::failure);
  CHECK(result == completion{guard_retry{time.steady_now() + 2s}});
  CHECK(of().status(now()).breaker == breaker_state::closed);
  CHECK(events<call_started>().at(0).permit.call == 1);
}

TEST_CASE_METHOD(fixture, "an adopted attempt still takes too long") {
  options.attempt_timeout = 5s;
  CHECK(of().adopt({7}, 1, now()));
  pass(5s);
  CHECK(events<call_ended>().at(0).why.reason == reason::attempts_used);
}

TEST_CASE_METHOD(fixture, "a state that is too old counts for the quota only") {
  break_after(1);
  options.quota = quota_options{100, quota_window::day, time_zone{}, 0};
  options.state_age_max = 1min;
  options.breaker->open_initial = 10min;
  options.breaker->open_cap = 10min;
  finish(permit(1), call_outcome::failure);
  const auto saved = of().save(now());
  subject.reset();
  time.advance(1min + 1us);
  CHECK_FALSE(of().restore(saved, now()));
  CHECK(of().status(now()).breaker == breaker_state::closed);
  CHECK(of().status(now()).quota_used == 1);
}

TEST_CASE_METHOD(fixture, "a state from the future is of no age") {
  break_after(1);
  finish(permit(1), call_outcome::failure);
  const auto saved = of().save(now());
  subject.reset();
  time.set(time.now() - 1h);
  CHECK(of().restore(saved, now()));
  CHECK(refusal(2).retry_after == 5s);
}

TEST_CASE_METHOD(fixture, "a clock that goes back stands still for a guard") {
  options.bulkhead = bulkhead_options{1, 5, 10s};
  options.attempt_timeout = 5s;
  time.advance(100s);
  const auto first = permit(1);
  admit(2);
  const auto earlier = guard_time{clock::steady_time{1s}, time.now()};
  of().tick(earlier, 0);
  CHECK(of().take_events().empty());
  const auto result = of().finished(1, first.attempt, {}, earlier, 0);
  CHECK(std::get<guard_done>(result).timeline.in(layer::attempt) == 0s);
  CHECK(events<call_started>().at(0).permit.ends == clock::steady_time{105s});
}

TEST_CASE_METHOD(fixture, "a circuit is closed by hand, as an event") {
  break_after(1);
  finish(permit(1), call_outcome::failure);
  static_cast<void>(of().take_events());
  of().reset(now());
  CHECK(events<breaker_transition>().at(0).reason == transition_reason::reset);
  permit(2);
}
