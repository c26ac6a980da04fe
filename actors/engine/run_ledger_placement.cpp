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
    for (const auto& rule : step.placement->require)
      if (!any([&](const auto& has) {
            return has_label(has, rule.first, rule.second);
          }))
        return no_such_worker(key + "require." + rule.first,
                              "no worker has the label "
                                + label_text(rule.first, rule.second));
    for (const auto& rule : step.placement->exclude)
      if (!any([&](const auto& has) {
            return !has_label(has, rule.first, rule.second);
          }))
        return no_such_worker(key + "exclude." + rule.first,
                              "every worker has the label "
                                + label_text(rule.first, rule.second));
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
                            ready_work& ready, queued_place& at,
                            patience left) {
  const auto& definition = live.state->definition();
  if (!definition.steps[at.task.step].placement)
    return;
  auto wish = wish_of(live, at.task);
  // Each attempt waits anew, not only the first one.
  const auto since
    = work.status == work_status::backing_off ? work.due : work.since;
  // Time has to be left for those it is not kept for.
  auto until = instant::max();
  if (const auto ends = deadline_of(*live.state, at.task, context_.now))
    until = since + (ends->at - since) / 2;
  if (ready.deadline)
    until = std::min(until, since + (*ready.deadline - since) / 2);
  const auto is_patient = left == patience::whole && context_.now < until
                          && (!wish.data.empty() || !wish.spread.empty());
  if (is_patient)
    at.data = wish.data;
  enter_place(std::move(wish), ready, at, is_patient);
  if (!is_patient)
    return;
  not_passed_.insert({at.rules, at.placement, ready.task});
  if (until != instant::max())
    set_patience(ready.task, at, until);
}

void run_ledger::enter_place(placement_wish wish, ready_work& ready,
                             queued_place& at, bool is_patient) {
  at.placement = placement_.enter(std::move(wish), ready.activity, ready.needed,
                                  is_patient);
  at.rules = placement_.rules_of(at.placement);
  ready.placement = at.placement;
  ready.rules = at.rules;
}

void run_ledger::set_patience(task_handle handle, queued_place& at,
                              instant until) {
  if (at.patient_until)
    patient_.erase({*at.patient_until, handle});
  at.patient_until = std::min(until, at.patient_until.value_or(until));
  patient_.emplace(*at.patient_until, handle);
}

/// The worker has room for more and gets nothing: what it may not have now for
/// the sake of others waits from now on, and not for ever. As long as all have
/// enough to do, nothing is lost by waiting.
void run_ledger::pass_over(const worker_offer& offer) {
  using waiting = placement_desk::waiting;
  for (auto next = not_passed_.begin(); next != not_passed_.end();) {
    const auto rules = next->rules;
    const auto kept
      = placement_.waits_for_others(offer.worker, rules, offer.free);
    if (kept == waiting::full)
      for (const auto kind : offer.full)
        if (placement_.rules_of(kind) == rules)
          pass_over(offer, rules, kind);
    if (kept == waiting::all)
      while (next != not_passed_.end() && next->rules == rules) {
        const auto kind = next->kind;
        pass_over(offer, rules, kind);
        next = not_passed_.lower_bound({rules, kind + 1, 0});
      }
    next = not_passed_.lower_bound({rules + 1, 0, 0});
  }
}

void run_ledger::pass_over(const worker_offer& offer, rules_id rules,
                           placement_id kind) {
  if (!placement_.passes_over(offer.worker, kind, offer.free, running_))
    return;
  const auto until = context_.now + options_.placement_patience;
  const auto begin = not_passed_.lower_bound({rules, kind, 0});
  const auto end = not_passed_.lower_bound({rules, kind + 1, 0});
  for (auto at = begin; at != end; ++at)
    set_patience(at->task, places_.at(at->task), until);
  not_passed_.erase(begin, end);
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
  not_passed_.erase({at.rules, at.placement, handle});
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
    const auto& at = places_.at(patient_.begin()->second);
    const auto task = at.task;
    auto& live = *find_live(at.number);
    dequeue(live.queued, task);
    enqueue(live, task, *live.state->find(task), patience::over);
  }
}

/// Workers are others now: what waits for a node that does not own its data any
/// more waits for the one that does. All else is looked at when a worker asks.
void run_ledger::move_data() {
  auto moved = std::vector<task_handle>{};
  auto known = std::map<std::pair<placement_id, std::string_view>, bool>{};
  for (const auto& [handle, at] : places_) {
    if (at.data.empty())
      continue;
    const auto [of, is_new] = known.try_emplace({at.placement, at.data}, false);
    if (is_new)
      of->second = placement_.has_moved(at.placement, at.data);
    if (of->second)
      moved.push_back(handle);
  }
  known.clear();
  std::ranges::sort(moved);
  for (const auto handle : moved) {
    const auto& at = places_.at(handle);
    const auto task = at.task;
    auto& live = *find_live(at.number);
    dequeue(live.queued, task);
    sync(live, task);
  }
}

void run_ledger::hold_worker(std::uint64_t worker, bool is_held) {
  const auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  found->second.is_held = is_held;
  if (placement_.hold(worker, is_held))
    move_data();
}

/// What a worker has, or has not any more, of its group.
void run_ledger::count_group(const held_share& share, bool is_there) {
  if (share.group.empty())
    return;
  auto& of_node = running_[share.node];
  auto& count = of_node[share.group];
  count = is_there ? count + 1 : count - 1;
  if (count == 0)
    of_node.erase(share.group);
  if (of_node.empty())
    running_.erase(share.node);
}

// -- looking ------------------------------------------------------------------

/// The oldest first, each kind with the steps it is of.
void run_ledger::add_placed(messages::QueueReport& report) const {
  auto handles = std::vector<task_handle>{};
  for (const auto& [handle, at] : places_)
    if (at.placement != 0)
      handles.push_back(handle);
  std::ranges::sort(handles);
  auto kinds = std::map<placement_id, messages::QueueReport::Placed*>{};
  for (const auto handle : handles) {
    const auto& at = places_.at(handle);
    const auto& run = *find_live(at.number)->state;
    const auto since = runtime::to_microseconds(run.find(at.task)->ready_since);
    auto [kind, is_new] = kinds.try_emplace(at.placement, nullptr);
    if (is_new && kinds.size() <= kinds_max) {
      auto status = placement_.status(at.placement, running_);
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
  auto counts = group_counts{};
  for (const auto& [worker, works] : held_)
    for (const auto& [what, share] : works)
      if (!share.group.empty())
        ++counts[share.node][share.group];
  if (counts != running_)
    found.push_back("a group is counted for other work than runs");
  for (const auto& each : not_passed_)
    if (const auto at = places_.find(each.task);
        at == places_.end() || at->second.placement != each.kind)
      found.push_back("work that no worker passed over is not there");
  if (patient != patient_.size())
    found.push_back("a time to wait for a node belongs to no work");
  if (placed != placement_.pending())
    found.push_back("the placement desk counts other work than there is");
}

} // namespace troupe::engine
