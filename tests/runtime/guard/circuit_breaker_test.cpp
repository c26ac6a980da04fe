#include "runtime/guard/circuit_breaker.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

using outcome = call_outcome;
using state = breaker_state;

constexpr auto start = clock::steady_time{1'000s};
constexpr auto highest = std::numeric_limits<std::uint64_t>::max();

circuit_breaker_options counting() {
  auto options = circuit_breaker_options{};
  options.mode = breaker_mode::count_window;
  options.window_calls = 10;
  options.calls_min = 4;
  options.failure_ratio = 0.5;
  options.slow_ratio = 0.75;
  options.slow_after = 1s;
  options.trials = 2;
  options.trial_timeout = 30s;
  options.open_initial = 5s;
  options.open_factor = 2.0;
  options.open_cap = 15s;
  options.open_jitter = 0.0;
  return options;
}

circuit_breaker_options consecutive(std::uint32_t failures) {
  auto options = counting();
  options.mode = breaker_mode::consecutive;
  options.failures_max = failures;
  return options;
}

circuit_breaker::permit acquire(circuit_breaker& breaker,
                                clock::steady_time now = start) {
  const auto answer = breaker.try_acquire(now, 0);
  REQUIRE(answer.is_permitted());
  return std::get<circuit_breaker::permit>(answer.decision);
}

std::optional<breaker_transition> call(circuit_breaker& breaker, outcome how,
                                       clock::steady_time now = start) {
  return breaker.record(acquire(breaker, now), how, now, 0);
}

circuit_breaker::refusal refused(circuit_breaker& breaker,
                                 clock::steady_time now) {
  return std::get<circuit_breaker::refusal>(
    breaker.try_acquire(now, 0).decision);
}

/// Opens it at `start`.
circuit_breaker opened(const circuit_breaker_options& options) {
  auto breaker = circuit_breaker{options};
  for (int i = 0; i < 100 && breaker.state(start) == state::closed; ++i)
    call(breaker, outcome::failure);
  REQUIRE(breaker.state(start) == state::open);
  return breaker;
}

} // namespace

TEST_CASE("too large a share of failures opens the circuit") {
  auto breaker = circuit_breaker{counting()};
  CHECK_FALSE(call(breaker, outcome::success));
  CHECK_FALSE(call(breaker, outcome::success));
  CHECK_FALSE(call(breaker, outcome::failure));
  const auto change = call(breaker, outcome::failure);
  REQUIRE(change);
  CHECK(*change
        == breaker_transition{state::closed, state::open,
                              transition_reason::failure_ratio, start,
                              start + 5s, outcome_counts{4, 2, 0}});
}

TEST_CASE("fewer calls than the minimum tell nothing") {
  auto breaker = circuit_breaker{counting()};
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(call(breaker, outcome::failure));
  CHECK(call(breaker, outcome::failure));
}

TEST_CASE("too large a share of slow calls opens the circuit") {
  auto breaker = circuit_breaker{counting()};
  CHECK(breaker.is_slow(1s));
  CHECK_FALSE(breaker.is_slow(1s - 1ns));
  call(breaker, outcome::success);
  call(breaker, outcome::slow);
  call(breaker, outcome::slow);
  const auto change = call(breaker, outcome::slow);
  REQUIRE(change);
  CHECK(change->reason == transition_reason::slow_ratio);
}

TEST_CASE("a time window forgets old failures") {
  auto options = counting();
  options.mode = breaker_mode::time_window;
  options.window_time = 10s;
  auto breaker = circuit_breaker{options};
  for (int i = 0; i < 3; ++i)
    call(breaker, outcome::failure);
  CHECK_FALSE(call(breaker, outcome::failure, start + 10s));
  for (int i = 0; i < 2; ++i)
    CHECK_FALSE(call(breaker, outcome::failure, start + 12s));
  CHECK(call(breaker, outcome::failure, start + 14s));
}

