#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/staff_year.hpp"
#include "actors/simulation/year_check.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/made_year.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace troupe::simulation {

namespace {

scenario weighted_scenario() {
  auto parameters = tests::read_golden_scenario();
  parameters.workforce.selection.method = leaver_selection::hazard_weighted;
  return parameters;
}

/// Those who leave of blocks of people, by key.
std::vector<std::uint64_t> leavers_of(const year_plan& plan,
                                      const people& staff, std::int64_t count,
                                      std::size_t block_size = 1'000) {
  const auto blocks = make_blocks(staff, block_size);
  auto search = leaver_search{plan.leaver_groups()};
  for (const auto& block : blocks)
    count_staff_draws(plan, block, search.histograms());
  REQUIRE(search.find_buckets(count));
  for (const auto& block : blocks)
    list_staff_draws(plan, block, search.buckets(), search.draws());
  const auto bounds = search.find_bounds();
  auto keys = std::vector<std::uint64_t>{};
  auto made = year_block{};
  for (const auto& block : blocks) {
    simulate_staff(plan, block, bounds, made);
    for (auto at = std::size_t{0}; at < made.rows.count; ++at)
      if (made.rows.termination_date[at] != no_day)
        keys.push_back(made.rows.key[at]);
  }
  CHECK(static_cast<std::int64_t>(keys.size()) == count);
  return keys;
}

/// So many people of level 1, then so many of level 2.
people make_two_kinds(const year_plan& plan, std::size_t first,
                      std::size_t second) {
  auto staff = tests::make_mixed_people(plan, first + second);
  for (auto at = std::size_t{0}; at < staff.size(); ++at)
    staff.level[at] = at < first ? 1 : 2;
  return staff;
}

/// Probabilities that so many of the first kind leave, when one after the other
/// leaves, each with a probability in proportion to the weight.
std::vector<double> likely_leavers(int first, int second, double weight,
                                   int leavers) {
  auto likely = std::vector<double>(static_cast<std::size_t>(leavers) + 1);
  likely[0] = 1;
  for (auto gone = 0; gone < leavers; ++gone) {
    auto next = std::vector<double>(likely.size());
    for (auto of_first = 0; of_first <= gone; ++of_first) {
      const auto at = static_cast<std::size_t>(of_first);
      const auto heavy = weight * (first - of_first);
      const auto share = heavy / (heavy + second - (gone - of_first));
      if (of_first < leavers)
        next[at + 1] += likely[at] * share;
      next[at] += likely[at] * (1 - share);
    }
    likely = next;
  }
  return likely;
}

} // namespace

TEST_CASE("who has twice the weight leaves as often as the theory says") {
  constexpr auto first = 8;
  constexpr auto second = 12;
  constexpr auto leavers = 7;
  constexpr auto seeds = 20'000;
  auto parameters = weighted_scenario();
  parameters.workforce.selection.level_multipliers[0] = 2 * ppm_whole;
  auto plan = make_year_plan(parameters, 2025);
  const auto staff = make_two_kinds(plan, first, second);
  auto counted = std::vector<int>(leavers + 1);
  for (auto seed = std::uint64_t{0}; seed < seeds; ++seed) {
    plan.draws = year_draws{seed, 2025};
    const auto gone = leavers_of(plan, staff, leavers);
    const auto of_first = std::ranges::count_if(gone, [&](std::uint64_t key) {
      return key <= staff.key[first - 1];
    });
    ++counted[static_cast<std::size_t>(of_first)];
  }
  const auto likely = likely_leavers(first, second, 2, leavers);
  for (auto at = std::size_t{0}; at < likely.size(); ++at) {
    INFO(at << " of the first kind");
    const auto mean = seeds * likely[at];
    const auto deviation = std::sqrt(mean * (1 - likely[at]));
    CHECK(std::abs(counted[at] - mean) < 4 * deviation + 1);
    // Not as if all were as likely to leave.
    const auto even = seeds * likely_leavers(first, second, 1, leavers)[at];
    if (at == 2 || at == 4)
      CHECK(std::abs(counted[at] - even) > 10 * deviation);
  }
}

