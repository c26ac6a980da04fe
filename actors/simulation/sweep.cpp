#include "actors/simulation/sweep.hpp"

#include "actors/simulation/decimal_text.hpp"
#include "actors/simulation/rate_text.hpp"
#include "actors/simulation/scenario_parameter.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;

namespace {

/// No sum or difference of two such values overflows.
constexpr auto value_max = std::int64_t{1'000'000'000'000} * ppm_whole;

tl::unexpected<runtime::problem> refuse(std::string_view parameter,
                                        std::string message, std::string hint) {
  return fail({runtime::problem_kind::invalid_input,
               std::move(message),
               {},
               0,
               0,
               std::string{parameter},
               std::move(hint)});
}

auto refuse_count(std::string_view parameter, const std::string& count) {
  return refuse(parameter,
                "a sweep over " + count + " points is more than "
                  + group_digits(std::int64_t{sweep_points_max}),
                "take larger steps or fewer parameters");
}

/// At commas that are not in brackets or quotes.
std::vector<std::string> split_values(std::string_view text) {
  auto values = std::vector<std::string>{{}};
  auto depth = 0;
  auto quote = '\0';
  for (const auto each : text) {
    if (quote != '\0')
      quote = each == quote ? '\0' : quote;
    else if (each == '"' || each == '\'')
      quote = each;
    else if (each == '[' || each == '{')
      ++depth;
    else if (each == ']' || each == '}')
      --depth;
    if (each == ',' && depth == 0 && quote == '\0')
      values.emplace_back();
    else if (each != ' ' || !values.back().empty())
      values.back() += each;
  }
  for (auto& value : values)
    value.erase(value.find_last_not_of(' ') + 1);
  return values;
}

/// FROM, TO and STEP, if it looks like these.
std::optional<std::array<std::string_view, 3>>
split_range(std::string_view text) {
  if (text.find_first_of("[]{}\"',") != std::string_view::npos
      || std::ranges::count(text, ':') != 2)
    return {};
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  return std::array{text.substr(0, first),
                    text.substr(first + 1, second - first - 1),
                    text.substr(second + 1)};
}

outcome<sweep_axis> read_range(const std::string& parameter,
                               const std::array<std::string_view, 3>& parts) {
  auto numbers = std::array<std::int64_t, 3>{};
  for (auto i = std::size_t{0}; i < parts.size(); ++i) {
    const auto number = parse_decimal(parts[i], 6);
    if (!number || *number > value_max || *number < -value_max)
      return refuse(parameter,
                    "\"" + std::string{parts[i].substr(0, 40)}
                      + "\" is no end or step of a range",
                    "write FROM:TO:STEP with at most six decimals, for "
                    "example 0.01:0.05:0.01");
    numbers[i] = *number;
  }
  const auto [from, to, step] = numbers;
  const auto distance = to - from;
  if (step == 0 || (distance != 0 && (distance > 0) != (step > 0)))
    return refuse(parameter,
                  "a step of " + std::string{parts[2]} + " never leads from "
                    + std::string{parts[0]} + " to " + std::string{parts[1]},
                  "a step down is negative");
  const auto steps = distance / step;
  if (distance % step != 0)
    return refuse(parameter,
                  "a step of " + std::string{parts[2]} + " does not lead from "
                    + std::string{parts[0]} + " to " + std::string{parts[1]}
                    + " exactly",
                  "end at " + render_rate(from + steps * step) + " or "
                    + render_rate(from + (steps + 1) * step));
  if (steps >= static_cast<std::int64_t>(sweep_points_max))
    return refuse_count(parameter, group_digits(steps + 1));
  auto axis = sweep_axis{parameter, {}};
  for (auto i = std::int64_t{0}; i <= steps; ++i)
    axis.values.push_back(render_rate(from + i * step));
  return axis;
}

outcome<sweep_axis> read_list(const std::string& parameter,
                              std::string_view text) {
  auto axis = sweep_axis{parameter, split_values(text)};
  if (axis.values.size() > sweep_points_max)
    return refuse_count(
      parameter, group_digits(static_cast<std::int64_t>(axis.values.size())));
  auto seen = std::set<std::string_view>{};
  for (const auto& value : axis.values) {
    if (value.empty())
      return refuse(parameter, "a value of the sweep is empty",
                    "write KEY=A,B,C without a comma at the end");
    if (!seen.insert(value).second)
      return refuse(parameter, "the sweep has the value " + value + " twice",
                    "name each value once");
  }
  return axis;
}

/// By the path that it sets, so that short names count as what they stand for.
outcome<void> check_parameters(std::span<const sweep_axis> axes) {
  auto seen = std::set<std::string>{};
  for (const auto& axis : axes) {
    const auto path = set_parameter(axis.parameter, "0").front().path;
    if (!seen.insert(path).second)
      return refuse(axis.parameter, "the sweep varies " + path + " twice",
                    "give all its values at once: KEY=A,B,C");
  }
  return {};
}

/// The point of one value of each axis, by their places.
sweep_point make_point(std::span<const sweep_axis> axes,
                       std::span<const std::size_t> places) {
  auto point = sweep_point{};
  for (auto i = std::size_t{0}; i < axes.size(); ++i) {
    const auto& value = axes[i].values[places[i]];
    point.values.push_back(value);
    point.label += (i == 0 ? "" : ", ") + axes[i].parameter + '=' + value;
    for (auto& each : set_parameter(axes[i].parameter, value))
      point.overrides.push_back(std::move(each));
  }
  return point;
}

/// To the next combination, the last place first.
void step_on(std::span<const sweep_axis> axes,
             std::vector<std::size_t>& places) {
  for (auto i = places.size(); i-- > 0;) {
    if (++places[i] < axes[i].values.size())
      return;
    places[i] = 0;
  }
}

} // namespace

outcome<sweep_axis> parse_sweep_axis(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return refuse({}, "\"" + text.substr(0, 80) + "\" is no parameter to sweep",
                  "write KEY=FROM:TO:STEP or KEY=A,B,C, for example "
                  "growth_rate=0.01:0.05:0.01");
  const auto parameter = text.substr(0, equals);
  const auto values = std::string_view{text}.substr(equals + 1);
  if (const auto range = split_range(values))
    return read_range(parameter, *range);
  return read_list(parameter, values);
}

outcome<sweep> parse_sweep(std::span<const std::string> texts) {
  auto made = sweep{};
  auto count = std::size_t{1};
  for (const auto& text : texts) {
    auto axis = parse_sweep_axis(text);
    if (!axis)
      return fail(axis.error());
    count *= axis->values.size();
    if (count > sweep_points_max)
      return refuse_count(axis->parameter,
                          group_digits(static_cast<std::int64_t>(count)));
    made.axes.push_back(std::move(*axis));
  }
  if (made.axes.empty())
    return refuse({}, "a sweep varies no parameter",
                  "write KEY=FROM:TO:STEP or KEY=A,B,C");
  if (auto checked = check_parameters(made.axes); !checked)
    return fail(checked.error());
  auto places = std::vector<std::size_t>(made.axes.size());
  for (auto i = std::size_t{0}; i < count; ++i) {
    made.points.push_back(make_point(made.axes, places));
    step_on(made.axes, places);
  }
  return made;
}

} // namespace troupe::simulation
