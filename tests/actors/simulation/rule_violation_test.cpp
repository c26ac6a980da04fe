#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/year_plan.hpp"
#include "actors/simulation/year_rules.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace troupe::simulation {

namespace {

person_ids make_ids() {
  auto ids = runtime::text_column{};
  for (const auto* const id : {"ann", "bob", "cid"}) {
    ids.characters += id;
    ids.offsets.push_back(static_cast<std::uint32_t>(ids.characters.size()));
  }
  return {{1, 2, 3}, ids};
}

rule_violation make_violation(std::int32_t year,
                              std::vector<std::uint64_t> keys,
                              std::uint64_t people) {
  return {.rule = "pay_never_falls",
          .year = year,
          .keys = std::move(keys),
          .people = people,
          .detail = "is paid less than before"};
}

} // namespace

TEST_CASE("a violation becomes a problem with rule, year and people") {
  const auto found = std::vector{make_violation(2026, {2}, 1)};
  const auto told = to_problem(found, make_ids());
  CHECK(told.kind == runtime::problem_kind::failed);
  CHECK(told.key == "pay_never_falls");
  CHECK(told.message
        == "year 2026 breaks the rule pay_never_falls: bob: is paid less than "
           "before");
  CHECK_FALSE(told.hint.empty());
}

TEST_CASE("of many people a few are named, of all blocks together") {
  const auto found
    = std::vector{make_violation(2026, {1, 2}, 2),
                  make_violation(2026, {3, hire_key(2025, 1)}, 50),
                  make_violation(2025, {1}, 1),
                  rule_violation{.rule = "headcount_adds_up", .year = 2026}};
  CHECK(to_problem(std::span{found}.first(2), make_ids()).message
        == "year 2026 breaks the rule pay_never_falls: ann, bob, cid and 49 "
           "more people: is paid less than before");
  CHECK(to_problem(found, make_ids()).message
        == "year 2025 breaks the rule pay_never_falls: ann: is paid less than "
           "before; also broken: pay_never_falls in 2026, headcount_adds_up in "
           "2026");
}

TEST_CASE("hires are named by their ids, a rule of the year names nobody") {
  const auto hire = std::vector{make_violation(2026, {hire_key(2025, 7)}, 2)};
  CHECK(to_problem(hire, {}).message
        == "year 2026 breaks the rule pay_never_falls: NH_2025_000007 and 1 "
           "more person: is paid less than before");
  const auto sums = std::vector{rule_violation{
    .rule = "counts_add_up", .year = 2026, .detail = "hires is 1 and not 2"}};
  CHECK(to_problem(sums, {}).message
        == "year 2026 breaks the rule counts_add_up: hires is 1 and not 2");
}

TEST_CASE("every rule has a name and a text of its own") {
  auto names = std::set<std::string_view>{};
  auto texts = std::set<std::string_view>{};
  for (auto at = std::size_t{0}; at < year_rule_count; ++at) {
    const auto& text = text_of(static_cast<year_rule>(at));
    CHECK_FALSE(text.broken.empty());
    names.insert(text.name);
    texts.insert(text.broken);
  }
  CHECK(names.size() == year_rule_count);
  CHECK(texts.size() == year_rule_count);
  CHECK(text_of(year_rule::keys_ascend).name == "keys_ascend");
  CHECK(text_of(year_rule::pay_by_events).name == "pay_by_events");
  CHECK(text_of(year_rule::enrollments_as_likely).name
        == "enrollments_as_likely");
}

} // namespace troupe::simulation
