#include "actors/simulation/block_check.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace troupe::simulation {

namespace {

struct counted_field {
  std::string_view name;
  std::int64_t (*of)(const year_totals& totals);
};

template <auto Member>
constexpr std::int64_t field(const year_totals& totals) {
  return static_cast<std::int64_t>(totals.*Member);
}

template <auto Member, std::size_t At>
constexpr std::int64_t level_field(const year_totals& totals) {
  return (totals.*Member)[At];
}

template <auto Member, auto Part>
constexpr std::int64_t expected_field(const year_totals& totals) {
  return static_cast<std::int64_t>(totals.*Member.*Part);
}

using t = year_totals;

/// All fields, by their keys in years.json where they have one.
constexpr auto counted_fields = std::array{
  counted_field{"year", field<&t::year>},
  counted_field{"start_headcount", field<&t::start_headcount>},
  counted_field{"terminations", field<&t::terminations>},
  counted_field{"hires", field<&t::hires>},
  counted_field{"new_hire_terminations", field<&t::new_hire_terminations>},
  counted_field{"end_headcount", field<&t::end_headcount>},
  counted_field{"hires_by_level[0]", level_field<&t::hires_by_level, 0>},
  counted_field{"hires_by_level[1]", level_field<&t::hires_by_level, 1>},
  counted_field{"hires_by_level[2]", level_field<&t::hires_by_level, 2>},
  counted_field{"hires_by_level[3]", level_field<&t::hires_by_level, 3>},
  counted_field{"hires_by_level[4]", level_field<&t::hires_by_level, 4>},
  counted_field{"hires_compensation_cents", field<&t::hires_pay>},
  counted_field{"hires_eligible_by_year_end",
                field<&t::hires_eligible_by_year_end>},
  counted_field{"promotions", field<&t::promotions>},
  counted_field{"raises", field<&t::raises>},
  counted_field{"enrollments", field<&t::enrollments>},
  counted_field{"opt_outs", field<&t::opt_outs>},
  counted_field{"events", field<&t::events>},
  counted_field{"start_payroll_cents", field<&t::start_payroll>},
  counted_field{"end_payroll_cents", field<&t::end_payroll>},
  counted_field{"prorated_payroll_cents", field<&t::prorated_payroll>},
  counted_field{"end_enrolled", field<&t::end_enrolled>},
  counted_field{"end_by_level[0]", level_field<&t::end_by_level, 0>},
  counted_field{"end_by_level[1]", level_field<&t::end_by_level, 1>},
  counted_field{"end_by_level[2]", level_field<&t::end_by_level, 2>},
  counted_field{"end_by_level[3]", level_field<&t::end_by_level, 3>},
  counted_field{"end_by_level[4]", level_field<&t::end_by_level, 4>},
  counted_field{"terminated_key_sum", field<&t::terminated_key_sum>},
  counted_field{"experienced_terminated_key_sum",
                field<&t::experienced_terminated_key_sum>},
  counted_field{
    "promotion_candidates",
    expected_field<&t::expected_promotions, &expected_events::candidates>},
  counted_field{
    "expected_promotions_ppm",
    expected_field<&t::expected_promotions, &expected_events::mean>},
  counted_field{
    "promotion_variance_ppm2",
    expected_field<&t::expected_promotions, &expected_events::variance>},
  counted_field{
    "enrollment_candidates",
    expected_field<&t::expected_enrollments, &expected_events::candidates>},
  counted_field{
    "expected_enrollments_ppm",
    expected_field<&t::expected_enrollments, &expected_events::mean>},
  counted_field{
    "enrollment_variance_ppm2",
    expected_field<&t::expected_enrollments, &expected_events::variance>},
  counted_field{"raise_candidates", field<&t::raise_candidates>},
  counted_field{"overpaid_key", field<&t::overpaid_key>},
};

} // namespace

void violation_list::add(year_rule rule, std::uint64_t key) {
  auto& violation = find(rule);
  ++violation.people;
  if (violation.keys.size() < violation_keys_max)
    violation.keys.push_back(key);
}

void violation_list::add(year_rule rule, const std::string& detail) {
  const auto is_first = find_or_null(rule) == nullptr;
  auto& violation = find(rule);
  violation.detail = is_first ? detail : violation.detail + ", " + detail;
}

rule_violation* violation_list::find_or_null(year_rule rule) {
  const auto found
    = std::ranges::find(violations_, text_of(rule).name, &rule_violation::rule);
  return found == violations_.end() ? nullptr : &*found;
}

rule_violation& violation_list::find(year_rule rule) {
  if (auto* const found = find_or_null(rule))
    return *found;
  violations_.push_back({.rule = std::string{text_of(rule).name},
                         .year = year_,
                         .detail = std::string{text_of(rule).broken}});
  return violations_.back();
}

void next_cursor::skip_strangers(std::uint64_t key, violation_list& list) {
  for (; at < next->size() && next->key[at] < key; ++at)
    list.add(year_rule::nobody_else_stays, next->key[at]);
}

void next_cursor::skip_rest(violation_list& list) {
  for (; at < next->size(); ++at)
    list.add(year_rule::nobody_else_stays, next->key[at]);
}

void event_cursor::skip_strangers(std::uint64_t key, violation_list& list) {
  for (; at < events->count && events->key[at] < key; ++at)
    list.add(year_rule::events_have_a_row, events->key[at]);
}

void event_cursor::skip_rest(violation_list& list) {
  for (; at < events->count; ++at)
    list.add(year_rule::events_have_a_row, events->key[at]);
}

bool check_keys(std::span<const std::uint64_t> keys, const year_block& made,
                violation_list& list) {
  const auto rows = std::span{made.rows.key}.first(made.rows.count);
  for (const auto& column : {keys, rows})
    for (auto at = std::size_t{1}; at < column.size(); ++at)
      if (column[at] <= column[at - 1])
        list.add(year_rule::keys_ascend, column[at]);
  for (auto at = std::size_t{1}; at < made.events.count; ++at)
    if (made.events.key[at] < made.events.key[at - 1])
      list.add(year_rule::events_ascend, made.events.key[at]);
  if (!list.empty())
    return false;
  auto row = rows.begin();
  for (const auto key : keys) {
    for (; row != rows.end() && *row < key; ++row)
      list.add(year_rule::nobody_else_has_a_row, *row);
    if (row != rows.end() && *row == key)
      ++row;
    else
      list.add(year_rule::everybody_has_a_row, key);
  }
  for (; row != rows.end(); ++row)
    list.add(year_rule::nobody_else_has_a_row, *row);
  return list.empty();
}

void check_totals(const year_totals& counted, const year_totals& told,
                  violation_list& list) {
  auto detail = std::string{};
  for (const auto& field : counted_fields) {
    if (field.of(counted) == field.of(told))
      continue;
    detail += (detail.empty() ? "" : ", ") + std::string{field.name} + " is "
              + std::to_string(field.of(told)) + " in the totals and "
              + std::to_string(field.of(counted)) + " in rows and events";
  }
  if (!detail.empty())
    list.add(year_rule::totals_as_counted, detail);
}

} // namespace troupe::simulation
