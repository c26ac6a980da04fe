#include "actors/simulation/year_check.hpp"
#include "tests/actors/simulation/damaged_staff.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

using namespace tests;
using enum year_rule;

TEST_CASE("pay goes where the events lead, and never down") {
  check_all({
    {pay_never_falls, "less than before",
     [](damaged_year& year) {
       year.rows.pay[3] = year.before.pay[3] - 1;
       return year.rows.key[3];
     }},
    {raise_for_all_who_work, "no raise",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       erase_entry(year.events, year.event_of(row, event_type::raise));
       return year.rows.key[row];
     }},
    {raise_for_all_who_work, "a raise without tenure",
     [](damaged_year& year) {
       const auto row = year.untouched_row();
       const auto pay = year.rows.pay[row];
       year.give_event(row, event_type::raise, year.plan.days.raise, pay, pay);
       return year.rows.key[row];
     }},
    {pay_by_events, "a cent more than the raise",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       ++year.rows.pay[row];
       return year.rows.key[row];
     }},
    {pay_by_events, "more without event",
     [](damaged_year& year) {
       const auto row = year.untouched_row();
       ++year.rows.pay[row];
       return year.rows.key[row];
     }},
    {pay_by_events, "a raise of another pay",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       ++year.events.previous[year.event_of(row, event_type::raise)];
       return year.rows.key[row];
     }},
    {pay_by_events, "a promotion that is forgotten",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::promotion, true);
       ++year.events.amount[year.event_of(row, event_type::promotion)];
       return year.rows.key[row];
     }},
    {pay_by_events, "left with another pay",
     [](damaged_year& year) {
       const auto row = year.left_row();
       ++year.events.amount[year.event_of(row, event_type::termination)];
       return year.rows.key[row];
     }},
    {increase_by_the_rules, "a cent more by raise",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       ++year.events.amount[year.event_of(row, event_type::raise)];
       ++year.rows.pay[row];
       return year.rows.key[row];
     }},
    {increase_by_the_rules, "a quarter more by promotion",
     [](damaged_year& year) {
       const auto row = first_of(year.rows.count, [&](std::size_t at) {
         return year.has_event(at, event_type::promotion)
                && !year.has_event(at, event_type::raise);
       });
       const auto pay = year.before.pay[row] * 5 / 4;
       year.events.amount[year.event_of(row, event_type::promotion)] = pay;
       year.rows.pay[row] = pay;
       return year.rows.key[row];
     }},
  });
}

TEST_CASE("promoted and enrolled are only candidates") {
  check_all({
    {promotion_of_candidates, "no tenure",
     [](damaged_year& year) {
       const auto row = year.untouched_row();
       const auto pay = year.rows.pay[row];
       ++year.rows.level[row];
       year.rows.pay[row] = pay * 6 / 5;
       year.give_event(row, event_type::promotion, year.plan.days.promotion,
                       pay * 6 / 5, pay);
       return year.rows.key[row];
     }},
    {enrollment_of_candidates, "enrolled already",
     [](damaged_year& year) {
       const auto row = year.row_in_plan(enrollment::enrolled);
       year.give_event(row, event_type::enrollment, year.plan.days.enrollment,
                       year.before.pay[row], 0);
       year.events.level[year.event_of(row, event_type::enrollment)]
         = year.before.level[row];
       return year.rows.key[row];
     }},
    {opt_out_after_enrollment, "enrolled a year ago",
     [](damaged_year& year) {
       const auto row = year.row_in_plan(enrollment::enrolled);
       const auto pay = year.before.pay[row];
       year.give_event(row, event_type::opt_out, year.plan.days.opt_out, pay,
                       pay);
       year.events.level[year.event_of(row, event_type::opt_out)]
         = year.before.level[row];
       return year.rows.key[row];
     }},
    {plan_by_events, "enrolled without event",
     [](damaged_year& year) {
       const auto row = year.row_in_plan(enrollment::none);
       year.rows.plan[row] = enrollment::enrolled;
       return year.rows.key[row];
     }},
    {plan_by_events, "opted out and forgotten",
     [](damaged_year& year) {
       const auto row = year.row_in_plan(enrollment::opted_out);
       year.rows.plan[row] = enrollment::none;
       return year.rows.key[row];
     }},
    {deferral_by_events, "another deferral without event",
     [](damaged_year& year) {
       const auto row = year.row_in_plan(enrollment::enrolled);
       ++year.rows.deferral[row];
       return year.rows.key[row];
     }},
    {deferral_by_events, "another deferral with it",
     [](damaged_year& year) {
       const auto row = first_of(year.rows.count, [&](std::size_t at) {
         return year.has_event(at, event_type::enrollment)
                && !year.has_event(at, event_type::opt_out);
       });
       ++year.rows.deferral[row];
       return year.rows.key[row];
     }},
    {deferral_by_events, "a deferral of who opted out",
     [](damaged_year& year) {
       const auto row = first_of(year.rows.count, [&](std::size_t at) {
         return year.has_event(at, event_type::opt_out);
       });
       year.rows.deferral[row] = 30'000;
       return year.rows.key[row];
     }},
  });
}

TEST_CASE("the pay of a year is for its days") {
  const auto set_prorated = [](cents (*of)(const year_row&)) {
    return [of](damaged_year& year) {
      year.rows.prorated[3] = of(year.rows[3]);
      return year.rows.key[3];
    };
  };
  check_all({
    {prorated_above_zero, "none",
     set_prorated([](const year_row&) { return cents{0}; })},
    {prorated_at_most_pay, "more than the pay",
     set_prorated([](const year_row& row) { return row.pay + 1; })},
    {prorated_by_days, "a cent more",
     set_prorated([](const year_row& row) { return row.prorated + 1; })},
    {prorated_by_days, "a cent less",
     set_prorated([](const year_row& row) { return row.prorated - 1; })},
  });
}

