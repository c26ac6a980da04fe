#include "cluster/failure_detection/phi_accrual.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using time_point = phi_accrual::time_point;

constexpr auto beginning = time_point{100s};

/// Beats every 200 ms that take up to `jitter` and get lost in `loss` of a
/// thousand, as they arrive until `end`; `watch` sees every moment before each.
template <class Watch>
time_point beats(phi_accrual& detector, std::mt19937_64& random,
                 std::chrono::microseconds jitter, unsigned loss,
                 time_point end, Watch watch) {
  auto last = beginning;
  for (auto sent = beginning; sent < end; sent += 200ms) {
    const auto arrived
      = sent
        + std::chrono::microseconds{
          random() % static_cast<std::uint64_t>(jitter.count() + 1)};
    if (random() % 1'000 < loss)
      continue;
    watch(arrived);
    detector.heard(arrived);
    last = sent;
  }
  return last;
}

} // namespace

TEST_CASE("phi is the tail of the normal distribution") {
  // Tables of Q(x): 0.5, 0.1587, 0.02275, 3.167e-5, 9.866e-10.
  CHECK(phi_of(0) == Approx(0.30103));
  CHECK(phi_of(1) == Approx(-std::log10(0.158655)).epsilon(1e-5));
  CHECK(phi_of(2) == Approx(-std::log10(0.0227501)).epsilon(1e-5));
  CHECK(phi_of(4) == Approx(-std::log10(3.16712e-5)).epsilon(1e-5));
  CHECK(phi_of(6) == Approx(-std::log10(9.86588e-10)).epsilon(1e-5));
  for (const auto phi : {0.5, 1.0, 4.0, 8.0, 10.0, 100.0, 280.0})
    CHECK(phi_of(deviations_of(phi)) == Approx(phi).epsilon(1e-6));
}

TEST_CASE("silence makes a node suspect, then dead, at known moments") {
  auto detector = phi_accrual{{}, beginning};
  // 200 ms rhythm + 400 ms pause + 3.719 and 6.361 deviations of 80 ms.
  CHECK(detector.judge(beginning) == liveness::alive);
  CHECK(detector.judge(beginning + 897ms) == liveness::alive);
  CHECK(detector.judge(beginning + 898ms) == liveness::suspect);
  CHECK(detector.judge(beginning + 1108ms) == liveness::suspect);
  CHECK(detector.judge(beginning + 1109ms) == liveness::dead);
  CHECK(detector.phi(beginning + 600ms) == Approx(0.30103));
  CHECK(detector.phi(beginning + 898ms) == Approx(4).epsilon(0.01));
  CHECK(silence_until_dead_min({}) == detector.silence_until_dead());
}

TEST_CASE("a beat ends a silence") {
  auto detector = phi_accrual{{}, beginning};
  detector.heard(beginning + 1'000ms);
  CHECK(detector.judge(beginning + 1'100ms) == liveness::alive);
}

TEST_CASE(
  "time that goes back, and a beat that was overtaken, change nothing") {
  auto detector = phi_accrual{{}, beginning};
  detector.heard(beginning + 200ms);
  detector.heard(beginning + 150ms);
  detector.heard(beginning + 200ms);
  CHECK(detector.heard_at() == beginning + 200ms);
  CHECK(detector.judge(beginning) == liveness::alive);
  CHECK(detector.silence_until_dead() == silence_until_dead_min({}));
}

TEST_CASE("2 % loss and 50 ms jitter make nobody suspect") {
  // Four beats in a row have to be lost before a silence is suspect: at 2 %
  // once in 6 million beats.
  for (auto seed = 1U; seed <= effort(20); ++seed) {
    auto random = std::mt19937_64{seed};
    auto detector = phi_accrual{{}, beginning};
    auto suspicions = 0;
    beats(detector, random, 50ms, 20, beginning + 20min, [&](time_point now) {
      suspicions += detector.judge(now) == liveness::alive ? 0 : 1;
    });
    INFO("seed " << seed);
    CHECK(suspicions == 0);
  }
}

TEST_CASE(
  "a node that falls silent is dead within 1.3 s whatever it was like") {
  for (auto seed = 1U; seed <= effort(200); ++seed) {
    auto random = std::mt19937_64{seed};
    auto detector = phi_accrual{{}, beginning};
    const auto jitter = std::chrono::milliseconds{random() % 150};
    const auto loss = static_cast<unsigned>(random() % 400);
    const auto end
      = beginning + 10s + std::chrono::milliseconds{random() % 10'000};
    const auto last = beats(detector, random, jitter, loss, end, [](auto) {});
    INFO("seed " << seed << ", loss " << loss);
    CHECK(detector.judge(last + jitter + 1'150ms) == liveness::dead);
    CHECK(detector.judge(last + silence_until_dead_min({}) - 1ms)
          != liveness::dead);
  }
}

TEST_CASE("an irregular node is given more time, a fast one no less") {
  auto regular = phi_accrual{{}, beginning};
  auto irregular = phi_accrual{{}, beginning};
  auto fast = phi_accrual{{}, beginning};
  auto at = beginning;
  for (auto i = 1; i <= 100; ++i) {
    regular.heard(beginning + i * 200ms);
    at += i % 2 == 0 ? 100ms : 500ms;
    irregular.heard(at);
    fast.heard(beginning + i * 10ms);
  }
  CHECK(irregular.silence_until_suspect() > regular.silence_until_suspect());
  CHECK(irregular.silence_until_dead() <= 1150ms);
  CHECK(fast.silence_until_dead() == silence_until_dead_min({}));
}

TEST_CASE("the window forgets what was long ago") {
  auto options = phi_accrual_options{};
  options.window_intervals = 8;
  auto detector = phi_accrual{options, beginning};
  auto at = beginning;
  for (auto i = 0; i < 20; ++i)
    detector.heard(at += i % 2 == 0 ? 100ms : 800ms);
  CHECK(detector.silence_until_suspect() > 1'000ms);
  for (auto i = 0; i < 8; ++i)
    detector.heard(at += 200ms);
  CHECK(detector.silence_until_dead() == silence_until_dead_min(options));
}

TEST_CASE("silence while nobody listened does not count") {
  auto detector = phi_accrual{{}, beginning};
  const auto woken = beginning + 10s;
  detector.forgive(9'900ms, woken);
  CHECK(detector.judge(woken) == liveness::alive);
  CHECK(detector.judge(woken + 700ms) == liveness::alive);
  CHECK(detector.judge(woken + 1'050ms) == liveness::dead);
  // Never into the future.
  detector.forgive(1h, woken);
  CHECK(detector.heard_at() == woken);
  detector.forgive(-5ms, woken + 1s);
  CHECK(detector.heard_at() == woken);
}
