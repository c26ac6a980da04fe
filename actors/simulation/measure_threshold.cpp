#include "actors/simulation/measure_threshold.hpp"

#include "actors/simulation/measure_text.hpp"

#include <charconv>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

tl::unexpected<runtime::problem> refuse(std::string_view text) {
  return fail(problem_kind::invalid_input,
              "\"" + std::string{text.substr(0, 80)} + "\" is no threshold",
              "write MEASURE>VALUE or MEASURE[YEAR]<=VALUE, for example "
              "end_payroll[2029]>1250000");
}

/// What stands in the brackets at the end of a name, which then loses them;
/// empty if there are none.
std::string_view take_year(std::string_view& name) {
  const auto open = name.find('[');
  if (open == std::string_view::npos || !name.ends_with(']'))
    return {};
  const auto year = name.substr(open + 1, name.size() - open - 2);
  name = without_spaces(name.substr(0, open));
  return year;
}

} // namespace

outcome<measure_threshold> parse_threshold(std::string_view text) {
  const auto at = text.find_first_of("<>");
  if (at == std::string_view::npos)
    return refuse(text);
  const auto or_equal = text.substr(at + 1).starts_with('=');
  auto threshold = measure_threshold{};
  if (text[at] == '>')
    threshold.how = or_equal ? comparison::at_least : comparison::above;
  else
    threshold.how = or_equal ? comparison::at_most : comparison::below;
  auto name = without_spaces(text.substr(0, at));
  if (name.ends_with(']')) {
    const auto year = take_year(name);
    auto number = std::int32_t{0};
    const auto* const end = year.data() + year.size();
    const auto read = std::from_chars(year.data(), end, number);
    if (year.empty() || read.ec != std::errc{} || read.ptr != end)
      return refuse(text);
    threshold.year = number;
  }
  const auto value = without_spaces(text.substr(at + (or_equal ? 2 : 1)));
  if (name.empty() || value.empty())
    return refuse(text);
  const auto measure = find_named_measure(name);
  if (!measure)
    return fail(measure.error());
  const auto number = parse_measure_value(*measure, value);
  if (!number)
    return fail(number.error());
  threshold.measure = measure->measure;
  threshold.value = *number;
  return threshold;
}

bool holds(const measure_threshold& threshold, std::int64_t value) noexcept {
  switch (threshold.how) {
    case comparison::above:
      return value > threshold.value;
    case comparison::at_least:
      return value >= threshold.value;
    case comparison::below:
      return value < threshold.value;
    case comparison::at_most:
      break;
  }
  return value <= threshold.value;
}

std::string_view symbol(comparison how) noexcept {
  switch (how) {
    case comparison::above:
      return ">";
    case comparison::at_least:
      return ">=";
    case comparison::below:
      return "<";
    case comparison::at_most:
      break;
  }
  return "<=";
}

std::string render(const measure_threshold& threshold) {
  return std::string{plain_name(*threshold.measure)} + ' '
         + std::string{symbol(threshold.how)} + ' '
         + render_measure_exactly(*threshold.measure, threshold.value);
}

} // namespace troupe::simulation