TEST_CASE("who stays starts the next year, as in the row") {
  const auto next_with = [](auto change) {
    return [change](damaged_year& year) {
      const auto row = year.row_in_plan(enrollment::enrolled);
      change(year.next, year.next_of(row));
      return year.rows.key[row];
    };
  };
  check_all({
    {nobody_terminated_stays, "gone and back",
     [](damaged_year& year) {
       const auto row = year.left_row();
       const auto key = year.rows.key[row];
       const auto at = first_of(year.next.size(), [&](std::size_t of) {
         return year.next.key[of] > key;
       });
       repeat_entry(year.next, at);
       year.next.key[at] = key;
       return key;
     }},
    {everybody_active_stays, "lost",
     [](damaged_year& year) {
       const auto row = year.active_row();
       erase_entry(year.next, year.next_of(row));
       return year.rows.key[row];
     }},
    {everybody_active_stays, "the last lost",
     [](damaged_year& year) {
       const auto key = year.next.key.back();
       erase_entry(year.next, year.next.size() - 1);
       return key;
     }},
    {nobody_else_stays, "a stranger",
     [](damaged_year& year) {
       repeat_entry(year.next, 0);
       return --year.next.key[0];
     }},
    {nobody_else_stays, "a stranger at the end",
     [](damaged_year& year) {
       const auto last = year.next.size() - 1;
       repeat_entry(year.next, last);
       return year.next.key[last + 1] = no_key;
     }},
    {nobody_else_stays, "twice",
     [](damaged_year& year) {
       repeat_entry(year.next, 5);
       return year.next.key[5];
     }},
    {next_year_as_the_row, "born on another day",
     next_with([](people& next, std::size_t at) { ++next.birth_date[at]; })},
    {next_year_as_the_row, "hired on another day",
     next_with([](people& next, std::size_t at) { --next.hire_date[at]; })},
    {next_year_as_the_row, "another pay",
     next_with([](people& next, std::size_t at) { ++next.pay[at]; })},
    {next_year_as_the_row, "another deferral",
     next_with([](people& next, std::size_t at) { ++next.deferral[at]; })},
    {next_year_as_the_row, "another level",
     next_with([](people& next, std::size_t at) { ++next.level[at]; })},
    {next_year_as_the_row, "out of the plan",
     next_with([](people& next, std::size_t at) {
       next.plan[at] = enrollment::opted_out;
     })},
  });
}

TEST_CASE("many who break a rule are counted and some named") {
  auto year = damaged_year{};
  for (auto at = std::size_t{0}; at < 12; ++at)
    ++year.rows.prorated[at];
  --year.rows.birth_date[20];
  const auto found = check_staff_block(year.plan, year.before, year.staff);
  REQUIRE(found.size() == 2);
  CHECK(found[0].people == 12);
  CHECK(found[0].keys.size() == violation_keys_max);
  CHECK(found[0].keys.back() == year.rows.key[9]);
  CHECK(found[1].rule == "dates_stay");
}

TEST_CASE("pay of cents may be nothing for a day") {
  auto year = make_year();
  std::ranges::fill(year.before.pay, 100);
  simulate_staff(year.plan, year.before, keyed_draw{no_key, no_key},
                 year.staff);
  CHECK(std::ranges::count(year.staff.rows.prorated, 0) > 0);
  CHECK(check_staff_block(year.plan, year.before, year.staff).empty());
}

TEST_CASE("totals of staff are what can be counted") {
  const auto change = GENERATE(
    +[](year_totals& totals) { ++totals.terminations; },
    +[](year_totals& totals) { ++totals.hires; },
    +[](year_totals& totals) { ++totals.end_headcount; },
    +[](year_totals& totals) { --totals.promotions; },
    +[](year_totals& totals) { --totals.raises; },
    +[](year_totals& totals) { ++totals.enrollments; },
    +[](year_totals& totals) { ++totals.opt_outs; },
    +[](year_totals& totals) { ++totals.events; },
    +[](year_totals& totals) { ++totals.start_payroll; },
    +[](year_totals& totals) { ++totals.end_payroll; },
    +[](year_totals& totals) { ++totals.prorated_payroll; },
    +[](year_totals& totals) { ++totals.end_enrolled; },
    +[](year_totals& totals) { ++totals.end_by_level[4]; },
    +[](year_totals& totals) { ++totals.terminated_key_sum; },
    +[](year_totals& totals) { ++totals.experienced_terminated_key_sum; },
    +[](year_totals& totals) { ++totals.raise_candidates; },
    +[](year_totals& totals) { ++totals.expected_promotions.candidates; },
    +[](year_totals& totals) { ++totals.expected_enrollments.candidates; },
    +[](year_totals& totals) { totals.overpaid_key = 5; },
    +[](year_totals& totals) { ++totals.year; },
    +[](year_totals& totals) { ++totals.start_headcount; });
  auto year = make_year();
  change(year.staff.totals);
  const auto found = check_staff_block(year.plan, year.before, year.staff);
  REQUIRE(found.size() == 1);
  CHECK(found.front().rule == "totals_as_counted");
  CHECK(found.front().year == 2025);
  CHECK(found.front().people == 0);
}

} // namespace troupe::simulation
