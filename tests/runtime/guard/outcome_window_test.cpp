#include "runtime/draw_stream.hpp"
#include "runtime/guard/outcome_window.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

counted_outcome draw_outcome(troupe::runtime::draw_stream& draws) {
  return static_cast<counted_outcome>(draws.below(3));
}

} // namespace

TEST_CASE("a count window is the last outcomes, as a list would have it") {
  const auto size = GENERATE(1U, 2U, 7U, 100U);
  auto draws = troupe::runtime::draw_stream{size, 0};
  auto window = count_window{size};
  auto list = std::deque<counted_outcome>{};
  for (int i = 0; i < 2'000; ++i) {
    if (draws.below(300) == 0) {
      window.clear();
      list.clear();
    }
    const auto outcome = draw_outcome(draws);
    window.add(outcome);
    list.push_back(outcome);
    if (list.size() > size)
      list.pop_front();
    auto expected = outcome_counts{};
    for (const auto each : list)
      expected.add(each);
    REQUIRE(window.counts() == expected);
  }
}

TEST_CASE("a time window forgets by tenths, as a list would have it") {
  auto draws = troupe::runtime::draw_stream{5, 0};
  auto window = time_window{10s};
  auto list = std::deque<std::pair<clock::steady_time, counted_outcome>>{};
  auto now = clock::steady_time{123'456ms};
  for (int i = 0; i < 5'000; ++i) {
    now += std::chrono::milliseconds{draws.below(100) == 0 ? 15'000
                                                           : draws.below(300)};
    const auto outcome = draw_outcome(draws);
    window.add(outcome, now);
    list.emplace_back(now, outcome);
    const auto step
      = [](clock::steady_time at) { return at.time_since_epoch() / 1s; };
    while (step(list.front().first) <= step(now) - 10)
      list.pop_front();
    auto expected = outcome_counts{};
    for (const auto& [at, each] : list)
      expected.add(each);
    REQUIRE(window.counts(now) == expected);
  }
}

TEST_CASE("a time window stands still while time goes back") {
  auto window = time_window{10s};
  const auto now = clock::steady_time{100s};
  window.add(counted_outcome::failure, now);
  window.add(counted_outcome::failure, now - 50s);
  CHECK(window.counts(now - 90s) == outcome_counts{2, 2, 0});
  CHECK(window.counts(now + 9s) == outcome_counts{2, 2, 0});
  CHECK(window.counts(now + 10s) == outcome_counts{});
}
