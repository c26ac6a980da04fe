#include "actors/simulation/census_generator.hpp"

#include "actors/simulation/date_text.hpp"
#include "runtime/draw_stream.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace troupe::simulation {

namespace {

/// Of 100 people, how many are on a level or below it.
constexpr auto people_up_to_level = std::array{42U, 72U, 90U, 98U, 100U};
/// In whole units.
constexpr auto pay_by_level
  = std::array<hire_band, level_count>{{{56'000, 80'000},
                                        {81'000, 120'000},
                                        {121'000, 160'000},
                                        {161'000, 250'000},
                                        {275'000, 350'000}}};
constexpr auto days_of_year = 365;
constexpr auto age_min = 22;
constexpr auto age_max = 64;
constexpr auto hire_age_min = 18;
constexpr auto tenure_max = 30;

std::uint8_t draw_level(runtime::draw_stream& draws) {
  const auto drawn = draws.below(100);
  const auto* const at = std::ranges::find_if(
    people_up_to_level, [=](unsigned below) { return drawn < below; });
  return static_cast<std::uint8_t>(1 + (at - people_up_to_level.begin()));
}

/// Days since the hire: half of them below six years, none before adulthood.
std::int32_t draw_service(runtime::draw_stream& draws, std::int32_t age_days) {
  const auto longest = std::min(age_days - hire_age_min * (days_of_year + 1),
                                tenure_max * days_of_year);
  const auto recent = std::min(longest, 6 * days_of_year);
  return static_cast<std::int32_t>(
    draws.between(0, draws.chance(50) ? recent : longest));
}

void append_padded(std::string& text, std::uint64_t number) {
  const auto digits = std::to_string(number);
  text.append(digits.size() < 7 ? 7 - digits.size() : 0, '0');
  text += digits;
}

void append_day(std::string& text, day_number day) {
  text += ',';
  append_date(text, std::chrono::sys_days{std::chrono::days{day}});
}

void append_number(std::string& text, std::int64_t number) {
  text += ',';
  runtime::append_integer(text, number);
}

} // namespace

census_generator::census_generator(std::uint64_t seed, std::int32_t start_year)
  : seed_{seed}, last_day_{day_of(start_year - 1, 12, 31)} {}

std::string census_generator::header() {
  return "employee_id,key,birth_date,hire_date,level_id,compensation_cents,"
         "deferral_ppm\n";
}

void census_generator::append(std::uint64_t index, std::string& text) const {
  auto draws = runtime::draw_stream{seed_, index};
  const auto level = draw_level(draws);
  const auto age_days = static_cast<std::int32_t>(draws.between(
    age_min * (days_of_year + 1), (age_max + 1) * days_of_year - 1));
  const auto service = draw_service(draws, age_days);
  const auto& band = pay_by_level[level - 1];
  const auto units = draws.between(static_cast<std::int32_t>(band.low),
                                   static_cast<std::int32_t>(band.high) - 1);
  const auto pay = units * 100 + draws.below(100);
  const auto is_enrolled = draws.chance(60);
  const auto percent = draws.between(1, 10);
  text += "EMP_";
  append_padded(text, index + 1);
  append_number(text, static_cast<std::int64_t>(index + 1));
  append_day(text, last_day_ - age_days);
  append_day(text, last_day_ - service);
  append_number(text, level);
  append_number(text, pay);
  append_number(text, is_enrolled ? percent * 10'000 : 0);
  text += '\n';
}

} // namespace troupe::simulation
