#include "actors/simulation/people_bounds.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace troupe::simulation {

namespace {

people everybody(std::size_t count) {
  auto some = people{};
  some.resize(count);
  for (auto& level : some.level)
    level = 3;
  return some;
}

} // namespace

TEST_CASE("people in bounds are those who can be simulated") {
  CHECK(are_in_bounds(people{}));
  CHECK(are_in_bounds(everybody(100)));
  for (const auto at : {0U, 15U, 50U, 99U}) {
    const auto is_in_bounds = [&](auto change) {
      auto some = everybody(100);
      change(some, at);
      return are_in_bounds(some);
    };
    for (const auto level : {0, 1, 5, 6, 255})
      CHECK(is_in_bounds([&](people& some, std::size_t who) {
              some.level[who] = static_cast<std::uint8_t>(level);
            })
            == (level >= 1 && level <= 5));
    for (const auto pay :
         {std::numeric_limits<cents>::min(), cents{-1}, cents{0}, pay_max,
          pay_max + 1, std::numeric_limits<cents>::max()})
      CHECK(is_in_bounds(
              [&](people& some, std::size_t who) { some.pay[who] = pay; })
            == (pay >= 0 && pay <= pay_max));
    constexpr auto first = day_of(0, 1, 1);
    constexpr auto last = day_of(9999, 12, 31);
    for (const auto day :
         {std::numeric_limits<day_number>::min(), first - 1, first, last,
          last + 1, std::numeric_limits<day_number>::max()}) {
      const auto expected = day >= first && day <= last;
      CHECK(is_in_bounds([&](people& some, std::size_t who) {
              some.birth_date[who] = day;
            })
            == expected);
      CHECK(is_in_bounds(
              [&](people& some, std::size_t who) { some.hire_date[who] = day; })
            == expected);
    }
  }
}

} // namespace troupe::simulation
