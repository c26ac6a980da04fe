#include "actors/simulation/year_totals_json.hpp"

namespace troupe::simulation {

nlohmann::ordered_json to_json(const year_totals& totals) {
  auto json = nlohmann::ordered_json::object();
  json["year"] = totals.year;
  json["start_headcount"] = totals.start_headcount;
  json["terminations"] = totals.terminations;
  json["hires"] = totals.hires;
  json["new_hire_terminations"] = totals.new_hire_terminations;
  json["end_headcount"] = totals.end_headcount;
  json["hires_by_level"] = totals.hires_by_level;
  json["hires_compensation_cents"] = totals.hires_pay;
  json["hires_eligible_by_year_end"] = totals.hires_eligible_by_year_end;
  json["promotions"] = totals.promotions;
  json["raises"] = totals.raises;
  json["enrollments"] = totals.enrollments;
  json["opt_outs"] = totals.opt_outs;
  json["events"] = totals.events;
  json["start_payroll_cents"] = totals.start_payroll;
  json["end_payroll_cents"] = totals.end_payroll;
  json["prorated_payroll_cents"] = totals.prorated_payroll;
  json["end_enrolled"] = totals.end_enrolled;
  json["end_by_level"] = totals.end_by_level;
  json["terminated_key_sum"] = totals.terminated_key_sum;
  json["experienced_terminated_key_sum"]
    = totals.experienced_terminated_key_sum;
  return json;
}

std::string to_json_text(std::span<const year_totals> years) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& totals : years)
    json.push_back(to_json(totals));
  return json.dump(1) + "\n";
}

} // namespace troupe::simulation
