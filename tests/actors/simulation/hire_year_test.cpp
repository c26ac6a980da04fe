#include "actors/simulation/hire_year.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

/// Everybody who can leaves.
constexpr auto everybody = keyed_draw{~std::uint64_t{0}, ~std::uint64_t{0}};

year_block hires_of(const year_plan& plan, const hire_range& range,
                    const draw_bound& bound) {
  auto block = year_block{};
  simulate_hires(plan, range, bound, block);
  return block;
}

} // namespace

TEST_CASE("any range of hires can be made alone") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto bound = draw_bound{keyed_draw{std::uint64_t{1} << 62U, 0}};
  const auto whole = hires_of(plan, {1, 803, 803}, bound);
  CHECK(whole.totals.hires_by_level
        == std::array<std::int64_t, 5>{321, 240, 160, 64, 18});
  auto totals = year_totals{};
  auto row = std::size_t{0};
  auto event = std::size_t{0};
  for (auto first = std::int64_t{1}; first <= 803; first += 100) {
    const auto part = hires_of(
      plan, {first, std::min(first + 99, std::int64_t{803}), 803}, bound);
    for (auto at = std::size_t{0}; at < part.rows.count; ++at)
      REQUIRE(part.rows[at] == whole.rows[row++]);
    for (auto at = std::size_t{0}; at < part.events.count; ++at)
      REQUIRE(part.events[at] == whole.events[event++]);
    add(totals, part.totals);
  }
  CHECK(row == whole.rows.count);
  CHECK(event == whole.events.count);
  CHECK(totals == whole.totals);
}

TEST_CASE("who is hired on 31 December stays") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto block = hires_of(plan, {1, 800, 800}, everybody);
  for (auto at = std::size_t{0}; at < block.rows.count; ++at) {
    const auto row = block.rows[at];
    const auto is_last_day = row.hire_date == plan.days.last;
    REQUIRE(is_last_day == (at + 1 == 364 || at + 1 == 729));
    REQUIRE(row.is_active() == is_last_day);
    REQUIRE(row.prorated > 0);
    REQUIRE(row.prorated <= row.pay);
    if (!row.is_active()) {
      REQUIRE(row.termination_date > row.hire_date);
      REQUIRE(row.termination_date <= plan.days.last);
    }
  }
  CHECK(block.totals.new_hire_terminations == 798);
  CHECK(block.totals.end_headcount == 2);
  auto draws = draw_histogram{};
  count_hire_draws(plan, {1, 800, 800}, draws);
  CHECK(draws.total() == 798);
}

TEST_CASE("in a leap year nobody is hired on 31 December") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2028);
  const auto block = hires_of(plan, {1, 800, 800}, everybody);
  CHECK(block.totals.new_hire_terminations == 800);
  // On 1 January they wait 365 days until 31 December.
  CHECK(block.totals.hires_eligible_by_year_end == 2);
}

TEST_CASE("late hires leave soon, others after a month or a quarter") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto block = hires_of(plan, {1, 30'000, 30'000}, everybody);
  auto shortest = std::array{1'000, 1'000, 1'000};
  auto longest = std::array{0, 0, 0};
  for (auto at = std::size_t{0}; at < block.rows.count; ++at) {
    const auto row = block.rows[at];
    if (row.is_active())
      continue;
    const auto room = plan.days.last - row.hire_date;
    const auto worked = row.termination_date - row.hire_date;
    const auto kind = room < 30 ? 0U : room < 90 ? 1U : 2U;
    shortest[kind] = std::min(shortest[kind], worked);
    longest[kind] = std::max(longest[kind], worked);
  }
  CHECK(shortest == std::array{1, 30, 90});
  CHECK(longest == std::array{29, 89, 275});
}

TEST_CASE("no hires make nothing") {
  const auto plan = make_year_plan(tests::read_golden_scenario(), 2025);
  const auto block = hires_of(plan, {.first = 1, .last = 0, .all = 0}, {});
  CHECK(block.rows.count == 0);
  CHECK(block.events.count == 0);
  CHECK(block.next.size() == 0);
}

} // namespace troupe::simulation
