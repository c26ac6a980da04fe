#include "actors/simulation/year_measures.hpp"

#include "actors/simulation/rounding.hpp"

#include <algorithm>
#include <array>

namespace troupe::simulation {

namespace {

template <auto Member>
constexpr std::int64_t member(const year_totals& totals) {
  return totals.*Member;
}

/// Share of those who are there at the end that take part in the plan.
std::int64_t participation(const year_totals& totals) {
  if (totals.end_headcount == 0)
    return 0;
  return half_up<std::int64_t>(totals.end_enrolled * ppm_whole,
                               totals.end_headcount);
}

std::int64_t mean_pay(const year_totals& totals) {
  if (totals.end_headcount == 0)
    return 0;
  return half_up<std::int64_t>(totals.end_payroll, totals.end_headcount);
}

using unit = measure_unit;
using from = measure_source;

constexpr auto measures = std::array<year_measure, 19>{{
  {"start_headcount", unit::people, from::scenario,
   member<&year_totals::start_headcount>},
  {"terminations", unit::people, from::scenario,
   member<&year_totals::terminations>},
  {"hires", unit::people, from::scenario, member<&year_totals::hires>},
  {"new_hire_terminations", unit::people, from::scenario,
   member<&year_totals::new_hire_terminations>},
  {"end_headcount", unit::people, from::scenario,
   member<&year_totals::end_headcount>},
  {"hires_compensation_cents", unit::cents, from::scenario,
   member<&year_totals::hires_pay>},
  {"hires_eligible_by_year_end", unit::people, from::scenario,
   member<&year_totals::hires_eligible_by_year_end>},
  {"promotions", unit::events, from::draws, member<&year_totals::promotions>},
  {"raises", unit::events, from::draws, member<&year_totals::raises>},
  {"enrollments", unit::events, from::draws, member<&year_totals::enrollments>},
  {"opt_outs", unit::events, from::draws, member<&year_totals::opt_outs>},
  {"events", unit::events, from::draws, member<&year_totals::events>},
  {"start_payroll_cents", unit::cents, from::scenario_at_start,
   member<&year_totals::start_payroll>},
  {"end_payroll_cents", unit::cents, from::draws,
   member<&year_totals::end_payroll>},
  {"prorated_payroll_cents", unit::cents, from::draws,
   member<&year_totals::prorated_payroll>},
  {"end_enrolled", unit::people, from::draws,
   member<&year_totals::end_enrolled>},
  {"participation_ppm", unit::ppm, from::draws, participation},
  {"mean_pay_cents", unit::cents, from::draws, mean_pay},
  {"raise_candidates", unit::people, from::draws,
   member<&year_totals::raise_candidates>},
}};

} // namespace

std::span<const year_measure> year_measures() noexcept {
  return measures;
}

const year_measure* find_measure(std::string_view name) noexcept {
  const auto* const found
    = std::ranges::find(measures, name, &year_measure::name);
  return found == measures.end() ? nullptr : found;
}

} // namespace troupe::simulation
