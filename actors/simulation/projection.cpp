#include "actors/simulation/projection.hpp"

#include "actors/simulation/headcount.hpp"
#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/people_check.hpp"
#include "actors/simulation/staff_year.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::simulation {

namespace {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

/// The bound of `count` draws that two rounds of `blocks` tell.
template <class Blocks, class Count, class List>
outcome<draw_bound> choose(const Blocks& blocks, std::int64_t count,
                           Count count_draws, List list_draws) {
  auto histogram = draw_histogram{};
  for (const auto& block : blocks)
    count_draws(block, histogram);
  if (count < 0 || static_cast<std::uint64_t>(count) > histogram.total())
    return fail(problem_kind::failed,
                std::to_string(count) + " are to leave of "
                  + std::to_string(histogram.total()) + " who can");
  const auto bucket = find_bucket(histogram, static_cast<std::uint64_t>(count));
  if (!bucket)
    return draw_bound{};
  auto draws = std::vector<keyed_draw>{};
  for (const auto& block : blocks)
    list_draws(block, *bucket, draws);
  return find_bound(*bucket, draws);
}

outcome<draw_bound> choose_leavers(const year_plan& plan,
                                   const std::vector<people>& staff,
                                   std::int64_t count) {
  return choose(
    staff, count,
    [&plan](const people& block, draw_histogram& draws) {
      count_staff_draws(plan, block, draws);
    },
    [&plan](const people& block, const bound_bucket& bucket,
            std::vector<keyed_draw>& draws) {
      list_staff_draws(plan, block, bucket, draws);
    });
}

outcome<draw_bound> choose_leavers(const year_plan& plan,
                                   const std::vector<hire_range>& hires,
                                   std::int64_t count) {
  return choose(
    hires, count,
    [&plan](const hire_range& range, draw_histogram& draws) {
      count_hire_draws(plan, range, draws);
    },
    [&plan](const hire_range& range, const bound_bucket& bucket,
            std::vector<keyed_draw>& draws) {
      list_hire_draws(plan, range, bucket, draws);
    });
}

std::int64_t count_people(const std::vector<people>& blocks) {
  auto count = std::size_t{0};
  for (const auto& block : blocks)
    count += block.size();
  return static_cast<std::int64_t>(count);
}

runtime::problem in_year(runtime::problem reason, std::int32_t year) {
  reason.message += " in " + std::to_string(year);
  return reason;
}

/// One year; `blocks` is reused.
outcome<year_totals> run_year(const year_plan& plan,
                              const std::vector<people>& staff,
                              const year_headcounts& counts,
                              std::int64_t hires_per_block,
                              std::vector<year_block>& blocks) {
  const auto leaver = choose_leavers(plan, staff, counts.terminations);
  if (!leaver)
    return fail(in_year(leaver.error(), plan.year));
  const auto hires = cut_hires(counts.hires, hires_per_block);
  const auto hired_leaver
    = choose_leavers(plan, hires, counts.new_hire_terminations);
  if (!hired_leaver)
    return fail(in_year(hired_leaver.error(), plan.year));
  blocks.resize(staff.size() + hires.size());
  auto block = blocks.begin();
  for (const auto& one : staff)
    simulate_staff(plan, one, *leaver, *block++);
  for (const auto& range : hires)
    simulate_hires(plan, range, *hired_leaver, *block++);
  auto totals = year_totals{};
  totals.year = plan.year;
  for (const auto& part : blocks)
    add(totals, part.totals);
  if (totals.overpaid_key != no_key)
    return fail(overpaid(totals));
  return totals;
}

} // namespace

runtime::problem overpaid(const year_totals& totals) {
  auto reason = runtime::problem{};
  reason.message = "pay of the person with key "
                   + std::to_string(totals.overpaid_key) + " is above "
                   + std::to_string(pay_max / 100) + " in "
                   + std::to_string(totals.year);
  reason.key = "compensation";
  reason.hint = "lower the rates of raises, or the pay at the start";
  return reason;
}

headcount_source planned_headcounts(const scenario& parameters) {
  return [parameters](std::int32_t year,
                      std::int64_t start) -> runtime::outcome<year_headcounts> {
    const auto rules = rules_of_year(parameters, year);
    const auto counts
      = plan_headcount(rules.workforce, rules.growth_rate, start);
    if (!counts)
      return runtime::fail(counts.error());
    return year_headcounts{.terminations = counts->terminations,
                           .hires = counts->hires,
                           .new_hire_terminations
                           = counts->new_hire_terminations};
  };
}

outcome<std::vector<year_totals>> project(const scenario& parameters,
                                          std::vector<people> staff,
                                          std::size_t hires_per_block,
                                          const headcount_source& headcounts,
                                          const year_sink& sink) {
  if (const auto checked = check_people(parameters, staff); !checked)
    return fail(checked.error());
  const auto block_size
    = static_cast<std::int64_t>(std::max(hires_per_block, std::size_t{1}));
  auto years = std::vector<year_totals>{};
  auto blocks = std::vector<year_block>{};
  for (auto year = parameters.start_year; year <= parameters.end_year; ++year) {
    const auto plan = make_year_plan(rules_of_year(parameters, year), year);
    const auto counts = headcounts(year, count_people(staff));
    if (!counts)
      return fail(in_year(counts.error(), year));
    const auto totals = run_year(plan, staff, *counts, block_size, blocks);
    if (!totals)
      return fail(totals.error());
    years.push_back(*totals);
    const auto taken
      = sink({.plan = plan, .totals = *totals, .blocks = blocks});
    if (!taken)
      return fail(taken.error());
    staff.resize(blocks.size());
    for (auto at = std::size_t{0}; at < blocks.size(); ++at)
      std::swap(staff[at], blocks[at].next);
  }
  return years;
}

} // namespace troupe::simulation
