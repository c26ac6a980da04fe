#include "runtime/guard/circuit_breaker.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

using state = breaker_state;

circuit_breaker_options small(breaker_mode mode) {
  auto options = circuit_breaker_options{};
  options.mode = mode;
  options.window_calls = 3;
  options.window_time = 30s;
  options.calls_min = 2;
  options.failure_ratio = 0.5;
  options.slow_ratio = 1.0;
  options.slow_after = 1s;
  options.failures_max = 2;
  options.trials = 2;
  options.trial_timeout = 3s;
  options.open_initial = 2s;
  options.open_factor = 2.0;
  options.open_cap = 4s;
  options.open_jitter = 0.0;
  return options;
}

bool is_legal(state from, state to) {
  switch (from) {
    case state::closed:
      return to == state::open;
    case state::open:
      return to == state::half_open;
    case state::half_open:
      return to == state::open || to == state::closed;
  }
  return false;
}

/// A breaker, and what can be known of it from outside.
struct observed_breaker {
  explicit observed_breaker(breaker_mode mode) : breaker{small(mode)} {}

  circuit_breaker breaker;
  clock::steady_time now{1'000s};
  std::vector<circuit_breaker::permit> out; // Of this period.
  std::vector<circuit_breaker::permit> old; // Of earlier ones.
  state known = state::closed;
  clock::steady_time open_until{};

  void see(const breaker_transition& change) {
    REQUIRE(change.from == known);
    REQUIRE(is_legal(change.from, change.to));
    REQUIRE(change.at == now);
    known = change.to;
    open_until = change.open_until;
    if (known == state::open) {
      REQUIRE(open_until > now);
      REQUIRE(open_until <= now + 4s);
    }
    old.insert(old.end(), out.begin(), out.end());
    out.clear();
  }

  void acquire() {
    const auto before = known;
    const auto answer = breaker.try_acquire(now, 0);
    for (const auto& change : answer.transitions)
      see(change);
    if (before == state::open)
      REQUIRE(answer.is_permitted() == (known == state::half_open));
    if (known == state::closed)
      REQUIRE(answer.is_permitted());
    if (answer.is_permitted()) {
      REQUIRE(known != state::open);
      out.push_back(std::get<circuit_breaker::permit>(answer.decision));
      return;
    }
    const auto& refused = std::get<circuit_breaker::refusal>(answer.decision);
    REQUIRE(refused.state == known);
    REQUIRE(refused.retry_after > 0ns);
    // A refused call is told when to come back, and then is let through.
    if (known == state::open) {
      auto later = breaker;
      REQUIRE(now + refused.retry_after == open_until);
      REQUIRE(later.try_acquire(open_until, 0).is_permitted());
    }
  }

  void record(call_outcome how) {
    if (out.empty())
      return;
    const auto permit = out.front();
    out.erase(out.begin());
    const auto before = breaker.counts(now);
    const auto change = breaker.record(permit, how, now, 0);
    const auto says_nothing = how == call_outcome::rejected
                              || how == call_outcome::ignored
                              || how == call_outcome::cancelled;
    if (says_nothing) {
      REQUIRE_FALSE(change);
      REQUIRE(breaker.counts(now) == before);
    }
    // A success may complete the minimum of calls of a window that is bad.
    if (how == call_outcome::success && change && known == state::half_open)
      REQUIRE(change->to == state::closed);
    if (change)
      see(*change);
  }

  void record_old(call_outcome how) {
    if (old.empty())
      return;
    const auto before = breaker.counts(now);
    REQUIRE_FALSE(breaker.record(old.back(), how, now, 0));
    REQUIRE(breaker.counts(now) == before);
  }

  void wait(std::chrono::seconds elapsed) {
    now += elapsed;
    if (const auto change = breaker.expire_trials(now, 0)) {
      REQUIRE(change->reason == transition_reason::trial_lost);
      see(*change);
    }
  }

  void check() {
    const auto seen = breaker.state(now);
    REQUIRE((seen == known
             || (known == state::open && seen == state::half_open
                 && now >= open_until)));
    if (known == state::half_open) {
      REQUIRE(breaker.trials_running() + breaker.counts(now).calls <= 2);
      REQUIRE(breaker.trials_running() == out.size());
    } else {
      REQUIRE(breaker.trials_running() == 0);
    }
    REQUIRE(breaker.would_refuse(now).has_value()
            == !circuit_breaker{breaker}.try_acquire(now, 0).is_permitted());
  }

  /// From anywhere, a backend that is well again is used again.
  void check_recovers() {
    wait(10s);
    wait(10s);
    for (int i = 0; i < 2 && breaker.state(now) != state::closed; ++i) {
      out.clear();
      acquire();
      REQUIRE(out.size() == 1);
      record(call_outcome::success);
    }
    REQUIRE(breaker.state(now) == state::closed);
  }
};

constexpr auto event_count = 10;

void do_event(observed_breaker& of, int event) {
  switch (event) {
    case 0:
      return of.acquire();
    case 1:
      return of.record(call_outcome::success);
    case 2:
      return of.record(call_outcome::failure);
    case 3:
      return of.record(call_outcome::slow);
    case 4:
      return of.record(call_outcome::rejected);
    case 5:
      return of.record(call_outcome::cancelled);
    case 6:
      return of.record_old(call_outcome::failure);
    case 7:
      return of.record_old(call_outcome::success);
    case 8:
      return of.wait(1s);
    default:
      return of.wait(2s);
  }
}

void explore(const observed_breaker& from, int depth, std::size_t& seen) {
  for (int event = 0; event < event_count; ++event) {
    auto next = from;
    do_event(next, event);
    next.check();
    ++seen;
    if (depth > 1)
      explore(next, depth - 1, seen);
    else
      next.check_recovers();
  }
}

} // namespace

TEST_CASE("no sequence of events breaks a circuit breaker") {
  const auto mode
    = GENERATE(breaker_mode::count_window, breaker_mode::time_window,
               breaker_mode::consecutive, breaker_mode::consecutive_leaky);
  // Open, half-open, and five events more: all that there is to see.
  const auto begin = GENERATE(state::closed, state::open, state::half_open);
  auto breaker = observed_breaker{mode};
  if (begin != state::closed) {
    breaker.acquire();
    breaker.acquire();
    breaker.record(call_outcome::failure);
    breaker.record(call_outcome::failure);
    REQUIRE(breaker.known == state::open);
  }
  if (begin == state::half_open) {
    breaker.wait(2s);
    breaker.acquire();
    REQUIRE(breaker.known == state::half_open);
  }
  auto seen = std::size_t{0};
  constexpr auto depth = troupe::tests::is_slowed() ? 4 : 5;
  explore(breaker, depth, seen);
  CHECK(seen == (depth == 5 ? 111'110 : 11'110));
}
