#include "actors/simulation/rule_violation.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::simulation {

namespace {

/// People that a message names.
constexpr auto people_named = std::size_t{3};

std::string id_of(std::uint64_t key, const person_ids& ids) {
  auto text = std::string(ids.bytes_max(), '\0');
  auto cursor = person_ids::cursor{ids};
  const auto* const end = cursor.write(text.data(), key);
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

bool is_same_rule(const rule_violation& left, const rule_violation& right) {
  return left.year == right.year && left.rule == right.rule;
}

/// One for each rule and year, in the order in which they come first.
std::vector<rule_violation> merge(std::span<const rule_violation> violations) {
  auto merged = std::vector<rule_violation>{};
  for (const auto& one : violations) {
    const auto found = std::ranges::find_if(merged, [&one](const auto& other) {
      return is_same_rule(one, other);
    });
    if (found == merged.end()) {
      merged.push_back(one);
      continue;
    }
    found->people += one.people;
    const auto room
      = violation_keys_max - std::min(found->keys.size(), violation_keys_max);
    const auto taken = std::min(one.keys.size(), room);
    found->keys.insert(found->keys.end(), one.keys.begin(),
                       one.keys.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return merged;
}

/// "EMP_1, EMP_2 and 5 more people"
std::string name_people(const rule_violation& violation,
                        const person_ids& ids) {
  const auto named = std::min(violation.keys.size(), people_named);
  auto text = std::string{};
  for (auto at = std::size_t{0}; at < named; ++at)
    text += (at == 0 ? "" : ", ") + id_of(violation.keys[at], ids);
  const auto more
    = violation.people - std::min<std::uint64_t>(violation.people, named);
  if (more > 0)
    text += (named == 0 ? "" : " and ") + std::to_string(more) + " more "
            + (more == 1 ? "person" : "people");
  return text;
}

std::string list_rules(std::span<const rule_violation> violations) {
  auto text = std::string{};
  for (const auto& one : violations)
    text += (text.empty() ? "" : ", ") + one.rule + " in "
            + std::to_string(one.year);
  return text;
}

} // namespace

runtime::problem to_problem(std::span<const rule_violation> violations,
                            const person_ids& ids) {
  auto merged = merge(violations);
  std::ranges::stable_sort(merged, {}, &rule_violation::year);
  const auto& first = merged.front();
  auto made = runtime::problem{};
  made.kind = runtime::problem_kind::failed;
  made.key = first.rule;
  made.message = "year " + std::to_string(first.year) + " breaks the rule "
                 + first.rule + ": ";
  if (first.people > 0)
    made.message += name_people(first, ids) + ": ";
  made.message += first.detail;
  if (merged.size() > 1)
    made.message
      += "; also broken: " + list_rules(std::span{merged}.subspan(1));
  made.hint = "this is an error of the simulation or of its stored state, not "
              "of the input: keep census, scenario and seed, and report it";
  return made;
}

} // namespace troupe::simulation
