#include "actors/simulation/draw_weight.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace troupe::simulation {

namespace {

constexpr auto last_draw = ~std::uint64_t{0};

/// In parts of 2^56, with all bits that a long double has.
long double exponential_of(std::uint64_t draw) {
  const auto part = std::ldexp(static_cast<long double>(draw), -64);
  const auto rest
    = std::ldexp(static_cast<long double>(std::uint64_t{0} - draw), -64);
  // Near 0 the one is exact, near 1 the other.
  const auto log = draw < last_draw / 2 ? -std::log1p(-part) / std::log(2.0L)
                                        : -std::log2(rest);
  return std::ldexp(log, static_cast<int>(exponential_bits));
}

/// Draws of every size, and their distances from the largest.
std::vector<std::uint64_t> make_draws(std::size_t count) {
  auto bits = std::mt19937_64{7};
  auto draws = std::vector<std::uint64_t>{0, 1, 2, 255, 256, last_draw - 1};
  for (auto bit = 0U; bit < 64; ++bit)
    for (auto step = std::uint64_t{0}; step < 5; ++step)
      draws.push_back((std::uint64_t{1} << bit) + step - 2);
  while (draws.size() < count) {
    const auto draw = bits() >> bits() % 64;
    draws.push_back(draw);
    draws.push_back(last_draw - draw);
  }
  return draws;
}

draw_weight weight_of(ppm weight) {
  return draw_weight::product(weight, ppm_whole, ppm_whole);
}

} // namespace

TEST_CASE("the logarithm of a draw is less than three parts beside") {
  auto worst = 0.0L;
  for (const auto draw : make_draws(200'000)) {
    if (draw == last_draw)
      continue;
    const auto found = static_cast<long double>(exponential_draw(draw));
    worst = std::max(worst, std::abs(found - exponential_of(draw)));
  }
  // A long double of 64 has half a part.
  CHECK(worst < 3.5L);
  CHECK(exponential_draw(0) == 0);
  CHECK(exponential_draw(last_draw) == std::uint64_t{64} << exponential_bits);
  CHECK(exponential_draw(std::uint64_t{1} << 63U)
        == std::uint64_t{1} << exponential_bits);
}

TEST_CASE("larger draws have no smaller logarithms") {
  auto draws = make_draws(200'000);
  for (auto at = std::size_t{0}; at < 100'000; ++at) {
    draws.push_back(draws[at] + 1);
    draws.push_back(draws[at] + (std::uint64_t{1} << at % 20));
  }
  std::ranges::sort(draws);
  auto last = std::uint64_t{0};
  auto falls = 0;
  for (const auto draw : draws) {
    const auto found = exponential_draw(draw);
    falls += found < last ? 1 : 0;
    last = found;
  }
  CHECK(falls == 0);
}

TEST_CASE("draws of equal weight keep their order, whatever the weight") {
  auto draws = make_draws(20'000);
  std::ranges::sort(draws);
  const auto weight
    = GENERATE(draw_weight{}, draw_weight::product(1, 1, 1), weight_of(1),
               weight_of(999'999), weight_of(ppm_whole),
               draw_weight::product(100'000'000, 100'000'000, 100'000'000));
  auto falls = 0;
  auto last = std::uint64_t{0};
  for (const auto draw : draws) {
    const auto found = weight.weigh(draw);
    falls += found < last ? 1 : 0;
    last = found;
  }
  CHECK(falls == 0);
  // Those that are apart do not tie.
  const auto step = std::uint64_t{1} << 14U;
  for (auto draw = step; draw < last_draw - step; draw += last_draw / 1'000)
    REQUIRE(weight.weigh(draw) < weight.weigh(draw + step));
}

TEST_CASE("a draw of twice the weight is as one of half the logarithm") {
  // 1 - (1 - d)^2 of a draw has twice the logarithm.
  for (const auto draw :
       {std::uint64_t{1} << 40U, std::uint64_t{1} << 55U, last_draw / 3}) {
    const auto twice = static_cast<std::uint64_t>(
      std::ldexp(2 * std::ldexp(static_cast<long double>(draw), -64)
                   - std::ldexp(static_cast<long double>(draw)
                                  * static_cast<long double>(draw),
                                -128),
                 64));
    const auto gap = twice / 1'000'000 + 1'000;
    const auto heavy = weight_of(2 * ppm_whole).weigh(twice);
    CHECK(weight_of(ppm_whole).weigh(draw - gap) < heavy);
    CHECK(weight_of(ppm_whole).weigh(draw + gap) > heavy);
    // Only the ratio matters.
    CHECK(draw_weight::product(1, 1, 1).weigh(draw - gap)
          < draw_weight::product(2, 1, 1).weigh(twice));
    CHECK(draw_weight::product(100'000'000, 1, 50'000'000).weigh(draw + gap)
          > draw_weight::product(100'000'000, 1, 100'000'000).weigh(twice));
  }
}

TEST_CASE("a weight of 0 comes after all others") {
  CHECK(draw_weight::product(1, 1, 1).weigh(last_draw)
        < draw_weight{}.weigh(0));
  CHECK(draw_weight::product(0, 1, ppm_whole).weigh(5)
        == draw_weight{}.weigh(5));
  CHECK(draw_weight{}.weigh(0) < draw_weight{}.weigh(4));
}

TEST_CASE("weighed draws are spread over the first bits") {
  // By 4096 buckets, of which one is listed.
  auto bits = std::mt19937_64{3};
  const auto weights = std::vector{weight_of(300'000), weight_of(ppm_whole),
                                   weight_of(1'800'000)};
  auto buckets = std::vector<int>(4'096);
  for (auto at = 0; at < 100'000; ++at)
    ++buckets[weights[static_cast<std::size_t>(at % 3)].weigh(bits()) >> 52U];
  CHECK(std::ranges::max(buckets) < 5'000);
}

} // namespace troupe::simulation
