#include "actors/simulation/draw.hpp"
#include "runtime/mix_bits.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

TEST_CASE("a draw is that of the definition") {
  using runtime::mix_bits;
  constexpr auto seed = mix_bits(42 + runtime::mix_step);
  const auto draws = year_draws{42, 2025}.of(1);
  CHECK(draws[draw_stream::termination] == 0x7E278DDE474DD8F5U);
  CHECK(draws[draw_stream::termination]
        == mix_bits(mix_bits(seed ^ 1U) ^ (2025U * 65'536U + 1U)));
  const auto key = (std::uint64_t{2025} << 32U) + 7;
  CHECK(year_draws{42, 2026}.of(key)[draw_stream::opt_out]
        == 0x78741C33ADD040E6U);
}

TEST_CASE("what has a probability happens below it") {
  const auto draws = year_draws{42, 2025}.of(1);
  CHECK_FALSE(draws.happens(draw_stream::termination, 0));
  CHECK_FALSE(draws.happens(draw_stream::termination, 175'797));
  CHECK(draws.happens(draw_stream::termination, 175'798));
  CHECK(draws.happens(draw_stream::termination, ppm_whole));
}

} // namespace troupe::simulation
