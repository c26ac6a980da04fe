#include "actors/simulation/goal_text.hpp"

#include "actors/simulation/decimal_text.hpp"

#include <optional>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

tl::unexpected<runtime::problem>
refuse_goal(std::string_view text, std::string_view what, std::string hint) {
  return fail(problem_kind::invalid_input,
              "\"" + std::string{text.substr(0, 80)} + "\" is no "
                + std::string{what},
              std::move(hint));
}

/// What comes before the next colon, which is taken off with it.
std::string_view take_part(std::string_view& text) {
  const auto colon = text.find(':');
  const auto part = text.substr(0, colon);
  text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  return part;
}

} // namespace

outcome<goal_target> parse_goal_target(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return refuse_goal(text, "goal",
                       "write MEASURE[YEAR]=VALUE, for example "
                       "end_payroll[2029]=1250000");
  const auto of = parse_measure_in_year(text.substr(0, equals));
  if (!of)
    return fail(of.error());
  const auto value = parse_measure_value(of->named, text.substr(equals + 1));
  if (!value)
    return fail(value.error());
  return goal_target{*of, *value};
}

outcome<goal_range> parse_goal_range(std::string_view text) {
  const auto refuse_range = [text] {
    return refuse_goal(text, "range to search",
                       "write KEY=FROM:TO or KEY=FROM:TO:STEP with at most six "
                       "decimals, for example growth_rate=0:0.1:0.001");
  };
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return refuse_range();
  auto rest = text.substr(equals + 1);
  const auto lowest = parse_decimal(take_part(rest), 6);
  const auto highest = parse_decimal(take_part(rest), 6);
  const auto has_step = !rest.empty();
  const auto step
    = has_step ? parse_decimal(take_part(rest), 6) : std::optional{ppm{1}};
  if (!lowest || !highest || !step || !rest.empty() || text.ends_with(':'))
    return refuse_range();
  return goal_range{std::string{text.substr(0, equals)}, *lowest, *highest,
                    *step};
}

} // namespace troupe::simulation
