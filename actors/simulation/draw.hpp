#pragma once

#include "actors/simulation/scenario.hpp"
#include "runtime/mix_bits.hpp"

#include <cstdint>

namespace troupe::simulation {

/// What a draw decides. The numbers are part of every result.
enum class draw_stream : std::uint64_t {
  termination = 1,
  termination_date = 2,
  promotion = 3,
  promotion_increase = 4,
  new_hire_termination = 5,
  new_hire_termination_date = 6,
  enrollment = 7,
  opt_out = 8,
};

/// The draws of one person in one year. Each depends on seed, person, year and
/// stream only, so nobody's depend on who else there is, or on the order.
class person_draws {
public:
  constexpr person_draws(std::uint64_t person, std::uint64_t year) noexcept
    : person_{person}, year_{year} {}

  [[nodiscard]] constexpr std::uint64_t
  operator[](draw_stream stream) const noexcept {
    return runtime::mix_bits(person_
                             ^ (year_ + static_cast<std::uint64_t>(stream)));
  }

  /// Whether what happens with this probability does.
  [[nodiscard]] constexpr bool happens(draw_stream stream,
                                       ppm probability) const noexcept {
    constexpr auto whole = static_cast<std::uint64_t>(ppm_whole);
    return static_cast<ppm>((*this)[stream] % whole) < probability;
  }

private:
  std::uint64_t person_;
  std::uint64_t year_;
};

/// The draws of all people in one year.
class year_draws {
public:
  constexpr year_draws(std::uint64_t seed, std::int32_t year) noexcept
    : seed_{runtime::mix_bits(seed + runtime::mix_step)},
      year_{static_cast<std::uint64_t>(year) << 16U} {}

  [[nodiscard]] constexpr person_draws of(std::uint64_t key) const noexcept {
    return {runtime::mix_bits(seed_ ^ key), year_};
  }

private:
  std::uint64_t seed_;
  std::uint64_t year_;
};

} // namespace troupe::simulation
