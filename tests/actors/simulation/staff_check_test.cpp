#include "actors/simulation/year_check.hpp"
#include "tests/actors/simulation/damaged_staff.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

using namespace tests;
using enum year_rule;

TEST_CASE("a right year of staff breaks no rule") {
  const auto year = make_year();
  CHECK(check_staff_block(year.plan, year.before, year.staff).empty());
  CHECK(year.staff.totals.opt_outs > 0);
  CHECK(year.staff.totals.promotions > 0);
  const auto nobody = people{};
  auto block = year_block{};
  simulate_staff(year.plan, nobody, {}, block);
  CHECK(check_staff_block(year.plan, nobody, block).empty());
}

TEST_CASE("everybody has one row, and events only with it") {
  check_all({
    {keys_ascend, "a row twice",
     [](damaged_year& year) {
       repeat_entry(year.rows, 10);
       return year.rows.key[10];
     }},
    {keys_ascend, "two who start have a key",
     [](damaged_year& year) {
       repeat_entry(year.before, 10);
       return year.rows.key[10];
     }},
    {everybody_has_a_row, "no row",
     [](damaged_year& year) {
       erase_entry(year.rows, 10);
       return year.before.key[10];
     }},
    {everybody_has_a_row, "no last row",
     [](damaged_year& year) {
       --year.rows.count;
       return year.before.key.back();
     }},
    {nobody_else_has_a_row, "not started",
     [](damaged_year& year) {
       erase_entry(year.before, 10);
       return year.rows.key[10];
     }},
    {nobody_else_has_a_row, "the last not started",
     [](damaged_year& year) {
       const auto last = year.before.size() - 1;
       erase_entry(year.before, last);
       return year.rows.key[last];
     }},
    {events_have_a_row, "of a stranger in between",
     [](damaged_year& year) {
       repeat_entry(year.events, 0);
       return --year.events.key[0];
     }},
    {events_have_a_row, "of a stranger at the end",
     [](damaged_year& year) {
       const auto last = year.events.count - 1;
       repeat_entry(year.events, last);
       return ++year.events.key[last + 1];
     }},
    {events_have_a_row, "of the largest key",
     [](damaged_year& year) {
       const auto last = year.events.count - 1;
       repeat_entry(year.events, last);
       return year.events.key[last + 1] = no_key;
     }},
    {events_ascend, "an event too late",
     [](damaged_year& year) {
       const auto& keys = year.events.key;
       const auto at = first_of(year.events.count, [&keys](std::size_t event) {
         return event > 10 && keys[event] != keys[event - 1];
       });
       year.events.key[at - 1] = keys[at] + 1;
       return keys[at];
     }},
  });
}

TEST_CASE("each kind of event comes once, in order and for the right people") {
  check_all({
    {one_event_of_a_kind, "two raises",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       repeat_entry(year.events, year.event_of(row, event_type::raise));
       return year.rows.key[row];
     }},
    {events_in_order, "a raise before the promotion",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::promotion, true);
       const auto at = year.event_of(row, event_type::promotion);
       REQUIRE(year.events.type[at + 1] == event_type::raise);
       const auto promotion = year.events[at];
       set_event(year.events, at, year.events[at + 1]);
       set_event(year.events, at + 1, promotion);
       return year.rows.key[row];
     }},
    {events_of_the_right_kind, "hired though there already",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       const auto at = year.event_of(row, event_type::raise);
       year.events.type[at] = event_type::hire;
       return year.rows.key[row];
     }},
    {events_of_the_right_kind, "of no kind",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       const auto at = year.event_of(row, event_type::raise);
       year.events.type[at] = static_cast<event_type>(32);
       return year.rows.key[row];
     }},
  });
}

