#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_rules.hpp"
#include "tests/actors/simulation/checked_years.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace troupe::simulation {

namespace {

/// A year and the one before, with what was planned for it.
struct two_years {
  year_totals before;
  year_totals totals;
  year_headcounts planned;
};

two_years make_years() {
  const auto years
    = project(tests::read_golden_scenario(),
              make_blocks(tests::read_golden_census().staff, 100), 100,
              tests::golden_headcounts(),
              [](const projected_year&) -> runtime::outcome<void> {
                return {};
              })
        .value();
  return {.before = years[0],
          .totals = years[1],
          .planned
          = tests::golden_headcounts()(2026, years[1].start_headcount).value()};
}

/// The rules that are broken after a change, by name.
template <class Change>
std::set<std::string> broken_after(Change change) {
  auto years = make_years();
  change(years.totals);
  auto names = std::set<std::string>{};
  for (const auto& one :
       check_year(years.planned, years.totals, &years.before)) {
    CHECK(one.year == years.totals.year);
    CHECK(one.people == 0);
    names.insert(one.rule);
  }
  return names;
}

std::vector<rule_violation> likely(std::int64_t promotions,
                                   const expected_events& expected) {
  auto totals = year_totals{};
  totals.year = 2025;
  totals.start_headcount = totals.end_headcount = 10'000;
  totals.end_by_level[0] = 10'000;
  totals.promotions = totals.events = promotions;
  totals.expected_promotions = expected;
  return check_year({}, totals, nullptr);
}

} // namespace

TEST_CASE("the golden run breaks no rule") {
  const auto block_size = GENERATE(std::size_t{7}, std::size_t{8'192});
  const auto staff = make_blocks(tests::read_golden_census().staff, block_size);
  const auto headcounts = tests::golden_headcounts();
  auto checked = tests::checked_years{staff, headcounts};
  auto years = 0;
  const auto sink = [&](const projected_year& year) -> runtime::outcome<void> {
    CHECK(checked.check(year).empty());
    ++years;
    return {};
  };
  REQUIRE(project(tests::read_golden_scenario(), staff, block_size, headcounts,
                  sink));
  CHECK(years == 5);
}

TEST_CASE("headcounts are those planned, and add up") {
  using names = std::set<std::string>;
  CHECK(broken_after([](year_totals&) {}) == names{});
  auto years = make_years();
  ++years.planned.hires;
  const auto found = check_year(years.planned, years.totals, &years.before);
  REQUIRE(found.size() == 1);
  CHECK(found.front().rule == "headcount_as_planned");
  CHECK(found.front().detail == "hires is 42 and not 43");
  CHECK(broken_after([](year_totals& totals) {
          ++totals.end_headcount;
          ++totals.end_by_level[0];
        })
        == names{"headcount_adds_up"});
  CHECK(broken_after([](year_totals& totals) { ++totals.end_by_level[0]; })
        == names{"counts_add_up"});
  CHECK(broken_after([](year_totals& totals) { ++totals.hires_by_level[0]; })
        == names{"counts_add_up"});
  CHECK(broken_after([](year_totals& totals) { ++totals.events; })
        == names{"counts_add_up"});
}

TEST_CASE("a year starts as the one before ended") {
  using names = std::set<std::string>;
  CHECK(broken_after([](year_totals& totals) { ++totals.start_payroll; })
        == names{"start_as_the_end_before"});
  CHECK(broken_after([](year_totals& totals) {
          ++totals.start_headcount;
          ++totals.end_headcount;
          ++totals.end_by_level[0];
        })
        == names{"start_as_the_end_before"});
  CHECK(broken_after([](year_totals& totals) { ++totals.year; })
        == names{"year_after_year"});
  const auto enrolled = [](std::int64_t change) {
    return [change](year_totals& totals) { totals.end_enrolled += change; };
  };
  // All who left may have been enrolled, or none.
  CHECK(broken_after(enrolled(25)) == names{"enrolled_by_events"});
  CHECK(broken_after(enrolled(-25)) == names{"enrolled_by_events"});
}

TEST_CASE("there are no more events than candidates") {
  const auto change = GENERATE(
    +[](year_totals& totals) { totals.opt_outs = totals.enrollments + 1; },
    +[](year_totals& totals) {
      totals.promotions = totals.expected_promotions.candidates + 1;
    },
    +[](year_totals& totals) {
      totals.enrollments = totals.expected_enrollments.candidates + 1;
    },
    +[](year_totals& totals) { totals.raises = totals.raise_candidates + 1; },
    +[](year_totals& totals) { totals.raises -= 40; },
    +[](year_totals& totals) { totals.promotions = -1; },
    +[](year_totals& totals) { totals.raise_candidates = 1'000; },
    +[](year_totals& totals) { totals.end_enrolled = 1'000; },
    +[](year_totals& totals) { totals.hires_eligible_by_year_end = 43; },
    +[](year_totals& totals) { totals.expected_promotions.candidates = 1'000; },
    +[](year_totals& totals) {
      totals.expected_enrollments.candidates = 1'000;
    });
  CHECK(broken_after(change).contains("counts_within_candidates"));
}

TEST_CASE("counts far from what was likely are found") {
  auto expected = expected_events{};
  for (auto candidate = 0; candidate < 5'000; ++candidate)
    expected.add_candidate(100'000);
  // 500, with a standard deviation of 21.2: 7 of them are 148.49.
  CHECK(likely(500, expected).empty());
  CHECK(likely(666, expected).empty());
  CHECK(likely(334, expected).empty());
  const auto high = likely(667, expected);
  REQUIRE(high.size() == 1);
  CHECK(high.front().rule == "promotions_as_likely");
  CHECK(high.front().detail
        == "promotions is 667, where about 500 were to be expected before "
           "anybody left");
  CHECK(likely(333, expected).size() == 1);
}

TEST_CASE("what is unlikely among few people is no violation") {
  auto expected = expected_events{};
  expected.add_candidate(1);
  CHECK(likely(1, expected).empty());
  expected = {};
  expected.add_candidate(1'000'000);
  CHECK(likely(0, expected).empty());
  CHECK(likely(0, {}).empty());
}

TEST_CASE("enrollments are held against what was likely as promotions are") {
  CHECK(broken_after([](year_totals& totals) {
          totals.expected_enrollments.mean = 100'000'000;
          totals.expected_enrollments.variance = 0;
        })
        == std::set<std::string>{"enrollments_as_likely"});
}

} // namespace troupe::simulation
