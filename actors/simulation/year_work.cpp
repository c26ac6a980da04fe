#include "actors/simulation/year_work.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/people_bounds.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/scenario_text.hpp"
#include "actors/simulation/simulation_messages.hpp"
#include "actors/simulation/staff_year.hpp"
#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_text.hpp"
#include "actors/simulation/year_totals_message.hpp"
#include "runtime/problem_message.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <vector>

namespace troupe::simulation {

using messages::column;
using messages::column_block;
using messages::SimulationTask;
using runtime::fail;
using runtime::outcome;

namespace {

runtime::problem broken_task(const std::string& what) {
  auto reason = runtime::problem{};
  reason.message = "a task came without " + what;
  return reason;
}

bool is_about_hires(const SimulationTask& task) {
  return task.first_hire() != 0;
}

/// A task of another node may say anything.
bool has_sound_hires(const SimulationTask& task) {
  constexpr auto block_hires_max = std::uint64_t{1'000'000};
  constexpr auto hires_max = std::uint64_t{1} << 31U;
  return task.first_hire() <= task.last_hire()
         && task.last_hire() <= task.all_hires() && task.all_hires() < hires_max
         && task.last_hire() - task.first_hire() < block_hires_max;
}

hire_range hires_of(const SimulationTask& task) {
  return {.first = static_cast<std::int64_t>(task.first_hire()),
          .last = static_cast<std::int64_t>(task.last_hire()),
          .all = static_cast<std::int64_t>(task.all_hires())};
}

std::optional<bound_bucket>
bucket_of(const messages::SimulationContext::DrawBucket& from) {
  if (from.chosen() == 0)
    return std::nullopt;
  return bound_bucket{.bucket = from.bucket(), .chosen = from.chosen()};
}

/// Of each group; of none if nobody leaves.
group_buckets staff_buckets(const messages::SimulationContext& context,
                            std::size_t groups) {
  auto buckets = group_buckets{};
  for (const auto& each : context.staff_bucket())
    buckets.push_back(bucket_of(each));
  buckets.resize(groups);
  return buckets;
}

draw_bound bound_of(const messages::SimulationContext::DrawBound& from) {
  return keyed_draw{from.draw(), from.key()};
}

leaver_bounds staff_bounds(const messages::SimulationContext& context) {
  const auto& bounds = context.staff_bound();
  if (bounds.size() == 1)
    return bound_of(bounds[0]);
  auto by_level = leaver_bounds{};
  const auto levels
    = std::min({bounds.size(), context.staff_bucket_size(), int{level_max}});
  for (auto at = 0; at < levels; ++at)
    if (context.staff_bucket(at).chosen() != 0)
      by_level[static_cast<std::size_t>(at)] = bound_of(bounds[at]);
  return by_level;
}

draw_bound hire_bound(const messages::SimulationContext& context) {
  if (!context.has_hire_bound())
    return {};
  return bound_of(context.hire_bound());
}

/// The same holds for people.
std::optional<people_view> read_staff(const column_block& block) {
  const auto staff = read_people(block);
  return staff && are_in_bounds(*staff) ? staff : std::nullopt;
}

/// Those who may leave: keys are all that there is, and all that draws depend
/// on, unless weights or levels matter.
std::optional<people_view> candidates(const column_block& block) {
  if (block.size() >= people_column_count)
    return read_staff(block);
  const auto keys = read_keys(block);
  if (!keys)
    return std::nullopt;
  auto staff = people_view{};
  staff.key = *keys;
  return staff;
}

/// All years of a scenario of its own, for its totals.
outcome<year_work::finished> project_scenario(const SimulationTask& task,
                                              const column_block& block) {
  const auto parameters = parse_canonical_text(task.scenario());
  if (!parameters)
    return fail(parameters.error());
  const auto everybody = read_staff(block);
  if (!everybody || task.block_size() == 0)
    return fail(broken_task("people that there can be"));
  const auto block_size = static_cast<std::size_t>(task.block_size());
  const auto years
    = project(*parameters, cut_blocks(*everybody, block_size), block_size,
              planned_headcounts(*parameters),
              [](const projected_year&) -> outcome<void> { return {}; });
  if (!years)
    return fail(years.error());
  auto done = year_work::finished{};
  for (const auto& totals : *years)
    *done.result.add_totals() = to_message(totals);
  return done;
}

} // namespace

std::shared_ptr<year_block> block_pool::take() {
  auto block = std::unique_ptr<year_block>{};
  {
    const auto guard = std::lock_guard{shelf_->mutex};
    if (!shelf_->blocks.empty()) {
      block = std::move(shelf_->blocks.back());
      shelf_->blocks.pop_back();
    }
  }
  if (!block)
    block = std::make_unique<year_block>();
  return {block.release(), [shelf = shelf_](year_block* used) {
            auto back = std::unique_ptr<year_block>{used};
            const auto guard = std::lock_guard{shelf->mutex};
            shelf->blocks.push_back(std::move(back));
          }};
}

outcome<year_work::finished> year_work::perform(const SimulationTask& task,
                                                const column_block& block) {
  if (before_task_)
    before_task_(task, block);
  if (task.has_context())
    if (auto taken = accept(task.context()); !taken)
      return fail(taken.error());
  // The task that brought the context may have failed before it was taken.
  if (task.context_version() != context_.version()
      && task.stage() != messages::SIMULATION_STAGE_PROJECT)
    throw std::runtime_error{"the context of the task is missing"};
  if (is_about_hires(task) && !has_sound_hires(task))
    return fail(broken_task("hires that there can be"));
  auto done = outcome<finished>{};
  switch (task.stage()) {
    case messages::SIMULATION_STAGE_COUNT:
      done = count(task, block);
      break;
    case messages::SIMULATION_STAGE_LIST:
      done = list(task, block);
      break;
    case messages::SIMULATION_STAGE_SIMULATE:
      done = simulate(task, block);
      break;
    case messages::SIMULATION_STAGE_PROJECT:
      done = project_scenario(task, block);
      break;
    default:
      done = fail(broken_task("a stage that is known"));
      break;
  }
  if (done) {
    done->result.set_task(task.task());
    done->result.set_attempt(task.attempt());
  }
  return done;
}

year_work::answer year_work::try_perform(const SimulationTask& task,
                                         const column_block& block) {
  auto failure = messages::SimulationTaskFailure{};
  failure.set_task(task.task());
  failure.set_attempt(task.attempt());
  try {
    auto done = perform(task, block);
    if (done)
      return std::move(*done);
    *failure.mutable_input()
      = runtime::to_problem_message<messages::ProblemReport>(done.error());
  } catch (const std::exception& error) {
    failure.set_reason(error.what());
  }
  return failure;
}

outcome<void> year_work::accept(const messages::SimulationContext& context) {
  const auto is_other_year = context.year() != context_.year()
                             || context.scenario() != context_.scenario();
  if (is_other_year) {
    const auto rules = parse_canonical_text(context.scenario());
    if (!rules)
      return fail(rules.error());
    if (context.year() < rules->start_year || context.year() > rules->end_year)
      return fail(broken_task("a year of its scenario"));
    plan_ = make_year_plan(*rules, context.year());
  }
  context_ = context;
  return {};
}

outcome<year_work::finished> year_work::count(const SimulationTask& task,
                                              const column_block& block) const {
  auto groups = std::vector<draw_histogram>(
    is_about_hires(task) ? 1 : plan_.leaver_groups());
  if (is_about_hires(task)) {
    count_hire_draws(plan_, hires_of(task), groups.front());
  } else {
    const auto staff = candidates(block);
    if (!staff)
      return fail(broken_task("people that there can be"));
    count_staff_draws(plan_, *staff, groups);
  }
  return finished{.result = {}, .block = to_block(groups)};
}

outcome<year_work::finished> year_work::list(const SimulationTask& task,
                                             const column_block& block) const {
  auto groups = group_draws(is_about_hires(task) ? 1 : plan_.leaver_groups());
  if (is_about_hires(task)) {
    if (const auto bucket = bucket_of(context_.hire_bucket()))
      list_hire_draws(plan_, hires_of(task), *bucket, groups.front());
  } else {
    const auto staff = candidates(block);
    if (!staff)
      return fail(broken_task("people that there can be"));
    list_staff_draws(plan_, *staff, staff_buckets(context_, groups.size()),
                     groups);
  }
  return finished{.result = {}, .block = to_block(groups)};
}

outcome<void> year_work::run_kernel(const SimulationTask& task,
                                    const column_block& block,
                                    year_block& made) const {
  if (is_about_hires(task)) {
    simulate_hires(plan_, hires_of(task), hire_bound(context_), made);
    return {};
  }
  const auto staff = read_staff(block);
  if (!staff)
    return fail(broken_task("people that there can be"));
  simulate_staff(plan_, *staff, staff_bounds(context_), made);
  return {};
}

std::vector<rule_violation> year_work::check(const SimulationTask& task,
                                             const column_block& block,
                                             const year_block& made) const {
  if (is_about_hires(task))
    return check_hire_block(plan_, hires_of(task), made);
  return check_staff_block(plan_, *read_people(block), made);
}

outcome<void> year_work::add_text(const SimulationTask& task,
                                  const column_block& block,
                                  const year_block& made,
                                  std::vector<column>& columns) const {
  auto ids = person_ids{};
  if (!is_about_hires(task)) {
    auto given = read_ids(block, people_column_count);
    if (!given)
      return fail(broken_task("ids"));
    ids = std::move(*given);
  }
  const auto lines = year_text{plan_, ids};
  auto events = std::string{};
  lines.append_events(events, made.events);
  auto rows = std::string{};
  lines.append_rows(rows, made.rows);
  columns.emplace_back(std::move(events));
  columns.emplace_back(std::move(rows));
  return {};
}

outcome<year_work::finished> year_work::simulate(const SimulationTask& task,
                                                 const column_block& block) {
  const auto made = pool_.take();
  if (const auto run = run_kernel(task, block, *made); !run)
    return fail(run.error());
  auto done = finished{};
  *done.result.add_totals() = to_message(made->totals);
  for (const auto& each : check(task, block, *made))
    *done.result.add_violations() = to_message(each);
  auto columns = std::vector<column>{};
  const auto next = std::make_shared<const people>(std::move(made->next));
  made->next = {};
  append_people(columns, *next, next);
  if (context_.keep_columns()) {
    append_events(columns, made->events, made);
    append_rows(columns, made->rows, made);
  }
  if (context_.keep_text())
    if (const auto added = add_text(task, block, *made, columns); !added)
      return fail(added.error());
  if (context_.keep_packed()) {
    auto rows = std::string{};
    pack_rows(made->rows, rows);
    auto events = std::string{};
    pack_events(made->events, events);
    columns.emplace_back(std::move(rows));
    columns.emplace_back(std::move(events));
  }
  done.block = column_block{std::move(columns)};
  return done;
}

} // namespace troupe::simulation
