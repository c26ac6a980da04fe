#include "actors/simulation/chart_numbers.hpp"

#include "actors/simulation/decimal_text.hpp"
#include "actors/simulation/rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe::simulation {

namespace {

/// How values are divided, and what is written behind them.
struct short_form {
  std::int64_t parts = 1;
  const char* suffix = "";
};

short_form form_of(measure_unit unit, std::int64_t largest) {
  if (unit == measure_unit::ppm)
    return {10'000, " %"};
  const auto is_money = unit == measure_unit::cents;
  const auto one = std::int64_t{is_money ? 100 : 1};
  constexpr auto forms
    = std::array<short_form, 2>{{{1'000'000'000, "B"}, {1'000'000, "M"}}};
  // Money is long and round; of people each counts.
  for (const auto& [parts, suffix] : forms)
    if (largest / one >= parts * (is_money ? 1 : 10))
      return {parts * one, suffix};
  if (is_money && largest / one >= 10'000)
    return {1'000 * one, "k"};
  return {one, ""};
}

std::int64_t size_of_value(std::int64_t value) {
  return value < 0 ? -value : value;
}

} // namespace

number_text axis_numbers(measure_unit unit, const chart_scale& scale) {
  const auto form = form_of(unit, std::max(size_of_value(scale.low),
                                           size_of_value(scale.high)));
  auto part = form.parts;
  auto decimals = 0;
  while (scale.step % part != 0 && part % 10 == 0) {
    part /= 10;
    ++decimals;
  }
  return [=](std::int64_t tick) {
    if (tick == 0 && unit != measure_unit::ppm)
      return std::string{"0"};
    return render_decimal(tick / part, decimals) + form.suffix;
  };
}

std::string render_compact(measure_unit unit, std::int64_t value) {
  if (value < 0)
    return '-' + render_compact(unit, -value);
  const auto form = form_of(unit, value);
  const auto one = std::int64_t{unit == measure_unit::cents ? 100 : 1};
  if (form.parts == one)
    return group_digits(half_up(value, one)) + form.suffix;
  const auto decimals
    = unit == measure_unit::ppm || value / form.parts >= 100 ? 1 : 2;
  const auto part = form.parts / (decimals == 1 ? 10 : 100);
  return render_decimal(half_up(value, part), decimals) + form.suffix;
}

std::string render_change(std::int64_t from, std::int64_t to) {
  if (from <= 0)
    return "-";
  const auto share
    = static_cast<double>(to - from) / static_cast<double>(from) * 1'000.0;
  const auto tenths = std::llround(share);
  return (tenths > 0 ? "+" : "") + render_decimal(tenths, 1) + " %";
}

} // namespace troupe::simulation
