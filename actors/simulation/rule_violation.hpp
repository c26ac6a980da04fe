#pragma once

#include "actors/simulation/person_ids.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troupe::simulation {

/// A violation names no more people than this.
inline constexpr std::size_t violation_keys_max = 10;

/// A rule that a year, or some people in it, do not keep.
struct rule_violation {
  /// As in year_rules.hpp.
  std::string rule;
  std::int32_t year = 0;
  /// Of some of those people, ascending, at most violation_keys_max.
  std::vector<std::uint64_t> keys{};
  /// How many they are; 0: the rule is one of the year as a whole.
  std::uint64_t people = 0;
  /// What is wrong, without who and when.
  std::string detail{};

  friend bool operator==(const rule_violation&, const rule_violation&)
    = default;
};

/// One problem (failed) of all violations, of which there is at least one; its
/// key is the rule. It names the first year, its first rule and people of it by
/// their ids, and says how many more there are of each. Violations of a rule in
/// several blocks of a year count as one.
[[nodiscard]] runtime::problem
to_problem(std::span<const rule_violation> violations, const person_ids& ids);

} // namespace troupe::simulation