TEST_CASE("so many failures in a row open the circuit") {
  auto breaker = circuit_breaker{consecutive(3)};
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(call(breaker, outcome::failure));
    CHECK_FALSE(call(breaker, outcome::failure));
    CHECK_FALSE(call(breaker, outcome::success));
  }
  call(breaker, outcome::failure);
  call(breaker, outcome::failure);
  CHECK(call(breaker, outcome::failure)->reason
        == transition_reason::consecutive_failures);
}

TEST_CASE("the source system's counter leaks and never forgets") {
  auto options = consecutive(3);
  options.mode = breaker_mode::consecutive_leaky;
  auto breaker = circuit_breaker{options};
  call(breaker, outcome::failure);
  call(breaker, outcome::success);
  call(breaker, outcome::failure);
  call(breaker, outcome::failure);
  CHECK(call(breaker, outcome::failure, start + 24h));
}

TEST_CASE("what says nothing about the backend does not count") {
  for (const auto how :
       {outcome::ignored, outcome::rejected, outcome::cancelled}) {
    auto breaker = circuit_breaker{counting()};
    for (int i = 0; i < 100; ++i)
      CHECK_FALSE(call(breaker, how));
    CHECK(breaker.counts(start) == outcome_counts{});
  }
}

TEST_CASE("an open circuit says exactly when it lets a trial through") {
  auto breaker = opened(counting());
  CHECK(refused(breaker, start + 2s).retry_after == 3s);
  CHECK(refused(breaker, start + 5s - 1ns).retry_after == 1ns);
  const auto answer = breaker.try_acquire(start + 5s, 0);
  CHECK(answer.is_permitted());
  REQUIRE(answer.transitions.size() == 1);
  CHECK(answer.transitions[0].to == state::half_open);
}

TEST_CASE("a half-open circuit lets so many trials through, no more") {
  auto breaker = opened(counting());
  const auto now = start + 5s;
  acquire(breaker, now);
  const auto second = acquire(breaker, now);
  CHECK(refused(breaker, now).state == state::half_open);
  // A trial that found out nothing makes room for another.
  CHECK_FALSE(breaker.record(second, outcome::cancelled, now, 0));
  acquire(breaker, now);
  CHECK(breaker.trials_running() == 2);
}

TEST_CASE("the deciding success closes the circuit at once") {
  auto breaker = opened(counting());
  const auto now = start + 5s;
  CHECK_FALSE(call(breaker, outcome::success, now));
  const auto change = call(breaker, outcome::success, now);
  REQUIRE(change);
  CHECK(change->to == state::closed);
  CHECK(change->reason == transition_reason::trials_succeeded);
  CHECK(breaker.state(now) == state::closed);
}

TEST_CASE("failed trials open the circuit for longer, up to a cap") {
  auto breaker = opened(counting());
  auto now = start + 5s;
  for (const auto longer : {10s, 15s, 15s}) {
    const auto change = call(breaker, outcome::failure, now);
    REQUIRE(change);
    CHECK(change->reason == transition_reason::trials_failed);
    CHECK(change->open_until == now + longer);
    now = change->open_until;
  }
  call(breaker, outcome::success, now);
  call(breaker, outcome::success, now);
  // All is well again: the next time begins anew.
  for (int i = 0; i < 4; ++i)
    call(breaker, outcome::failure, now);
  CHECK(refused(breaker, now).retry_after == 5s);
}

