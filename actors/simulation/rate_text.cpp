#include "actors/simulation/rate_text.hpp"

#include <algorithm>

namespace troupe::simulation {

using runtime::fail;
using runtime::problem_kind;

namespace {

constexpr auto decimals_max = std::size_t{6};
constexpr auto whole_digits_max = std::size_t{6};

bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char each) {
    return each >= '0' && each <= '9';
  });
}

auto refuse(std::string_view text, std::string hint) {
  return fail(problem_kind::invalid_input,
              "\"" + std::string{text.substr(0, 40)} + "\" is not a rate",
              std::move(hint));
}

} // namespace

runtime::outcome<ppm> parse_rate(std::string_view text) {
  auto rest = text;
  const auto is_negative = rest.starts_with('-');
  if (is_negative)
    rest.remove_prefix(1);
  const auto point = rest.find('.');
  const auto before = rest.substr(0, point);
  const auto after = point == std::string_view::npos ? std::string_view{"0"}
                                                     : rest.substr(point + 1);
  if (!are_digits(before) || !are_digits(after))
    return refuse(text, "write a plain decimal such as 0.035");
  if (after.size() > decimals_max)
    return refuse(text, "at most six decimals count, which is parts per "
                        "million");
  if (before.size() > whole_digits_max)
    return refuse(text, "a rate has at most six digits before its point");
  auto rate = ppm{0};
  for (const auto digit : before)
    rate = rate * 10 + (digit - '0');
  for (auto i = std::size_t{0}; i < decimals_max; ++i)
    rate = rate * 10 + (i < after.size() ? after[i] - '0' : 0);
  return is_negative ? -rate : rate;
}

std::string render_rate(ppm rate) {
  const auto size = rate < 0 ? -rate : rate;
  auto text
    = std::string{rate < 0 ? "-" : ""} + std::to_string(size / ppm_whole);
  if (size % ppm_whole == 0)
    return text;
  const auto decimals = std::to_string(ppm_whole + size % ppm_whole);
  text += "." + decimals.substr(1);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

} // namespace troupe::simulation
