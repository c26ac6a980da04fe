#include "actors/engine/run_state.hpp"
#include "actors/engine/run_state_parts.hpp"

#include <algorithm>

namespace troupe::engine {

using runtime::outcome;

namespace {

bool is_counted(work_status status) noexcept {
  return is_busy(status) || is_idle(status);
}

} // namespace

const task_work* run_state::find(const task_key& key) const noexcept {
  if (key.step >= steps_.size())
    return nullptr;
  const auto& step = steps_[key.step];
  const auto& works = key.compensation ? step.compensations : step.tasks;
  return key.item < works.size() ? &works[key.item] : nullptr;
}

const task_backup* run_state::backup_of(const task_key& key) const noexcept {
  const auto found = backups_.find(key);
  return found == backups_.end() ? nullptr : &found->second;
}

bool run_state::is_held_under(const task_key& key,
                              std::uint64_t claim) const noexcept {
  const auto* work = find(key);
  if (work == nullptr || !is_held(work->status))
    return false;
  const auto* backup = backup_of(key);
  return work->claim == claim || (backup != nullptr && backup->claim == claim);
}

task_work* run_state::find_work(const task_key& key) noexcept {
  return const_cast<task_work*>(std::as_const(*this).find(key));
}

outcome<task_work*> run_state::work_in(const messages::TaskRef& ref,
                                       work_status next) {
  auto* work = find_work(from_message(ref));
  if (work == nullptr)
    return illegal("no such task");
  if (!may_become(work->status, next))
    return illegal("a task that is " + std::string{to_string(work->status)}
                   + " cannot be " + std::string{to_string(next)});
  return work;
}

void run_state::enter(const task_key& key, task_work& work, work_status next) {
  busy_ -= is_busy(work.status) ? 1 : 0;
  idle_ -= is_idle(work.status) ? 1 : 0;
  busy_ += is_busy(next) ? 1 : 0;
  idle_ += is_idle(next) ? 1 : 0;
  auto& step = steps_[key.step];
  auto& open = key.compensation ? step.open_undo : step.open;
  open -= is_counted(work.status) ? 1 : 0;
  open += is_counted(next) ? 1 : 0;
  if (next == work_status::ready && work.ready_since == instant{})
    work.ready_since = updated_at_;
  work.status = next;
  work.since = updated_at_;
  work.entered = sequence_ + 1;
  work.due = {};
  if (!is_held(next))
    backups_.erase(key);
  touched_.push_back(key);
}

outcome<void> run_state::claim(const messages::TaskClaimed& event) {
  auto work = work_in(event.task(), work_status::claimed);
  if (!work)
    return runtime::fail(work.error());
  auto& it = **work;
  if (event.claim() <= last_claim_)
    return illegal("claims only grow");
  if (event.attempt() != it.attempts + 1)
    return illegal("attempts are counted one by one");
  last_claim_ = event.claim();
  it.claim = event.claim();
  it.attempts = event.attempt();
  it.what = event.worker();
  it.second_claims = 0;
  enter(from_message(event.task()), it, work_status::claimed);
  it.due = runtime::from_microseconds(event.start_by());
  return {};
}

outcome<void> run_state::begin(const messages::TaskStarted& event) {
  auto work = work_in(event.task(), work_status::running);
  if (!work)
    return runtime::fail(work.error());
  if ((*work)->claim != event.claim())
    return illegal("a report under an old claim");
  enter(from_message(event.task()), **work, work_status::running);
  (*work)->heartbeat_at = updated_at_;
  return {};
}

outcome<void> run_state::speculate(const messages::TaskSpeculated& event) {
  const auto key = from_message(event.task());
  auto* work = find_work(key);
  if (work == nullptr || work->status != work_status::running
      || key.compensation || backups_.contains(key))
    return illegal("a second attempt at what does not run, or has one");
  if (event.claim() <= last_claim_)
    return illegal("claims only grow");
  last_claim_ = event.claim();
  ++work->second_claims;
  backups_[key] = {event.claim(), event.worker(), updated_at_, updated_at_};
  touched_.push_back(key);
  return {};
}

outcome<void> run_state::drop(const messages::ClaimDropped& event) {
  const auto key = from_message(event.task());
  const auto backup = backups_.find(key);
  if (backup == backups_.end() || !is_held_under(key, event.claim()))
    return illegal("a claim is dropped that is not one of two");
  auto& work = *find_work(key);
  // Who is lost costs nothing: the other one goes on. Who fails has tried.
  if (!event.lost())
    work.second_claims = second_claims_max;
  // Whoever is left has the task as if he had been the only one.
  if (work.claim == event.claim()) {
    work.claim = backup->second.claim;
    work.what = std::move(backup->second.worker);
    work.since = backup->second.since;
    work.heartbeat_at = backup->second.heartbeat_at;
  }
  backups_.erase(backup);
  touched_.push_back(key);
  return {};
}

outcome<void> run_state::beat(const messages::TaskHeartbeat& event) {
  const auto key = from_message(event.task());
  auto* work = find_work(key);
  if (work == nullptr || work->status != work_status::running
      || !is_held_under(key, event.claim()))
    return illegal("a heartbeat of work that does not run");
  auto progress = parse_value(event.progress());
  if (!progress)
    return runtime::fail(progress.error());
  // What the next attempt gets is of the first claim: no step back.
  if (work->claim != event.claim()) {
    backups_.at(key).heartbeat_at = updated_at_;
    touched_.push_back(key);
    return {};
  }
  work->progress = std::move(*progress);
  work->heartbeat_at = updated_at_;
  touched_.push_back(key);
  return {};
}

outcome<void> run_state::wait(const messages::TaskWaiting& event) {
  auto work = work_in(event.task(), work_status::waiting);
  if (!work)
    return runtime::fail(work.error());
  auto& it = **work;
  ++it.attempts;
  it.waits_for = event.reason();
  it.what = event.what();
  it.roles.assign(event.roles().begin(), event.roles().end());
  enter(from_message(event.task()), it, work_status::waiting);
  it.due = runtime::from_microseconds(event.until());
  return {};
}

/// Who was first, and how long that took, if others are measured by it.
void run_state::keep_duration(const task_key& key, task_work& work,
                              std::uint64_t claim) {
  if (!is_held(work.status) || key.compensation
      || !workflow_->steps[key.step].speculate)
    return;
  auto began = work.since;
  if (const auto* backup = backup_of(key);
      backup != nullptr && backup->claim == claim) {
    work.claim = claim;
    work.what = backup->worker;
    began = backup->since;
  }
  auto& all = steps_[key.step].durations;
  const auto took = std::max(updated_at_ - began, instant::duration{});
  all.insert(std::ranges::upper_bound(all, took), took);
}

outcome<void> run_state::succeed(const messages::TaskSucceeded& event) {
  auto work = work_in(event.task(), work_status::succeeded);
  if (!work)
    return runtime::fail(work.error());
  auto& it = **work;
  const auto key = from_message(event.task());
  if (it.status == work_status::running && !is_held_under(key, event.claim()))
    return illegal("a report under an old claim");
  if (!event.output_blob().empty())
    return illegal("an output is stored elsewhere, and was not read");
  auto output = parse_value(event.output());
  if (!output)
    return runtime::fail(output.error());
  if (auto taken = take_signal(event.signal(), it); !taken)
    return taken;
  it.output = std::move(*output);
  it.progress = {};
  keep_duration(key, it, event.claim());
  enter(key, it, work_status::succeeded);
  auto& step = steps_[key.step];
  if (key.compensation) {
    if (--step.to_undo == 0)
      settle_undo(key.step);
    else
      refill_undo(key.step);
    return {};
  }
  if (++step.succeeded == step.tasks.size())
    settle(key.step);
  else
    refill(key.step);
  return {};
}

outcome<void> run_state::fail(const messages::TaskFailed& event) {
  auto work = work_in(event.task(), work_status::failed);
  if (!work)
    return runtime::fail(work.error());
  auto& it = **work;
  const auto had_worker = is_held(it.status);
  const auto key = from_message(event.task());
  if (had_worker && !is_held_under(key, event.claim()))
    return illegal("a report under an old claim");
  if (event.lost() && !had_worker)
    return illegal("only a worker can be lost");
  if (auto taken = take_signal(event.signal(), it); !taken)
    return taken;
  if (event.lost()) {
    it.lost += event.restart() ? 0 : 1;
    --it.attempts;
  } else {
    it.lost = 0;
  }
  it.error = event.error();
  enter(key, it, work_status::failed);
  auto& step = steps_[key.step];
  if (key.compensation) {
    ++step.failed_undo;
    ++failed_undos_;
    if (event.last())
      refill_undo(key.step);
    return {};
  }
  if (++step.failed == 1)
    ++failed_steps_;
  return {};
}

outcome<void> run_state::back_off(const messages::TaskRetryScheduled& event) {
  auto work = work_in(event.task(), work_status::backing_off);
  if (!work)
    return runtime::fail(work.error());
  const auto key = from_message(event.task());
  auto& step = steps_[key.step];
  if (key.compensation) {
    --step.failed_undo;
    --failed_undos_;
  } else if (--step.failed == 0) {
    --failed_steps_;
  }
  enter(key, **work, work_status::backing_off);
  (*work)->due = runtime::from_microseconds(event.at());
  return {};
}

outcome<void> run_state::cancel(const messages::TaskCancelled& event) {
  auto work = work_in(event.task(), work_status::cancelled);
  if (!work)
    return runtime::fail(work.error());
  enter(from_message(event.task()), **work, work_status::cancelled);
  return {};
}

} // namespace troupe::engine
