#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_scope.hpp"
#include "actors/engine/task_times.hpp"

#include <algorithm>
#include <utility>

// What steps ask of their workers: labels, data, and to be spread.

namespace troupe::engine {

using runtime::outcome;

namespace {

/// What is listed; the rest of the queue has it as well.
constexpr auto kinds_max = std::size_t{100};
constexpr auto steps_max = 20;

auto no_such_worker(const std::string& key, std::string message) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = key;
  reason.message = std::move(message);
  reason.hint = "start it with --label NAME=VALUE, or submit the run to a "
                "cluster whose nodes have it";
  return runtime::fail(std::move(reason));
}

} // namespace

/// Where all workers are this process, none will come that has other labels. In
/// a cluster the step waits for one.
outcome<void> run_ledger::check_labels(const workflow& of) const {
  const auto is_alone
    = options_.rebind_window == std::chrono::milliseconds::zero()
      && std::ranges::all_of(workers_, [](const auto& each) {
           return each.second.node.empty();
         });
  if (!is_alone)
    return {};
  const auto any = [this](const auto& holds) {
    return std::ranges::any_of(workers_, [&](const auto& each) {
      return holds(each.second.labels);
    });
  };
  for (const auto& step : of.steps) {
    if (!step.placement)
      continue;
    const auto key = "steps." + step.id + ".placement.";
    for (const auto& [name, value] : step.placement->require)
      if (!any([&](const auto& has) { return has_label(has, name, value); }))
        return no_such_worker(key + "require." + name,
                              "no worker has the label "
                                + label_text(name, value));
    for (const auto& [name, value] : step.placement->exclude)
      if (!any([&](const auto& has) { return !has_label(has, name, value); }))
        return no_such_worker(key + "exclude." + name,
                              "every worker has the label "
                                + label_text(name, value));
  }
  return {};
}

/// What the step asks of its worker, for this task. What cannot be evaluated
/// makes the task fail as soon as a worker takes it.
placement_wish run_ledger::wish_of(const live_run& live,
                                   const task_key& task) const {
  const auto& step = *live.state->definition().steps[task.step].placement;
  auto wish = placement_wish{step.require, step.exclude, {}, {}, 0};
  if (auto texts = placement_of(*live.state, task)) {
    wish.data = std::move(texts->data);
    wish.spread = std::move(texts->spread);
  }
  if (!wish.spread.empty())
    wish.per_node = step.per_node;
  return wish;
}

void run_ledger::find_place(const live_run& live, const task_work& work,
                            ready_work& ready, queued_place& at) {
  const auto& definition = live.state->definition();
  if (!definition.steps[at.task.step].placement)
    return;
  auto wish = wish_of(live, at.task);
  // It waits anew each time it is ready, not only the first time.
  const auto since
    = work.status == work_status::backing_off ? work.due : work.since;
  auto until = since + options_.placement_patience;
  // Time has to be left for those it is not kept for.
  const auto ends = deadline_of(definition, at.task, work, context_.now);
  if (ends)
    until = std::min(until, since + (ends->at - since) / 2);
  if (ready.deadline)
    until = std::min(until, since + (*ready.deadline - since) / 2);
  const auto is_patient
    = (!wish.data.empty() || !wish.spread.empty()) && context_.now < until;
  at.placement = placement_.enter(std::move(wish), ready.activity, ready.needed,
                                  is_patient);
  ready.placement = at.placement;
  if (!is_patient)
    return;
  at.patient_until = until;
  patient_.emplace(until, ready.task);
}

/// What the queue gave away, or lost.
queued_place run_ledger::leave_queue(task_handle handle) {
  const auto found = places_.extract(handle);
  if (found.empty())
    return {};
  const auto& at = found.mapped();
  desk_.leave(at.guard);
  if (at.placement != 0)
    placement_.leave(at.placement);
  if (at.patient_until)
    patient_.erase({*at.patient_until, handle});
  return at;
}

bool run_ledger::has_impatient() const {
  return !patient_.empty() && patient_.begin()->first <= context_.now;
}

/// What has waited long enough may go to any worker that will do.
void run_ledger::end_patience(std::size_t& most) {
  for (; most != 0 && has_impatient(); --most) {
    const auto at = places_.at(patient_.begin()->second);
    auto& live = *find_live(at.number);
    dequeue(live, at.task);
    sync(live, at.task);
  }
}

void run_ledger::hold_worker(std::uint64_t worker, bool is_held) {
  const auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  found->second.is_held = is_held;
  if (placement_.hold(worker, is_held))
    enqueue_anew();
}

/// Computed from what is held, so that nothing can leak.
group_counts run_ledger::running_groups() const {
  auto counts = group_counts{};
  if (!placement_.has_groups())
    return counts;
  for (const auto& [worker, works] : held_) {
    const auto known = workers_.find(worker);
    if (known == workers_.end())
      continue;
    for (const auto& [what, share] : works)
      if (!share.group.empty())
        ++counts[{share.group, known->second.node}];
  }
  return counts;
}

// -- looking ------------------------------------------------------------------

/// The oldest first, each kind with the steps it is of.
void run_ledger::add_placed(messages::QueueReport& report) const {
  auto handles = std::vector<task_handle>{};
  for (const auto& [handle, at] : places_)
    if (at.placement != 0)
      handles.push_back(handle);
  std::ranges::sort(handles);
  const auto running = running_groups();
  auto kinds = std::map<placement_id, messages::QueueReport::Placed*>{};
  for (const auto handle : handles) {
    const auto& at = places_.at(handle);
    const auto& run = *find_live(at.number)->state;
    const auto since = runtime::to_microseconds(run.find(at.task)->ready_since);
    auto [kind, is_new] = kinds.try_emplace(at.placement, nullptr);
    if (is_new && kinds.size() <= kinds_max) {
      auto status = placement_.status(at.placement, running);
      kind->second = report.add_placed();
      kind->second->set_rules(std::move(status.rules));
      kind->second->set_reason(std::move(status.reason));
      kind->second->set_oldest(since);
    }
    if (kind->second == nullptr)
      continue;
    auto& to = *kind->second;
    to.set_ready(to.ready() + 1);
    to.set_oldest(std::min(to.oldest(), since));
    const auto& step = run.definition().steps[at.task.step].id;
    const auto& id = run.submission().run_id();
    const auto is_known
      = std::ranges::any_of(to.steps(), [&](const auto& each) {
          return each.run() == id && each.step() == step;
        });
    if (is_known || to.steps_size() == steps_max)
      continue;
    auto& of = *to.add_steps();
    of.set_run(id);
    of.set_step(step);
  }
}

void run_ledger::check_placement(std::vector<std::string>& found) const {
  auto patient = std::size_t{0};
  auto placed = std::size_t{0};
  for (const auto& [handle, at] : places_) {
    placed += at.placement == 0 ? 0 : 1;
    patient += at.patient_until ? 1 : 0;
    if (at.patient_until && !patient_.contains({*at.patient_until, handle}))
      found.push_back("work waits for a node for ever");
  }
  if (patient != patient_.size())
    found.push_back("a time to wait for a node belongs to no work");
  if (placed != placement_.pending())
    found.push_back("the placement desk counts other work than there is");
}

} // namespace troupe::engine
