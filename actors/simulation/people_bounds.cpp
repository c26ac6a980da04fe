#include "actors/simulation/people_bounds.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

namespace troupe::simulation {

namespace {

/// Whether all values are from `first` to `last`: as unsigned numbers, what is
/// below is above, too. Without a branch, so that several are done at once.
template <class Value>
bool are_between(std::span<const Value> values, Value first,
                 Value last) noexcept {
  using number = std::make_unsigned_t<Value>;
  auto farthest = number{0};
  for (const auto each : values)
    farthest
      = std::max(farthest, static_cast<number>(static_cast<number>(each)
                                               - static_cast<number>(first)));
  return farthest <= static_cast<number>(last - first);
}

} // namespace

bool are_in_bounds(const people_view& staff) noexcept {
  constexpr auto first_day = day_of(0, 1, 1);
  constexpr auto last_day = day_of(9999, 12, 31);
  return are_between<std::uint8_t>(staff.level, 1, level_count)
         && are_between<cents>(staff.pay, 0, pay_max)
         && are_between<day_number>(staff.birth_date, first_day, last_day)
         && are_between<day_number>(staff.hire_date, first_day, last_day);
}

} // namespace troupe::simulation
