#include "cluster/failure_detection/phi_accrual.hpp"
#include "cluster/failure_detection/tick_watch.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

constexpr auto start_of_watch = tick_watch::time_point{100s};

std::chrono::milliseconds between(std::mt19937_64& random, unsigned low,
                                  unsigned high) {
  return std::chrono::milliseconds{low + random() % (high - low + 1)};
}

/// Between ticks: in time, just tolerated, or anything.
std::chrono::milliseconds random_gap(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return between(random, 95, 110);
    case 1:
      return between(random, 190, 240);
    case 2:
      return between(random, 370, 401);
    default:
      return between(random, 95, 1'600);
  }
}

} // namespace

TEST_CASE("a node whose ticks come in time is on time") {
  auto watch = tick_watch{{}, start_of_watch};
  for (auto i = 1; i <= 100; ++i)
    CHECK(watch.observe(start_of_watch + i * 100ms + (i % 7) * 10ms)
          == absence{});
  CHECK(watch.recent_lateness() == 0ms);
}

TEST_CASE("a node knows how late it is, and what that means") {
  const auto [gap, how]
    = GENERATE(table<std::chrono::milliseconds, punctuality>({
      {249ms, punctuality::on_time},
      {250ms, punctuality::late},
      {399ms, punctuality::late},
      {400ms, punctuality::unsafe},
      {1'149ms, punctuality::unsafe},
      {1'150ms, punctuality::lost},
      {30'000ms, punctuality::lost},
    }));
  auto watch = tick_watch{{}, start_of_watch};
  const auto was = watch.observe(start_of_watch + gap);
  CHECK(was.how == how);
  CHECK(was.lateness == (how == punctuality::on_time ? 0ms : gap - 100ms));
  CHECK(watch.observe(start_of_watch + gap + 1ms) == absence{});
}

TEST_CASE("lateness is remembered for two seconds, the worst of it") {
  auto watch = tick_watch{{}, start_of_watch};
  watch.observe(start_of_watch + 390ms);
  watch.observe(start_of_watch + 700ms);
  CHECK(watch.recent_lateness() == 290ms);
  for (auto at = 800ms; at < 2'400ms; at += 100ms) {
    watch.observe(start_of_watch + at);
    CHECK(watch.recent_lateness() == 290ms);
  }
  watch.observe(start_of_watch + 2'400ms);
  CHECK(watch.recent_lateness() == 0ms);
}

TEST_CASE("a clock that goes back is a clock that stands still") {
  auto watch = tick_watch{{}, start_of_watch};
  CHECK(watch.observe(start_of_watch - 1h) == absence{});
  CHECK(watch.observe(start_of_watch + 100ms) == absence{});
}

TEST_CASE("whoever is safe was not declared dead by anybody") {
  // Just before a beat is due, two absences in a row with the beat between them
  // lost, and the one before delayed by nothing while the next takes all the
  // jitter.
  const auto options = tick_watch_options{};
  CHECK(phi_accrual_options{}.beat_interval + 2 * options.step_down_after + 50ms
        < silence_until_dead_min({}));
  CHECK(options.lost_after >= phi_accrual_options{}.silence_max);
}

TEST_CASE("a late node steps down before others declare it dead") {
  // The observer hears beats that the node sends whenever it runs; one of two
  // may be lost, never two in a row. At the moment of its death for the
  // observer the node must not be safe, whatever the gaps between its ticks.
  auto deaths = 0;
  for (auto seed = 1U; seed <= effort(5'000); ++seed) {
    auto random = std::mt19937_64{seed};
    auto watch = tick_watch{{}, start_of_watch};
    auto detector = phi_accrual{{}, start_of_watch};
    auto now = start_of_watch;
    auto sent = start_of_watch;
    auto was_lost = false;
    for (auto i = 0; i < 60; ++i) {
      const auto next = now + random_gap(random);
      const auto dead_at = detector.heard_at() + detector.silence_until_dead();
      if (dead_at <= next) {
        // It runs again only at `next`, and knows it before it does anything.
        const auto how = watch.observe(next).how;
        INFO("seed " << seed);
        CHECK_FALSE((how == punctuality::on_time || how == punctuality::late));
        ++deaths;
        break;
      }
      if (watch.observe(next).how >= punctuality::unsafe)
        break; // Stepped down in time.
      now = next;
      if (now - sent < 200ms)
        continue;
      sent = now;
      was_lost = !was_lost && random() % 2 == 0;
      if (!was_lost)
        detector.heard(now + between(random, 0, 50));
    }
  }
  CHECK(deaths > 0);
}
