#include "actors/simulation/measure_threshold.hpp"

#include "actors/simulation/measure_text.hpp"

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

tl::unexpected<runtime::problem> refuse(std::string_view text) {
  return fail(problem_kind::invalid_input,
              "\"" + std::string{text.substr(0, 80)} + "\" is no threshold",
              "write MEASURE>VALUE or MEASURE[YEAR]<=VALUE, for example "
              "end_payroll[2029]>1250000");
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
  const auto of = parse_measure_in_year(text.substr(0, at));
  if (!of)
    return fail(of.error());
  const auto value
    = parse_measure_value(of->named, text.substr(at + (or_equal ? 2 : 1)));
  if (!value)
    return fail(value.error());
  threshold.measure = of->named.measure;
  threshold.year = of->year;
  threshold.value = *value;
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
  return spoken_name(*threshold.measure) + ' '
         + std::string{symbol(threshold.how)} + ' '
         + render_measure_exactly(*threshold.measure, threshold.value);
}

} // namespace troupe::simulation
