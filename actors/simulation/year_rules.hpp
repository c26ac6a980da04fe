#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::simulation {

/// What holds in every year whatever the draws are. Of several rules that
/// somebody breaks the first is named: what comes later may follow from it.
enum class year_rule : std::uint8_t {
  // Who has rows and events.
  keys_ascend,
  everybody_has_a_row,
  nobody_else_has_a_row,
  events_ascend,
  events_have_a_row,
  // Which events there are.
  events_of_the_right_kind,
  one_event_of_a_kind,
  events_in_order,
  // Who the person is.
  termination_has_its_event,
  status_fits_the_dates,
  dates_stay,
  hire_by_its_sequence,
  age_by_the_calendar,
  tenure_by_the_calendar,
  level_by_promotion,
  // What the events say.
  no_event_outside_employment,
  events_on_their_day,
  events_tell_the_person,
  // Pay and plan.
  pay_never_falls,
  raise_for_all_who_work,
  hire_pay_in_band,
  pay_by_events,
  increase_by_the_rules,
  promotion_of_candidates,
  enrollment_of_candidates,
  opt_out_after_enrollment,
  plan_by_events,
  deferral_by_events,
  prorated_above_zero,
  prorated_at_most_pay,
  prorated_by_days,
  // Who starts the next year.
  nobody_terminated_stays,
  everybody_active_stays,
  next_year_as_the_row,
  nobody_else_stays,
  // All people together.
  totals_as_counted,
  year_after_year,
  headcount_as_planned,
  leavers_by_level,
  headcount_adds_up,
  start_as_the_end_before,
  counts_add_up,
  counts_within_candidates,
  enrolled_by_events,
  promotions_as_likely,
  enrollments_as_likely,
};

inline constexpr auto year_rule_count
  = std::size_t{static_cast<std::size_t>(year_rule::enrollments_as_likely) + 1};

struct year_rule_text {
  std::string_view name;
  /// What is wrong where it is broken, of one person or of the year.
  std::string_view broken;
};

[[nodiscard]] const year_rule_text& text_of(year_rule rule) noexcept;

} // namespace troupe::simulation