TEST_CASE("who leaves has an event, a status and a day for it") {
  check_all({
    {termination_has_its_event, "no event",
     [](damaged_year& year) {
       const auto row = year.left_row();
       erase_entry(year.events, year.event_of(row, event_type::termination));
       return year.rows.key[row];
     }},
    {termination_has_its_event, "no date",
     [](damaged_year& year) {
       const auto row = year.left_row();
       year.rows.termination_date[row] = no_day;
       return year.rows.key[row];
     }},
    {termination_has_its_event, "a date without event",
     [](damaged_year& year) {
       const auto row = year.active_row();
       year.rows.termination_date[row] = year.plan.days.last;
       return year.rows.key[row];
     }},
    {status_fits_the_dates, "active though gone",
     [](damaged_year& year) {
       const auto row = year.left_row();
       year.rows.status[row] = year_status::continuous_active;
       return year.rows.key[row];
     }},
    {status_fits_the_dates, "gone though active",
     [](damaged_year& year) {
       const auto row = year.active_row();
       year.rows.status[row] = year_status::experienced_termination;
       return year.rows.key[row];
     }},
    {status_fits_the_dates, "gone in the year after",
     [](damaged_year& year) {
       const auto row = year.left_row();
       year.rows.termination_date[row] = year.plan.days.last + 1;
       return year.rows.key[row];
     }},
    {status_fits_the_dates, "gone in the year before",
     [](damaged_year& year) {
       const auto row = year.left_row();
       year.rows.termination_date[row] = year.plan.days.first - 1;
       return year.rows.key[row];
     }},
    {no_event_outside_employment, "a raise after the last day",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, false);
       const auto at = year.event_of(row, event_type::raise);
       year.events.day[at] = static_cast<std::uint16_t>(
         year.rows.termination_date[row] - year.plan.days.first + 1);
       return year.rows.key[row];
     }},
    {no_event_outside_employment, "after the year",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       year.events.day[year.event_of(row, event_type::raise)] = 365;
       return year.rows.key[row];
     }},
  });
}

TEST_CASE("people grow older and longer in service as the calendar says") {
  check_all({
    {dates_stay, "born on another day",
     [](damaged_year& year) {
       --year.rows.birth_date[3];
       return year.rows.key[3];
     }},
    {dates_stay, "hired on another day",
     [](damaged_year& year) {
       ++year.rows.hire_date[3];
       return year.rows.key[3];
     }},
    {age_by_the_calendar, "a year older",
     [](damaged_year& year) {
       ++year.rows.age[3];
       return year.rows.key[3];
     }},
    {age_by_the_calendar, "far too old",
     [](damaged_year& year) {
       year.rows.age[3] = static_cast<std::uint8_t>(year.rows.age[3] + 128);
       return year.rows.key[3];
     }},
    {tenure_by_the_calendar, "a year less of tenure",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, true);
       --year.rows.tenure[row];
       return year.rows.key[row];
     }},
    {level_by_promotion, "a level more",
     [](damaged_year& year) {
       const auto row = year.untouched_row();
       ++year.rows.level[row];
       return year.rows.key[row];
     }},
    {level_by_promotion, "two levels more",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::promotion, true);
       ++year.rows.level[row];
       return year.rows.key[row];
     }},
    {level_by_promotion, "promoted and no level more",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::promotion, true);
       --year.rows.level[row];
       return year.rows.key[row];
     }},
    {level_by_promotion, "no such level",
     [](damaged_year& year) {
       year.before.level[3] = year.rows.level[3] = 6;
       return year.rows.key[3];
     }},
  });
}

TEST_CASE("events tell day and person") {
  const auto raise_with = [](auto change) {
    return [change](damaged_year& year) {
      const auto row = year.row_with(event_type::raise, true);
      change(year.events, year.event_of(row, event_type::raise));
      return year.rows.key[row];
    };
  };
  check_all({
    {events_on_their_day, "a raise a day early",
     raise_with([](auto& events, auto at) { --events.day[at]; })},
    {events_on_their_day, "left on the day before",
     [](damaged_year& year) {
       const auto row = year.row_with(event_type::raise, false);
       --year.events.day[year.event_of(row, event_type::termination)];
       return year.rows.key[row];
     }},
    {events_tell_the_person, "another level",
     raise_with([](auto& events, auto at) { ++events.level[at]; })},
    {events_tell_the_person, "another age",
     raise_with([](auto& events, auto at) { ++events.age[at]; })},
    {events_tell_the_person, "another tenure",
     raise_with([](auto& events, auto at) { ++events.tenure[at]; })},
    {events_tell_the_person, "more than certain",
     raise_with([](auto& events, auto at) { ++events.probability[at]; })},
    {events_tell_the_person, "less than impossible",
     raise_with([](auto& events, auto at) { events.probability[at] = -1; })},
  });
}

} // namespace troupe::simulation
