#include "actors/simulation/measure_text.hpp"

#include "actors/simulation/decimal_text.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

std::string quote(std::string_view text) {
  return "\"" + std::string{text.substr(0, 60)} + "\"";
}

int decimals_of(measure_unit unit) {
  switch (unit) {
    case measure_unit::cents:
      return 2;
    case measure_unit::ppm:
      return 6;
    case measure_unit::people:
    case measure_unit::events:
      break;
  }
  return 0;
}

/// The name that is most like it, in the form it was written in.
std::string similar_names(std::string_view name) {
  auto known = std::vector<std::string_view>{};
  for (const auto& measure : year_measures())
    known.push_back(plain_name(measure));
  const auto plain = known.size();
  for (const auto& measure : year_measures())
    known.push_back(measure.name);
  if (runtime::nearest_word(name, known))
    return runtime::spelling_hint(name, known);
  known.resize(plain);
  return runtime::spelling_hint(name, known);
}

/// The quotient, halves up, of a dividend of any sign.
std::int64_t rounded(std::int64_t dividend, std::int64_t divisor) {
  const auto part = dividend % divisor;
  const auto below = dividend / divisor - (part < 0 ? 1 : 0);
  const auto rest = part < 0 ? part + divisor : part;
  return below + (rest >= divisor - rest ? 1 : 0);
}

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

outcome<std::int32_t> parse_year(std::string_view text) {
  auto year = std::int32_t{0};
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, year);
  if (read.ec == std::errc{} && read.ptr == end)
    return year;
  return fail(problem_kind::invalid_input, quote(text) + " is no year",
              "for example end_headcount[2029]");
}

} // namespace

outcome<named_measure> find_named_measure(std::string_view name) {
  if (const auto* const exact = find_measure(name))
    return named_measure{exact, plain_name(*exact) == name};
  for (const auto& measure : year_measures())
    if (plain_name(measure) == name)
      return named_measure{&measure, true};
  return fail(problem_kind::invalid_input, "there is no measure " + quote(name),
              similar_names(name));
}

outcome<measure_in_year> parse_measure_in_year(std::string_view text) {
  auto name = without_spaces(text);
  auto year = std::optional<std::int32_t>{};
  if (const auto open = name.find('[');
      open != std::string_view::npos && name.ends_with(']')) {
    const auto read = parse_year(name.substr(open + 1, name.size() - open - 2));
    if (!read)
      return fail(read.error());
    year = *read;
    name = without_spaces(name.substr(0, open));
  }
  const auto named = find_named_measure(name);
  if (!named)
    return fail(named.error());
  return measure_in_year{*named, year};
}

outcome<std::int64_t> parse_measure_value(const named_measure& of,
                                          std::string_view text) {
  const auto decimals = of.is_plain ? decimals_of(of.measure->unit) : 0;
  if (const auto value = parse_decimal(without_spaces(text), decimals))
    return *value;
  auto hint = std::string{"a whole number"};
  if (decimals != 0)
    hint = "a number with at most " + std::to_string(decimals) + " decimals";
  else if (of.measure->unit == measure_unit::cents)
    hint = "a whole number of cents; or name it "
           + std::string{plain_name(*of.measure)} + " and give whole units";
  else if (of.measure->unit == measure_unit::ppm)
    hint = "a whole number of parts per million; or name it "
           + std::string{plain_name(*of.measure)} + " and give 0.85";
  return fail(problem_kind::invalid_input,
              quote(text) + " is no value of "
                + std::string{of.is_plain ? plain_name(*of.measure)
                                          : of.measure->name},
              std::move(hint));
}

std::string_view plain_name(const year_measure& measure) {
  auto name = measure.name;
  for (const std::string_view unit : {"_cents", "_ppm"})
    if (name.ends_with(unit))
      name.remove_suffix(unit.size());
  return name;
}

std::string spoken_name(const year_measure& measure) {
  auto name = std::string{plain_name(measure)};
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string render_measure(const year_measure& measure, std::int64_t value) {
  switch (measure.unit) {
    case measure_unit::cents:
      return group_digits(rounded(value, 100));
    case measure_unit::ppm:
      return render_decimal(rounded(value, 1'000), 1) + " %";
    case measure_unit::people:
    case measure_unit::events:
      break;
  }
  return group_digits(value);
}

std::string render_measure_exactly(const year_measure& measure,
                                   std::int64_t value) {
  switch (measure.unit) {
    case measure_unit::cents:
      return render_decimal(value, 2);
    case measure_unit::ppm: {
      auto text = render_decimal(value, 4);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.'))
        text.pop_back();
      return text + " %";
    }
    case measure_unit::people:
    case measure_unit::events:
      break;
  }
  return group_digits(value);
}

} // namespace troupe::simulation