TEST_CASE("weights are products of age, tenure and level") {
  auto parameters = weighted_scenario();
  auto& selection = parameters.workforce.selection;
  // Only who is in the second of each leaves before the others do.
  selection.age_multipliers = {0, ppm_whole, 0, 0, 0, 0};
  selection.tenure_multipliers = {0, 1, 0, 0, 0};
  selection.level_multipliers = {0, 100 * ppm_whole, 0, 0, 0};
  parameters.bands.tenure = {3, 6, 10, 20};
  const auto plan = make_year_plan(parameters, 2025);
  const auto staff = tests::make_mixed_people(plan, 3'000);
  auto expected = std::vector<std::uint64_t>{};
  for (auto at = std::size_t{0}; at < staff.size(); ++at) {
    const auto age = completed_years(plan, staff.birth_date[at]);
    const auto tenure = completed_years(plan, staff.hire_date[at]);
    if (age >= 25 && age < 35 && tenure >= 3 && tenure < 6
        && staff.level[at] == 2)
      expected.push_back(staff.key[at]);
  }
  REQUIRE(expected.size() > 10);
  const auto count = static_cast<std::int64_t>(expected.size());
  CHECK(leavers_of(plan, staff, count) == expected);
  // Then those with the weight 0, rather than too few.
  const auto more = leavers_of(plan, staff, count + 50);
  CHECK(std::ranges::includes(more, expected));
}

TEST_CASE("equal weights choose whom no weights choose") {
  const auto staff = tests::make_mixed_people(
    make_year_plan(tests::read_golden_scenario(), 2025), 5'000);
  auto parameters = tests::read_golden_scenario();
  parameters.workforce.level_quotas = GENERATE(false, true);
  const auto expected
    = leavers_of(make_year_plan(parameters, 2025), staff, 700);
  parameters.workforce.selection = weighted_scenario().workforce.selection;
  parameters.workforce.selection.age_multipliers.fill(GENERATE(0, 3, 700'000));
  CHECK(leavers_of(make_year_plan(parameters, 2025), staff, 700, 64)
        == expected);
}

TEST_CASE("levels have their shares of the leavers, the smallest draws each") {
  auto parameters = tests::read_golden_scenario();
  parameters.workforce.level_quotas = true;
  const auto plan = make_year_plan(parameters, 2025);
  const auto staff = make_two_kinds(plan, 100, 900);
  const auto gone = leavers_of(plan, staff, 105, 30);
  auto sorted = std::vector<std::vector<keyed_draw>>(2);
  for (auto at = std::size_t{0}; at < staff.size(); ++at)
    sorted[staff.level[at] - 1U].push_back(
      {plan.draws.of(staff.key[at])[draw_stream::termination], staff.key[at]});
  auto expected = std::vector<std::uint64_t>{};
  // 10.5 and 94.5: equal rests, so that the lower level has one more.
  for (const auto& [level, count] : {std::pair{0U, 11}, std::pair{1U, 94}}) {
    std::ranges::sort(sorted[level]);
    for (auto at = std::size_t{0}; at < static_cast<std::size_t>(count); ++at)
      expected.push_back(sorted[level][at].key);
  }
  std::ranges::sort(expected);
  CHECK(gone == expected);
}

TEST_CASE("with quotas, the weights of a level are those of age and tenure") {
  auto parameters = tests::read_ruled_scenario();
  const auto staff
    = tests::make_mixed_people(make_year_plan(parameters, 2025), 5'000);
  const auto expected
    = leavers_of(make_year_plan(parameters, 2025), staff, 700);
  parameters.workforce.selection.level_multipliers = {0, 1, 2'000, 30, 0};
  CHECK(leavers_of(make_year_plan(parameters, 2025), staff, 700) == expected);
  parameters.workforce.level_quotas = false;
  CHECK(leavers_of(make_year_plan(parameters, 2025), staff, 700) != expected);
}

TEST_CASE("a block in which nobody of a level leaves has a bound for others") {
  auto parameters = tests::read_golden_scenario();
  parameters.workforce.level_quotas = true;
  const auto plan = make_year_plan(parameters, 2025);
  const auto staff = make_two_kinds(plan, 1, 9);
  const auto gone = leavers_of(plan, staff, 1);
  CHECK(gone.front() != staff.key.front());
  CHECK(leavers_of(plan, staff, 0).empty());
  CHECK(leavers_of(plan, staff, 10).size() == 10);
}

TEST_CASE("a level with more or less than its share of leavers is found") {
  const auto broken = [](const level_leavers& counts) {
    const auto found = check_level_quotas(2025, counts);
    REQUIRE(found.size() < 2);
    return found.empty() ? std::string{} : found.front().detail;
  };
  CHECK(broken({}).empty());
  CHECK(broken({{100, 900, 0, 0, 0}, {11, 94, 0, 0, 0}}).empty());
  CHECK(broken({{0, 7, 0, 7, 7}, {0, 1, 0, 1, 0}}).empty());
  // The lower level comes first, the larger rest before that.
  CHECK(broken({{100, 900, 0, 0, 0}, {10, 95, 0, 0, 0}})
        == "95 of 900 of level 2 left");
  CHECK(broken({{40, 50, 10, 0, 0}, {2, 1, 0, 0, 0}})
        == "2 of 40 of level 1 left");
  CHECK(broken({{0, 7, 0, 7, 7}, {0, 0, 0, 1, 1}}) != std::string{});
  // A whole person beside the share.
  CHECK(broken({{50, 30, 20, 0, 0}, {6, 2, 2, 0, 0}})
        == "6 of 50 of level 1 left, 2 of 30 of level 2 left");
}

TEST_CASE("who is not there the next year is counted at the level of before") {
  const auto year = tests::make_year();
  auto counts = level_leavers{};
  count_leavers(year.before, year.staff.next, counts);
  auto expected = level_leavers{};
  for (auto at = std::size_t{0}; at < year.before.size(); ++at) {
    ++expected.staff[year.before.level[at] - 1U];
    expected.leavers[year.before.level[at] - 1U]
      += year.staff.rows.termination_date[at] != no_day ? 1 : 0;
  }
  CHECK(counts.staff == expected.staff);
  CHECK(counts.leavers == expected.leavers);
}

} // namespace troupe::simulation
