#include "actors/simulation/year_totals.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

void add(expected_events& events, const expected_events& part) {
  events.candidates += part.candidates;
  events.mean += part.mean;
  events.variance += part.variance;
}

void add(std::array<std::int64_t, level_count>& counts,
         const std::array<std::int64_t, level_count>& part) {
  for (auto level = std::size_t{0}; level < level_count; ++level)
    counts[level] += part[level];
}

} // namespace

void add(year_totals& totals, const year_totals& part) {
  totals.year = part.year;
  totals.start_headcount += part.start_headcount;
  totals.terminations += part.terminations;
  totals.hires += part.hires;
  totals.new_hire_terminations += part.new_hire_terminations;
  totals.end_headcount += part.end_headcount;
  add(totals.hires_by_level, part.hires_by_level);
  totals.hires_pay += part.hires_pay;
  totals.hires_eligible_by_year_end += part.hires_eligible_by_year_end;
  totals.promotions += part.promotions;
  totals.raises += part.raises;
  totals.enrollments += part.enrollments;
  totals.opt_outs += part.opt_outs;
  totals.events += part.events;
  totals.start_payroll += part.start_payroll;
  totals.end_payroll += part.end_payroll;
  totals.prorated_payroll += part.prorated_payroll;
  totals.end_enrolled += part.end_enrolled;
  add(totals.end_by_level, part.end_by_level);
  totals.terminated_key_sum += part.terminated_key_sum;
  totals.experienced_terminated_key_sum += part.experienced_terminated_key_sum;
  add(totals.expected_promotions, part.expected_promotions);
  add(totals.expected_enrollments, part.expected_enrollments);
  totals.raise_candidates += part.raise_candidates;
  totals.overpaid_key = std::min(totals.overpaid_key, part.overpaid_key);
}

} // namespace troupe::simulation
