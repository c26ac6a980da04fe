#include "actors/engine/run_derivation.hpp"

#include "actors/engine/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// The step and all that depends on it, directly or not, by index.
std::vector<bool> affected_by(const workflow& of,
                              std::optional<step_index> from) {
  auto affected = std::vector<bool>(of.steps.size());
  if (from)
    affected[*from] = true;
  for (const auto step : of.order)
    if (affected[step])
      for (const auto next : of.steps[step].needed_by)
        affected[next] = true;
  return affected;
}

messages::RunTookOver::Step take_step(const run_state& at, step_index index,
                                      bool all_borrowed) {
  const auto& step = at.steps()[index];
  auto taken = messages::RunTookOver::Step{};
  taken.set_step(index);
  taken.set_skip_reason(step.skip_reason);
  taken.set_items(static_cast<std::uint32_t>(step.tasks.size()));
  for (auto item = std::uint32_t{0}; item < step.tasks.size(); ++item) {
    const auto& task = step.tasks[item];
    if (task.status != work_status::succeeded)
      continue;
    auto& each = *taken.add_tasks();
    each.set_item(item);
    each.set_attempts(task.attempts);
    if (!task.output.is_null())
      each.set_output(task.output.dump());
    each.set_borrowed((all_borrowed || task.is_borrowed)
                      && !has_bug(planted_bug::undo_borrowed));
  }
  return taken;
}

bool is_worth_taking(const run_state& at, step_index index) {
  const auto& step = at.steps()[index];
  // A fan-out over nothing has no tasks, and is done as soon as it begins.
  return step.is_skipped || step.succeeded != 0
         || (step.tasks.empty()
             && (step.is_taken_over
                 || at.status_of(index) == step_status::succeeded));
}

/// Whether all that the step needs is taken over, and was done.
bool has_needs(const workflow& of, step_index index,
               const std::vector<bool>& is_done) {
  return std::ranges::all_of(of.steps[index].needs,
                             [&](step_index need) { return is_done[need]; });
}

} // namespace

outcome<derivation_plan> plan_derivation(const run_state& at,
                                         const run_state& now,
                                         std::optional<step_index> from_step) {
  const auto& definition = now.definition();
  auto plan = derivation_plan{};
  const auto is_anew = affected_by(definition, from_step);
  const auto all_borrowed = now.status() == run_status::completed;
  // Otherwise no run of this workflow ever undoes anything.
  const auto is_undone
    = definition.on_failure.kind == failure_policy::action::compensate;
  auto is_done = std::vector<bool>(definition.steps.size());
  for (const auto index : definition.order) {
    if (is_anew[index] || !is_worth_taking(at, index)
        || !has_needs(definition, index, is_done))
      continue;
    is_done[index] = at.steps()[index].is_done();
    auto step = take_step(at, index, all_borrowed);
    const auto has_effects
      = is_undone && definition.steps[index].compensate
        && std::ranges::any_of(step.tasks(), [](const auto& task) {
             return !task.borrowed();
           });
    if (has_effects && !now.undo_reason().empty())
      return fail(problem_kind::conflict,
                  "step " + definition.steps[index].id
                    + " of the run was undone, or may be: nothing can go on "
                      "from it",
                  "rerun from that step or one before it, or start a new run");
    plan.has_effects |= has_effects;
    *plan.taken.add_steps() = std::move(step);
  }
  if (plan.has_effects && !now.heir().empty()
      && !has_bug(planted_bug::share_effects))
    return fail(problem_kind::conflict,
                "run " + now.heir() + " answers for what this run did",
                "go on from that run");
  if (!from_step)
    plan.signals = at.signals();
  return plan;
}

outcome<std::unique_ptr<run_state>>
fold_until(std::shared_ptr<const workflow> of,
           const std::vector<messages::RunEvent>& history,
           std::uint64_t event) {
  if (event == 0 || event > history.size())
    return fail(problem_kind::invalid_input,
                "the run has the events 1 to " + std::to_string(history.size()),
                "see them with troupe run history");
  auto run = std::make_unique<run_state>(std::move(of));
  for (auto i = std::uint64_t{0}; i < event; ++i)
    if (auto applied = run->apply(history[i]); !applied)
      return fail(applied.error());
  return run;
}

} // namespace troupe::engine
