#include "actors/simulation/year_totals_message.hpp"

#include <algorithm>
#include <array>

namespace troupe::simulation {

namespace {

using level_counts = std::array<std::int64_t, level_count>;
using repeated_counts = google::protobuf::RepeatedField<std::int64_t>;

void copy_levels(const level_counts& from, repeated_counts& to) {
  to.Add(from.begin(), from.end());
}

void copy_levels(const repeated_counts& from, level_counts& to) {
  const auto count = std::min(static_cast<std::size_t>(from.size()), to.size());
  std::copy_n(from.begin(), count, to.begin());
}

void copy_expected(const expected_events& from,
                   messages::YearTotals::Expected& to) {
  to.set_candidates(from.candidates);
  to.set_mean(from.mean);
  to.set_variance(from.variance);
}

expected_events expected_of(const messages::YearTotals::Expected& from) {
  return {.candidates = from.candidates(),
          .mean = from.mean(),
          .variance = from.variance()};
}

} // namespace

messages::YearTotals to_message(const year_totals& totals) {
  auto message = messages::YearTotals{};
  message.set_year(totals.year);
  message.set_start_headcount(totals.start_headcount);
  message.set_terminations(totals.terminations);
  message.set_hires(totals.hires);
  message.set_new_hire_terminations(totals.new_hire_terminations);
  message.set_end_headcount(totals.end_headcount);
  copy_levels(totals.hires_by_level, *message.mutable_hires_by_level());
  message.set_hires_pay(totals.hires_pay);
  message.set_hires_eligible_by_year_end(totals.hires_eligible_by_year_end);
  message.set_promotions(totals.promotions);
  message.set_raises(totals.raises);
  message.set_enrollments(totals.enrollments);
  message.set_opt_outs(totals.opt_outs);
  message.set_events(totals.events);
  message.set_start_payroll(totals.start_payroll);
  message.set_end_payroll(totals.end_payroll);
  message.set_prorated_payroll(totals.prorated_payroll);
  message.set_end_enrolled(totals.end_enrolled);
  copy_levels(totals.end_by_level, *message.mutable_end_by_level());
  message.set_terminated_key_sum(totals.terminated_key_sum);
  message.set_experienced_terminated_key_sum(
    totals.experienced_terminated_key_sum);
  copy_expected(totals.expected_promotions,
                *message.mutable_expected_promotions());
  copy_expected(totals.expected_enrollments,
                *message.mutable_expected_enrollments());
  message.set_raise_candidates(totals.raise_candidates);
  message.set_overpaid_key(totals.overpaid_key);
  return message;
}

year_totals from_message(const messages::YearTotals& message) {
  auto totals = year_totals{};
  totals.year = message.year();
  totals.start_headcount = message.start_headcount();
  totals.terminations = message.terminations();
  totals.hires = message.hires();
  totals.new_hire_terminations = message.new_hire_terminations();
  totals.end_headcount = message.end_headcount();
  copy_levels(message.hires_by_level(), totals.hires_by_level);
  totals.hires_pay = message.hires_pay();
  totals.hires_eligible_by_year_end = message.hires_eligible_by_year_end();
  totals.promotions = message.promotions();
  totals.raises = message.raises();
  totals.enrollments = message.enrollments();
  totals.opt_outs = message.opt_outs();
  totals.events = message.events();
  totals.start_payroll = message.start_payroll();
  totals.end_payroll = message.end_payroll();
  totals.prorated_payroll = message.prorated_payroll();
  totals.end_enrolled = message.end_enrolled();
  copy_levels(message.end_by_level(), totals.end_by_level);
  totals.terminated_key_sum = message.terminated_key_sum();
  totals.experienced_terminated_key_sum
    = message.experienced_terminated_key_sum();
  totals.expected_promotions = expected_of(message.expected_promotions());
  totals.expected_enrollments = expected_of(message.expected_enrollments());
  totals.raise_candidates = message.raise_candidates();
  totals.overpaid_key = message.overpaid_key();
  return totals;
}

} // namespace troupe::simulation
