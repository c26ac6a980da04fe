#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_rules.hpp"
#include "tests/actors/simulation/made_year.hpp"
#include "tests/actors/simulation/year_damage.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>

namespace troupe::simulation {

namespace {

using namespace tests;
using enum year_rule;

using damage = std::function<std::uint64_t(const year_plan&, year_block&)>;

struct damage_case {
  year_rule rule;
  std::string what;
  damage change;
};

std::size_t event_of(const year_block& block, std::size_t row,
                     event_type type) {
  return first_of(block.events.count, [&](std::size_t at) {
    return block.events.key[at] == block.rows.key[row]
           && block.events.type[at] == type;
  });
}

/// The first after some that stays, or leaves.
std::size_t row_that(const year_block& block, bool stays) {
  return first_of(block.rows.count, [&](std::size_t at) {
    return at > 20 && block.rows[at].is_active() == stays;
  });
}

void check_all(const std::vector<damage_case>& cases) {
  for (const auto& of : cases) {
    INFO(text_of(of.rule).name << ": " << of.what);
    auto year = make_year();
    const auto key = of.change(year.plan, year.hired);
    const auto found = check_hire_block(year.plan, year.hires, year.hired);
    REQUIRE(found.size() == 1);
    CHECK(found.front().rule == text_of(of.rule).name);
    CHECK(found.front().year == 2025);
    CHECK(found.front().keys == std::vector{key});
    CHECK(found.front().people == 1);
  }
}

/// Changes the row of a hire who stays.
template <class Change>
damage row_with(Change change) {
  return [change](const year_plan&, year_block& block) {
    const auto row = row_that(block, true);
    change(block.rows, row);
    return block.rows.key[row];
  };
}

/// Changes an event of a hire who leaves.
template <class Change>
damage event_with(event_type type, Change change) {
  return [type, change](const year_plan&, year_block& block) {
    const auto row = row_that(block, false);
    change(block.events, event_of(block, row, type));
    return block.rows.key[row];
  };
}

} // namespace

TEST_CASE("a right year of hires breaks no rule") {
  const auto year = make_year();
  CHECK(check_hire_block(year.plan, year.hires, year.hired).empty());
  CHECK(year.hired.totals.new_hire_terminations > 50);
  auto block = year_block{};
  for (const auto& range : {hire_range{1, 0, 0}, hire_range{1, 1, 1},
                            hire_range{364, 366, 3'000}}) {
    simulate_hires(year.plan, range, {}, block);
    CHECK(check_hire_block(year.plan, range, block).empty());
  }
}

TEST_CASE("each hire has a row and the events of a hire") {
  check_all({
    {keys_ascend, "twice",
     [](const year_plan&, year_block& block) {
       repeat_entry(block.rows, 10);
       return block.rows.key[10];
     }},
    {everybody_has_a_row, "none",
     [](const year_plan&, year_block& block) {
       const auto key = block.rows.key[10];
       erase_entry(block.rows, 10);
       return key;
     }},
    {nobody_else_has_a_row, "one too many",
     [](const year_plan&, year_block& block) {
       const auto last = block.rows.count - 1;
       repeat_entry(block.rows, last);
       return ++block.rows.key[last + 1];
     }},
    {events_have_a_row, "of a stranger",
     [](const year_plan&, year_block& block) {
       repeat_entry(block.events, 0);
       return --block.events.key[0];
     }},
    {events_of_the_right_kind, "no eligibility",
     [](const year_plan&, year_block& block) {
       erase_entry(block.events, event_of(block, 30, event_type::eligibility));
       return block.rows.key[30];
     }},
    {events_of_the_right_kind, "a raise",
     event_with(event_type::hire,
                [](auto& events, auto at) {
                  events.type[at] = event_type::raise;
                })},
    {one_event_of_a_kind, "hired twice",
     [](const year_plan&, year_block& block) {
       repeat_entry(block.events, event_of(block, 30, event_type::hire));
       return block.rows.key[30];
     }},
    {events_in_order, "eligible before the hire",
     [](const year_plan&, year_block& block) {
       const auto at = event_of(block, 30, event_type::hire);
       const auto hire = block.events[at];
       set_event(block.events, at, block.events[at + 1]);
       set_event(block.events, at + 1, hire);
       return block.rows.key[30];
     }},
  });
}

TEST_CASE("the events of a hire are on their days and tell the person") {
  check_all({
    {termination_has_its_event, "no event",
     [](const year_plan&, year_block& block) {
       const auto row = row_that(block, false);
       erase_entry(block.events,
                   event_of(block, row, event_type::new_hire_termination));
       return block.rows.key[row];
     }},
    {no_event_outside_employment, "eligible after the last day",
     event_with(event_type::eligibility,
                [](auto& events, auto at) { events.day[at] = 364; })},
    {no_event_outside_employment, "eligible before the hire",
     event_with(event_type::eligibility,
                [](auto& events, auto at) { --events.day[at]; })},
    {events_on_their_day, "hired a day late",
     event_with(event_type::hire,
                [](auto& events, auto at) { ++events.day[at]; })},
    {events_on_their_day, "left a day early",
     event_with(event_type::new_hire_termination,
                [](auto& events, auto at) { --events.day[at]; })},
    {events_tell_the_person, "another age",
     event_with(event_type::hire,
                [](auto& events, auto at) { ++events.age[at]; })},
    {pay_by_events, "hired for more",
     event_with(event_type::hire,
                [](auto& events, auto at) { ++events.amount[at]; })},
    {pay_by_events, "paid before",
     event_with(event_type::eligibility,
                [](auto& events, auto at) { ++events.previous[at]; })},
  });
}

TEST_CASE("the row of a hire follows from the sequence") {
  check_all({
    {status_fits_the_dates, "gone though here",
     row_with([](auto& rows, auto at) {
       rows.status[at] = year_status::new_hire_termination;
     })},
    {status_fits_the_dates, "gone on the first day",
     [](const year_plan&, year_block& block) {
       const auto row = row_that(block, false);
       block.rows.termination_date[row] = block.rows.hire_date[row];
       return block.rows.key[row];
     }},
    {hire_by_its_sequence, "hired later",
     row_with([](auto& rows, auto at) { ++rows.hire_date[at]; })},
    {hire_by_its_sequence, "older",
     row_with([](auto& rows, auto at) { ++rows.age[at]; })},
    {hire_by_its_sequence, "another level",
     row_with([](auto& rows, auto at) { ++rows.level[at]; })},
    {age_by_the_calendar, "born later",
     row_with([](auto& rows, auto at) { ++rows.birth_date[at]; })},
    {tenure_by_the_calendar, "with tenure",
     row_with([](auto& rows, auto at) { ++rows.tenure[at]; })},
    {hire_pay_in_band, "too much",
     row_with([](auto& rows, auto at) { rows.pay[at] *= 2; })},
    {pay_by_events, "a cent more",
     row_with([](auto& rows, auto at) { ++rows.pay[at]; })},
    {plan_by_events, "enrolled", row_with([](auto& rows, auto at) {
       rows.plan[at] = enrollment::enrolled;
     })},
    {deferral_by_events, "defers",
     row_with([](auto& rows, auto at) { ++rows.deferral[at]; })},
    {prorated_above_zero, "not paid",
     row_with([](auto& rows, auto at) { rows.prorated[at] = 0; })},
    {prorated_at_most_pay, "paid too much", row_with([](auto& rows, auto at) {
       rows.prorated[at] = 1 + rows.pay[at];
     })},
    {prorated_by_days, "paid a cent more",
     row_with([](auto& rows, auto at) { ++rows.prorated[at]; })},
    {nobody_terminated_stays, "gone and back",
     [](const year_plan&, year_block& block) {
       const auto key = block.rows.key[row_that(block, false)];
       auto& next = block.next;
       const auto at = first_of(next.size(), [&](std::size_t of) {
         return next.key[of] > key;
       });
       repeat_entry(next, at);
       return next.key[at] = key;
     }},
    {everybody_active_stays, "lost",
     [](const year_plan&, year_block& block) {
       const auto key = block.next.key[7];
       erase_entry(block.next, 7);
       return key;
     }},
    {next_year_as_the_row, "another pay",
     [](const year_plan&, year_block& block) {
       ++block.next.pay[7];
       return block.next.key[7];
     }},
    {nobody_else_stays, "a stranger",
     [](const year_plan&, year_block& block) {
       const auto last = block.next.size() - 1;
       repeat_entry(block.next, last);
       return block.next.key[last + 1] = no_key;
     }},
  });
}

TEST_CASE("totals of hires are what can be counted") {
  const auto change = GENERATE(
    +[](year_totals& totals) { ++totals.hires; },
    +[](year_totals& totals) { ++totals.new_hire_terminations; },
    +[](year_totals& totals) { ++totals.hires_by_level[2]; },
    +[](year_totals& totals) { ++totals.hires_pay; },
    +[](year_totals& totals) { ++totals.hires_eligible_by_year_end; },
    +[](year_totals& totals) { ++totals.end_headcount; },
    +[](year_totals& totals) { ++totals.end_payroll; },
    +[](year_totals& totals) { ++totals.events; },
    +[](year_totals& totals) { ++totals.terminated_key_sum; },
    +[](year_totals& totals) { ++totals.experienced_terminated_key_sum; },
    +[](year_totals& totals) { ++totals.expected_promotions.mean; });
  auto year = make_year();
  change(year.hired.totals);
  const auto found = check_hire_block(year.plan, year.hires, year.hired);
  REQUIRE(found.size() == 1);
  CHECK(found.front().rule == "totals_as_counted");
  CHECK(found.front().people == 0);
}

} // namespace troupe::simulation
