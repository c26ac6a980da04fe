#include "actors/simulation/year_rules.hpp"

#include <array>

namespace troupe::simulation {

namespace {

// In the order of the enumeration.
constexpr auto texts = std::array<year_rule_text, year_rule_count>{{
  {"keys_ascend", "the key is not above the one before"},
  {"everybody_has_a_row", "started the year and has no row of it"},
  {"nobody_else_has_a_row", "has a row of a year that was not started"},
  {"events_ascend", "an event comes after one of a larger key"},
  {"events_have_a_row", "has an event, but no row"},
  {"events_of_the_right_kind",
   "has an event of another kind of people, or lacks one of its own"},
  {"one_event_of_a_kind", "has two events of a kind"},
  {"events_in_order", "has events in another order than the rules"},
  {"termination_has_its_event",
   "has a termination date without the event, or the event without the date"},
  {"status_fits_the_dates", "has a status that the dates do not say"},
  {"dates_stay", "changed the date of birth or of hire"},
  {"hire_by_its_sequence",
   "was hired on a day, at an age or to a level that is not that of the "
   "sequence"},
  {"age_by_the_calendar", "is not of the age that the date of birth says"},
  {"tenure_by_the_calendar", "has not the tenure that the hire date says"},
  {"level_by_promotion",
   "has not the level of before and one more for a promotion"},
  {"no_event_outside_employment",
   "has an event before the hire or after the termination"},
  {"events_on_their_day", "has an event on another day than the rules say"},
  {"events_tell_the_person",
   "has an event with another age, tenure or level, or without probability"},
  {"pay_never_falls", "is paid less than before"},
  {"raise_for_all_who_work",
   "has no raise though at work with the tenure for it, or the reverse"},
  {"hire_pay_in_band", "is paid outside the band of the level"},
  {"pay_by_events", "has not the pay that the events lead to"},
  {"increase_by_the_rules",
   "has a promotion or raise by more or less than the rules say"},
  {"promotion_of_candidates", "was promoted without being a candidate"},
  {"enrollment_of_candidates", "was enrolled without being a candidate"},
  {"opt_out_after_enrollment",
   "opted out without an enrollment of the year, or beyond the age"},
  {"plan_by_events", "takes part in the plan, or not, without an event"},
  {"deferral_by_events", "has not the deferral that the events say"},
  {"prorated_above_zero", "worked and is not paid"},
  {"prorated_at_most_pay", "is paid more for the year than the pay at its end"},
  {"prorated_by_days", "is not paid for the days at work"},
  {"nobody_terminated_stays", "left and starts the next year"},
  {"everybody_active_stays", "did not leave and does not start the next year"},
  {"next_year_as_the_row", "starts the next year with other values"},
  {"nobody_else_stays", "starts the next year without a row of this one"},
  {"totals_as_counted", "the totals are not those of rows and events"},
  {"year_after_year", "the year does not follow the one before"},
  {"headcount_as_planned", "the headcounts are not those planned"},
  {"leavers_by_level", "the leavers of a level are not its share of all"},
  {"headcount_adds_up",
   "the end is not start - terminations + hires - new hire terminations"},
  {"start_as_the_end_before", "the start is not the end of the year before"},
  {"counts_add_up", "parts of a count do not add up to it"},
  {"counts_within_candidates", "there are more events than candidates"},
  {"enrolled_by_events", "the enrolled at the end do not follow from events"},
  {"promotions_as_likely", "the promotions are not as likely as they were"},
  {"enrollments_as_likely", "the enrollments are not as likely as they were"},
}};

} // namespace

const year_rule_text& text_of(year_rule rule) noexcept {
  return texts[static_cast<std::size_t>(rule)];
}

} // namespace troupe::simulation
