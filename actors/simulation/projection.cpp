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

/// The bounds that two rounds of `blocks` tell.
template <class Blocks, class Count, class List>
outcome<leaver_bounds> choose(const Blocks& blocks, std::int64_t leavers,
                              leaver_search search, Count count_draws,
                              List list_draws) {
  for (const auto& block : blocks)
    count_draws(block, search.histograms());
  if (const auto found = search.find_buckets(leavers); !found)
    return fail(found.error());
  if (!search.does_anybody_leave())
    return leaver_bounds{};
  for (const auto& block : blocks)
    list_draws(block, search.buckets(), search.draws());
  return search.find_bounds();
}

outcome<leaver_bounds> choose_leavers(const year_plan& plan,
                                      const std::vector<people>& staff,
                                      std::int64_t count) {
  return choose(
    staff, count, leaver_search{plan.leaver_groups()},
    [&plan](const people& block, std::span<draw_histogram> groups) {
      count_staff_draws(plan, block, groups);
    },
    [&plan](const people& block, const group_buckets& buckets,
            std::span<std::vector<keyed_draw>> groups) {
      list_staff_draws(plan, block, buckets, groups);
    });
}

outcome<leaver_bounds> choose_leavers(const year_plan& plan,
                                      const std::vector<hire_range>& hires,
                                      std::int64_t count) {
  return choose(
    hires, count, leaver_search{},
    [&plan](const hire_range& range, std::span<draw_histogram> groups) {
      count_hire_draws(plan, range, groups.front());
    },
    [&plan](const hire_range& range, const group_buckets& buckets,
            std::span<std::vector<keyed_draw>> groups) {
      list_hire_draws(plan, range, *buckets.front(), groups.front());
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
  const auto leavers = choose_leavers(plan, staff, counts.terminations);
  if (!leavers)
    return fail(in_year(leavers.error(), plan.year));
  const auto hires = cut_hires(counts.hires, hires_per_block);
  const auto hired_leavers
    = choose_leavers(plan, hires, counts.new_hire_terminations);
  if (!hired_leavers)
    return fail(in_year(hired_leavers.error(), plan.year));
  blocks.resize(staff.size() + hires.size());
  auto block = blocks.begin();
  for (const auto& one : staff)
    simulate_staff(plan, one, *leavers, *block++);
  for (const auto& range : hires)
    simulate_hires(plan, range, (*hired_leavers)[0], *block++);
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
