#include "tests/simulation/engine_simulation.hpp"

#include <algorithm>
#include <map>
#include <set>

// What has to hold in the stored histories, and between them.

namespace troupe::tests {

using namespace engine;
using messages::RunEvent;

namespace {

const messages::RunTookOver::Task*
find_taken(const std::vector<RunEvent>& history, step_index step,
           std::uint32_t item) {
  if (history.size() < 2 || !history[1].has_took_over())
    return nullptr;
  for (const auto& each : history[1].took_over().steps())
    if (each.step() == step)
      for (const auto& task : each.tasks())
        if (task.item() == item)
          return &task;
  return nullptr;
}

bool has_begun_to_undo(const std::vector<RunEvent>& history, step_index step,
                       std::uint32_t item) {
  return std::ranges::any_of(history, [&](const RunEvent& event) {
    const auto& task = event.claimed().task();
    return event.has_claimed() && task.compensation() && task.step() == step
           && task.item() == item;
  });
}

} // namespace

/// No more runs of a key go at once than its limit says.
void engine_simulation::check_limits() {
  auto running = std::map<std::string, std::uint32_t>{};
  for (const auto& [number, stored] : store_) {
    const auto* run = ledger_->find(number);
    const auto& limit = stored.of.definition->concurrency;
    // Who was retried by hand goes beyond it, and who undoes what it took over
    // before its turn.
    if (run == nullptr || !limit || retries_ != 0 || !run->has_started()
        || is_over(run->status()) || run->is_compensating())
      continue;
    if (++running[run->submission().concurrency_key()] > limit->limit)
      object("more runs of a key go at once than its limit says");
  }
  auto going = std::size_t{0};
  for (const auto& [number, stored] : store_)
    if (const auto* run = ledger_->find(number);
        run != nullptr && run->has_started() && !is_over(run->status())
        && !run->is_compensating() && run->submission().parent_run().empty()
        && run->submission().failure_of().empty())
      ++going;
  if (running_max_ != 0 && retries_ == 0 && going > running_max_)
    object("more runs go at once than the limit says");
}

/// Somebody takes back whatever waits for its instant.
void engine_simulation::withdraw() {
  for (const auto& [number, stored] : store_) {
    const auto* run = ledger_->find(number);
    if (run == nullptr || !run->starts_at())
      continue;
    const auto id = run->submission().run_id();
    const auto is_due = *run->starts_at() <= now_;
    const auto done
      = ledger_->withdraw(run->submission().idempotency_key(), "somebody", "");
    if (done.has_value() == is_due)
      object("run " + id + " was taken back though it was due, or was not");
    withdrawn_ += done ? 1 : 0;
  }
}

void engine_simulation::check_instant(const std::string& run_id) {
  const auto* run = ledger_->find(run_id);
  if (run != nullptr
      && run->submission().not_before() > runtime::to_microseconds(now_))
    object("somebody works for a run before its time: " + run_id);
}

/// What depends on a step is undone before the step is.
void engine_simulation::check_undo_order(const std::string& name,
                                         const stored_run& stored) {
  const auto& steps = stored.of.definition->steps;
  auto undone = std::map<step_index, std::uint64_t>{};
  for (const auto& event : stored.history)
    if (event.has_succeeded() && event.succeeded().task().compensation())
      undone[event.succeeded().task().step()] = event.sequence();
  for (const auto& event : stored.history) {
    if (!event.has_claimed() || !event.claimed().task().compensation())
      continue;
    for (const auto user : steps[event.claimed().task().step()].needed_by)
      if (undone.contains(user) && undone[user] > event.sequence())
        object(name + "a step was undone before one that depends on it");
  }
}

void engine_simulation::check_signals(const std::string& name,
                                      const stored_run& stored) {
  auto taken = std::set<std::uint64_t>{};
  for (const auto& event : stored.history) {
    const auto signal = event.has_succeeded() ? event.succeeded().signal()
                        : event.has_failed()  ? event.failed().signal()
                                              : 0;
    if (signal != 0 && !taken.insert(signal).second)
      object(name + "a signal was taken twice");
  }
}

void engine_simulation::count_speculation(const stored_run& stored) {
  auto second = std::set<std::uint64_t>{};
  for (const auto& event : stored.history) {
    if (event.has_speculated()) {
      second.insert(event.speculated().claim());
      ++speculated_;
    }
    overtaken_
      += event.has_succeeded() && second.contains(event.succeeded().claim())
           ? 1
           : 0;
  }
}

const engine_simulation::stored_run*
engine_simulation::find_stored(const std::string& run_id) const {
  const auto found = std::ranges::find_if(store_, [&](const auto& each) {
    return each.second.history.front().submitted().run_id() == run_id;
  });
  return found == store_.end() ? nullptr : &found->second;
}

/// The run that did a task itself.
std::string engine_simulation::origin_of(const stored_run& stored,
                                         step_index step,
                                         std::uint32_t item) const {
  const auto* at = &stored;
  while (find_taken(at->history, step, item) != nullptr) {
    const auto* before
      = find_stored(at->history.front().submitted().reset_of());
    if (before == nullptr)
      break;
    at = before;
  }
  return at->history.front().submitted().run_id();
}

/// Nobody undoes what others rely on, and one run at most answers for what
/// another one did.
void engine_simulation::check_lineage(const std::string& name,
                                      const stored_run& stored) {
  const auto& submission = stored.history.front().submitted();
  if (submission.reset_of().empty()
      || stored.of.definition->on_failure.kind
           != failure_policy::action::compensate)
    return;
  const auto* before = find_stored(submission.reset_of());
  if (before == nullptr)
    return object(name + "it goes on from a run that is not stored");
  const auto has_completed
    = std::ranges::any_of(before->history, [](const RunEvent& event) {
        return event.has_ended()
               && event.ended().outcome() == messages::RunEnded::COMPLETED;
      });
  auto answers = false;
  for (const auto& each : stored.history[1].took_over().steps())
    for (const auto& task : each.tasks()) {
      if (!stored.of.definition->steps[each.step()].compensate)
        continue;
      const auto& undoer = task.borrowed() ? stored : *before;
      if (has_begun_to_undo(undoer.history, each.step(), task.item()))
        object(name + "what it took over was undone by the wrong run");
      answers |= !task.borrowed();
    }
  if (answers && has_completed)
    object(name + "it would undo what a completed run did");
  if (answers && !answered_for_.insert(submission.reset_of()).second)
    object(name + "another run answers for the same effects");
}

/// Exactly one for a run that failed and names a workflow for that.
void engine_simulation::check_failure_run(const std::string& name,
                                          const stored_run& stored) {
  using action = failure_policy::action;
  const auto has_failed
    = std::ranges::any_of(stored.history, [](const RunEvent& event) {
        return event.has_ended()
               && event.ended().outcome() == messages::RunEnded::FAILED;
      });
  const auto wanted
    = has_failed
      && stored.of.definition->on_failure.kind == action::start_workflow;
  const auto& id = stored.history.front().submitted().run_id();
  const auto started = std::ranges::count_if(store_, [&](const auto& each) {
    return each.second.history.front().submitted().failure_of() == id;
  });
  if (started != (wanted ? 1 : 0))
    object(name + std::to_string(started) + " runs were started for it");
  failure_runs_ += static_cast<int>(started);
}

} // namespace troupe::tests
