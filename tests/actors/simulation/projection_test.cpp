#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <set>

namespace troupe::simulation {

namespace {

using people_by_key = std::map<std::uint64_t, year_row>;
using events_by_key = std::map<std::uint64_t, std::vector<event>>;

people_by_key rows_of(const projected_year& year) {
  auto rows = people_by_key{};
  for (const auto& block : year.blocks)
    for (auto at = std::size_t{0}; at < block.rows.count; ++at)
      REQUIRE(rows.emplace(block.rows.key[at], block.rows[at]).second);
  return rows;
}

events_by_key events_of(const projected_year& year) {
  auto events = events_by_key{};
  for (const auto& block : year.blocks)
    for (auto at = std::size_t{0}; at < block.events.count; ++at)
      events[block.events.key[at]].push_back(block.events[at]);
  return events;
}

void check_events(const year_plan& plan, const year_row& row,
                  const std::vector<event>& events) {
  auto seen = std::set<event_type>{};
  for (const auto& one : events) {
    REQUIRE(seen.insert(one.type).second);
    const auto day = plan.days.first + one.day;
    REQUIRE(day <= row.termination_date);
    REQUIRE(day >= row.hire_date);
    REQUIRE(day <= plan.days.last);
  }
  REQUIRE(row.is_active()
          == !(seen.contains(event_type::termination)
               || seen.contains(event_type::new_hire_termination)));
}

/// Against the row of a year earlier.
void check_change(const year_row& before, const year_row& row,
                  const std::vector<event>& events) {
  REQUIRE(before.is_active());
  REQUIRE(row.birth_date == before.birth_date);
  REQUIRE(row.hire_date == before.hire_date);
  REQUIRE(row.pay >= before.pay);
  REQUIRE(row.age == before.age + 1);
  const auto is_first = before.status == year_status::new_hire_active;
  REQUIRE(row.tenure <= before.tenure + 1);
  REQUIRE((is_first || row.tenure == before.tenure + 1));
  const auto promotions
    = std::ranges::count(events, event_type::promotion, &event::type);
  REQUIRE(row.level == before.level + promotions);
  if (before.plan == enrollment::opted_out)
    REQUIRE(row.plan == enrollment::opted_out);
}

void check_counts(const projected_year& year, std::int64_t count,
                  const expected_events& expected) {
  const auto mean = static_cast<double>(expected.mean) / 1e6;
  const auto deviation
    = std::sqrt(static_cast<double>(expected.variance)) / 1e6;
  const auto staying = 1.0
                       - static_cast<double>(year.totals.terminations)
                           / static_cast<double>(year.totals.start_headcount);
  CHECK(static_cast<double>(count) <= mean + 5 * deviation);
  CHECK(static_cast<double>(count) >= mean * staying - 5 * deviation);
}

/// What must hold whatever the draws are.
class invariants {
public:
  void check(const projected_year& year) {
    const auto rows = rows_of(year);
    const auto events = events_of(year);
    const auto& totals = year.totals;
    REQUIRE(static_cast<std::int64_t>(rows.size())
            == totals.start_headcount + totals.hires);
    if (before_.empty()) {
      check_counts(year, totals.promotions, totals.expected_promotions);
      check_counts(year, totals.enrollments, totals.expected_enrollments);
    } else {
      REQUIRE(totals.start_headcount == end_headcount_);
    }
    auto counted = std::map<event_type, std::int64_t>{};
    for (const auto& [key, row] : rows) {
      const auto found = events.find(key);
      const auto own
        = found == events.end() ? std::vector<event>{} : found->second;
      for (const auto& one : own)
        ++counted[one.type];
      check_events(year.plan, row, own);
      REQUIRE(row.prorated > 0);
      REQUIRE(row.prorated <= row.pay);
      const auto earlier = before_.find(key);
      if (earlier != before_.end())
        check_change(earlier->second, row, own);
      else
        REQUIRE((before_.empty() || key > hire_key(year.plan.year, 0)));
    }
    CHECK(counted[event_type::termination] == totals.terminations);
    CHECK(counted[event_type::hire] == totals.hires);
    CHECK(counted[event_type::eligibility] == totals.hires);
    CHECK(counted[event_type::new_hire_termination]
          == totals.new_hire_terminations);
    CHECK(counted[event_type::promotion] == totals.promotions);
    CHECK(counted[event_type::raise] == totals.raises);
    before_ = rows;
    end_headcount_ = totals.end_headcount;
  }

private:
  people_by_key before_;
  std::int64_t end_headcount_ = 0;
};

year_sink no_sink() {
  return [](const projected_year&) -> runtime::outcome<void> { return {}; };
}

headcount_source always(year_headcounts counts) {
  return
    [counts](std::int32_t, std::int64_t) -> runtime::outcome<year_headcounts> {
      return counts;
    };
}

} // namespace

TEST_CASE("whatever is drawn, what must hold holds") {
  const auto scope = GENERATE(enrollment_scope::all_eligible_employees,
                              enrollment_scope::new_hires_only);
  const auto staff = make_blocks(tests::read_golden_census().staff, 64);
  const auto headcounts = tests::golden_headcounts();
  const auto expected = tests::read_simulation_json("invariants.json");
  auto leavers = std::set<std::uint64_t>{};
  for (auto seed = std::uint64_t{1}; seed <= 50; ++seed) {
    INFO("seed " << seed);
    auto parameters = tests::read_golden_scenario();
    parameters.seed = seed;
    parameters.enrollment.scope = scope;
    auto checked = invariants{};
    const auto years
      = project(
          parameters, staff, 64, headcounts,
          [&checked](const projected_year& year) -> runtime::outcome<void> {
            checked.check(year);
            return {};
          })
          .value();
    REQUIRE(years.size() == expected.size());
    for (auto i = std::size_t{0}; i < years.size(); ++i) {
      const auto& counts = expected[i];
      CHECK(years[i].end_headcount == counts.at("end_headcount"));
      CHECK(years[i].terminations == counts.at("terminations"));
      CHECK(years[i].new_hire_terminations
            == counts.at("new_hire_terminations"));
      CHECK(years[i].hires_pay == counts.at("hires_compensation_cents"));
      CHECK(years[i].hires_by_level
            == counts.at("hires_by_level")
                 .get<std::array<std::int64_t, level_count>>());
    }
    leavers.insert(years.back().terminated_key_sum);
  }
  CHECK(leavers.size() == 50); // Other seeds choose other people.
}

TEST_CASE("people who cannot start a projection are refused") {
  auto staff = people{};
  staff.resize(2);
  const auto years
    = project(tests::read_golden_scenario(), {staff}, 1, always({}), no_sink());
  REQUIRE_FALSE(years);
  CHECK(years.error().kind == runtime::problem_kind::invalid_input);
}

TEST_CASE("no more can leave than there are") {
  const auto staff = make_blocks(tests::read_golden_census().staff, 50);
  const auto parameters = tests::read_golden_scenario();
  const auto told = [&](year_headcounts counts) {
    const auto years
      = project(parameters, staff, 50, always(counts), no_sink());
    return years ? std::string{} : years.error().message;
  };
  CHECK(told({.terminations = 201, .hires = 0, .new_hire_terminations = 0})
        == "201 are to leave of 200 who can in 2025");
  CHECK(told({.terminations = 0, .hires = 364, .new_hire_terminations = 364})
        == "364 are to leave of 363 who can in 2025");
}

TEST_CASE("everybody may leave, and be replaced") {
  auto parameters = tests::read_golden_scenario();
  parameters.end_year = parameters.start_year + 1;
  auto starts = std::vector<std::int64_t>{};
  const auto years
    = project(
        parameters, make_blocks(tests::read_golden_census().staff, 7), 3,
        [&starts](std::int32_t,
                  std::int64_t start) -> runtime::outcome<year_headcounts> {
          starts.push_back(start);
          return year_headcounts{
            .terminations = start, .hires = 20, .new_hire_terminations = 5};
        },
        no_sink())
        .value();
  CHECK(starts == std::vector<std::int64_t>{200, 15});
  CHECK(years.back().end_headcount == 15);
}

TEST_CASE("a pay above the highest ends a projection with key and year") {
  auto staff = tests::read_golden_census().staff;
  staff.pay[0] = pay_max;
  staff.birth_date[0] = 0;
  const auto years = project(tests::read_golden_scenario(),
                             make_blocks(staff, 50), 50, always({}), no_sink());
  REQUIRE_FALSE(years);
  CHECK(years.error().message
        == "pay of the person with key 1 is above 1000000000 in 2025");
}

TEST_CASE("what a sink or the headcounts say ends a projection") {
  const auto staff = make_blocks(tests::read_golden_census().staff, 50);
  const auto parameters = tests::read_golden_scenario();
  auto calls = 0;
  auto years
    = project(parameters, staff, 50, always({}),
              [&calls](const projected_year&) -> runtime::outcome<void> {
                ++calls;
                return runtime::fail(runtime::problem_kind::unavailable,
                                     "the disk is full");
              });
  REQUIRE_FALSE(years);
  CHECK(years.error().message == "the disk is full");
  CHECK(calls == 1);
  years = project(
    parameters, staff, 50,
    [](std::int32_t, std::int64_t) -> runtime::outcome<year_headcounts> {
      return runtime::fail(runtime::problem_kind::invalid_input, "no growth");
    },
    no_sink());
  REQUIRE_FALSE(years);
  CHECK(years.error().message == "no growth in 2025");
}

} // namespace troupe::simulation
