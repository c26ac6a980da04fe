#include "actors/simulation/people_check.hpp"

#include "actors/simulation/year_plan.hpp"

#include <string>

namespace troupe::simulation {

namespace {

using runtime::fail;
using runtime::outcome;

auto refuse(std::uint64_t key, const std::string& what, std::string hint) {
  return fail(runtime::problem_kind::invalid_input,
              "the person with key " + std::to_string(key) + " " + what,
              std::move(hint));
}

outcome<void> check_values(const people& block, std::size_t at,
                           const year_days& days) {
  const auto key = block.key[at];
  if (block.level[at] < 1 || block.level[at] > level_max)
    return refuse(key, "has level " + std::to_string(block.level[at]),
                  "levels are 1 to " + std::to_string(level_max));
  if (block.pay[at] <= 0 || block.pay[at] > pay_max)
    return refuse(key,
                  "has a pay of " + std::to_string(block.pay[at]) + " cents",
                  "pay is above 0 and at most " + std::to_string(pay_max));
  if (block.hire_date[at] >= days.first)
    return refuse(key, "is hired after the start",
                  "leave out who is hired in the first year or later");
  return {};
}

} // namespace

outcome<void> check_people(const scenario& parameters,
                           std::span<const people> blocks) {
  const auto days = make_year_plan(parameters, parameters.start_year).days;
  const auto end = hire_key(parameters.start_year, 0);
  auto least = std::uint64_t{0};
  for (const auto& block : blocks)
    for (auto at = std::size_t{0}; at < block.size(); ++at) {
      const auto key = block.key[at];
      if (key < least)
        return refuse(key, "comes twice or after a larger key",
                      "order the people by key");
      if (key >= end)
        return refuse(key, "has a key of hires",
                      "give keys below " + std::to_string(end));
      if (const auto checked = check_values(block, at, days); !checked)
        return fail(checked.error());
      least = key + 1;
    }
  return {};
}

} // namespace troupe::simulation
