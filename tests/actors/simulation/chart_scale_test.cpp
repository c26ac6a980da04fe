#include "actors/simulation/chart_scale.hpp"

#include <catch2/catch.hpp>

using namespace troupe::simulation;

TEST_CASE("an axis has round steps and holds all values") {
  CHECK(round_scale(0, 234, 5) == chart_scale{0, 250, 50});
  CHECK(round_scale(0, 47, 5) == chart_scale{0, 50, 10});
  CHECK(round_scale(0, 1, 5) == chart_scale{0, 1, 1});
  CHECK(round_scale(0, 5, 5) == chart_scale{0, 5, 1});
  CHECK(round_scale(0, 6, 5) == chart_scale{0, 6, 2});
  CHECK(round_scale(206, 234, 5) == chart_scale{200, 240, 10});
  CHECK(round_scale(-7, 3, 6) == chart_scale{-8, 4, 2});
}

TEST_CASE("an axis of one value, zero included, has two ticks") {
  CHECK(round_scale(0, 0, 5) == chart_scale{0, 1, 1});
  CHECK(round_scale(1'030, 1'030, 5) == chart_scale{1'030, 1'031, 1});
}

TEST_CASE("every axis holds its values in few steps") {
  for (auto low = std::int64_t{-50'000}; low < 50'000; low += 997)
    for (auto width = std::int64_t{0}; width < 3'000'000; width = width * 3 + 7)
      for (const auto intervals : {2, 5, 9}) {
        const auto made = round_scale(low, low + width, intervals);
        REQUIRE(made.low <= low);
        REQUIRE(made.high >= low + width);
        REQUIRE((made.high - made.low) % made.step == 0);
        REQUIRE(made.ticks().size() <= static_cast<std::size_t>(intervals) + 1);
        REQUIRE(made.ticks().size() >= 2);
        REQUIRE(made.ticks().back() == made.high);
      }
  const auto far = round_scale(0, 90'000'000'000'000'000, 5);
  CHECK(far == chart_scale{0, 100'000'000'000'000'000, 20'000'000'000'000'000});
}
