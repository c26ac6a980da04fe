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

outcome<void> run_state::beat(const messages::TaskHeartbeat& event) {
  auto* work = find_work(from_message(event.task()));
  if (work == nullptr || work->status != work_status::running
      || work->claim != event.claim())
    return illegal("a heartbeat of work that does not run");
  auto progress = parse_value(event.progress());
  if (!progress)
    return runtime::fail(progress.error());
  work->progress = std::move(*progress);
  work->heartbeat_at = updated_at_;
  touched_.push_back(from_message(event.task()));
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

outcome<void> run_state::succeed(const messages::TaskSucceeded& event) {
  auto work = work_in(event.task(), work_status::succeeded);
  if (!work)
    return runtime::fail(work.error());
  auto& it = **work;
  if (it.status == work_status::running && it.claim != event.claim())
    return illegal("a report under an old claim");
  if (!event.output_blob().empty())
    return illegal("an output is stored elsewhere, and was not read");
  auto output = parse_value(event.output());
  if (!output)
    return runtime::fail(output.error());
  if (auto taken = take_signal(event.signal(), it); !taken)
    return taken;
  const auto key = from_message(event.task());
  it.output = std::move(*output);
  it.progress = {};
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
  if (had_worker && it.claim != event.claim())
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
  const auto key = from_message(event.task());
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