TEST_CASE("chance shortens the open time by its share at most") {
  auto options = counting();
  options.open_jitter = 0.2;
  const auto cases
    = std::vector<std::pair<std::uint64_t, std::chrono::nanoseconds>>{
      {0, 5s}, {highest, 4s}, {highest / 2, 4'500ms}};
  for (const auto& [draw, longest] : cases) {
    auto breaker = circuit_breaker{options};
    auto change = std::optional<breaker_transition>{};
    for (int i = 0; i < 4; ++i)
      change = breaker.record(acquire(breaker), outcome::failure, start, draw);
    REQUIRE(change);
    CHECK(change->open_until - start == longest);
  }
}

TEST_CASE("a trial that is never heard of again counts as a failure") {
  auto breaker = opened(counting());
  const auto now = start + 5s;
  const auto lost = acquire(breaker, now);
  CHECK_FALSE(breaker.expire_trials(now + 30s - 1ns, 0));
  const auto change = breaker.expire_trials(now + 30s, 0);
  REQUIRE(change);
  CHECK(change->reason == transition_reason::trial_lost);
  CHECK(change->to == state::open);
  CHECK_FALSE(breaker.record(lost, outcome::success, now + 31s, 0));
  CHECK(breaker.state(now + 31s) == state::open);
}

TEST_CASE("a late answer from an earlier period does not count") {
  auto breaker = circuit_breaker{counting()};
  const auto early = acquire(breaker);
  const auto another = acquire(breaker);
  for (int i = 0; i < 4; ++i)
    call(breaker, outcome::failure);
  CHECK_FALSE(breaker.record(early, outcome::success, start + 1s, 0));
  CHECK(breaker.state(start + 1s) == state::open);
  acquire(breaker, start + 5s);
  CHECK_FALSE(breaker.record(another, outcome::failure, start + 5s, 0));
  CHECK(breaker.state(start + 5s) == state::half_open);
}

TEST_CASE("a trial counts once") {
  auto breaker = opened(counting());
  const auto now = start + 5s;
  const auto trial = acquire(breaker, now);
  breaker.record(trial, outcome::success, now, 0);
  breaker.record(trial, outcome::success, now, 0);
  CHECK(breaker.state(now) == state::half_open);
  CHECK(breaker.counts(now) == outcome_counts{1, 0, 0});
}

TEST_CASE("a circuit can be closed by hand") {
  auto breaker = opened(counting());
  const auto change = breaker.reset(start + 1s);
  REQUIRE(change);
  CHECK(change->reason == transition_reason::reset);
  CHECK(acquire(breaker, start + 1s).period > 0);
  CHECK_FALSE(breaker.reset(start + 1s));
}

TEST_CASE("an open circuit is still open after a restart, for what is left") {
  auto breaker = opened(counting());
  const auto saved = breaker.save(start + 1s);
  CHECK(saved == circuit_breaker::record_of_state{state::open, 4s, 1});
  const auto later = clock::steady_time{7s};
  auto again = circuit_breaker{counting()};
  const auto change = again.restore(saved, 3s, later);
  REQUIRE(change);
  CHECK(change->reason == transition_reason::restored);
  CHECK(refused(again, later).retry_after == 1s);
  // The trials after it fail: the open time goes on growing.
  const auto failed = call(again, outcome::failure, later + 1s);
  CHECK(failed->open_until == later + 11s);
}

TEST_CASE("trials of before a restart are lost, the circuit asks anew") {
  auto breaker = opened(counting());
  acquire(breaker, start + 5s);
  const auto saved = breaker.save(start + 6s);
  CHECK(saved.state == state::half_open);
  auto again = circuit_breaker{counting()};
  REQUIRE(again.restore(saved, 0s, start));
  CHECK(again.state(start) == state::half_open);
  call(again, outcome::success, start);
  CHECK(call(again, outcome::success, start)->to == state::closed);
}

TEST_CASE("a saved state cannot open the circuit for longer than its cap") {
  auto again = circuit_breaker{counting()};
  again.restore({state::open, std::chrono::nanoseconds::max(), 9}, -1h, start);
  CHECK(refused(again, start).retry_after == 15s);
  auto closed = circuit_breaker{counting()};
  CHECK_FALSE(closed.restore({state::closed, 5s, 9}, 0s, start));
}

TEST_CASE("time that goes back keeps an open circuit open") {
  auto breaker = opened(counting());
  CHECK(refused(breaker, start - 1h).retry_after == 1h + 5s);
  CHECK(acquire(breaker, start + 5s).period > 0);
}
