#include "actors/engine/straggler.hpp"

#include <algorithm>

namespace troupe::engine {

std::optional<instant::duration> straggler_patience(const run_state& run,
                                                    step_index step) {
  const auto& state = run.steps()[step];
  const auto& known = state.durations;
  if (!run.definition().steps[step].speculate
      || known.size() < straggler_done_min
      || std::size_t{state.succeeded} * 2 < state.tasks.size())
    return std::nullopt;
  // Of an even number the higher one: rather late than twice.
  const auto median = known[known.size() / 2];
  constexpr auto longest = instant::duration{std::chrono::years{1}};
  return std::max<instant::duration>(
    straggler_elapsed_min, std::min(median, longest) * straggler_factor);
}

bool may_speculate(const run_state& run, const task_key& task) {
  const auto* work = run.find(task);
  return work != nullptr && work->status == work_status::running
         && !task.compensation && run.backup_of(task) == nullptr
         && work->second_claims < second_claims_max
         && run.definition().steps[task.step].speculate
         && run.status() == run_status::running && !run.is_cancelling()
         && !run.is_failing();
}

found_stragglers find_stragglers(const run_state& run, step_index step,
                                 instant now) {
  auto found = found_stragglers{};
  const auto patience = straggler_patience(run, step);
  if (!patience)
    return found;
  const auto& tasks = run.steps()[step].tasks;
  for (auto item = std::uint32_t{0}; item < tasks.size(); ++item) {
    const auto task = task_key{step, item, false};
    if (!may_speculate(run, task))
      continue;
    const auto slow_at = tasks[item].since + *patience;
    if (slow_at <= now)
      found.slow.push_back(task);
    else
      found.next = std::min(slow_at, found.next.value_or(slow_at));
  }
  std::ranges::stable_sort(found.slow, {}, [&](const task_key& task) {
    return tasks[task.item].since;
  });
  return found;
}

} // namespace troupe::engine
