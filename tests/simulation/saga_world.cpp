#include "tests/simulation/saga_world.hpp"

#include "tests/simulation/change_events.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;

namespace {

constexpr auto worker = std::uint64_t{1};
constexpr auto rounds_max = 1'000;

/// Elements of a step of these workflows.
std::uint32_t elements_of(const workflow_step& step) {
  return step.foreach
           ? static_cast<std::uint32_t>(step.foreach->items.written.size())
           : 1;
}

/// Whether some work ended in it, and not with its worker.
bool has_report(const std::vector<run_change>& changes) {
  return std::ranges::any_of(changes, [](const run_change& change) {
    return std::ranges::any_of(
      events_in(*change.events), [](const messages::RunEvent& event) {
        return event.has_succeeded()
               || (event.has_failed() && !event.failed().lost());
      });
  });
}

} // namespace

saga_world::saga_world(const saga_plan& plan) : plan_{plan} {
  pinned_.definition = plan_.of;
  pinned_.digest = 1;
  start_engine();
}

void saga_world::object(std::string what) {
  if (objection_.empty())
    objection_ = std::move(what);
}

/// The normal start: also the first one.
void saga_world::start_engine() {
  auto from = run_ledger::sources{};
  from.epoch = ++epoch_;
  from.draw = [] { return std::uint64_t{0}; };
  from.new_id = [this] { return "r" + std::to_string(++ids_); };
  from.definition = [this](const std::string&) { return pinned_; };
  ledger_ = std::make_unique<run_ledger>(run_ledger_options{}, std::move(from));
  ledger_->set_time(now_);
  if (!history_.empty() && !is_over_) {
    auto run = std::make_unique<run_state>(plan_.of);
    for (const auto& event : history_)
      if (auto applied = run->apply(event); !applied)
        return object("a stored history is broken: " + applied.error().message);
    ledger_->restore(1, std::move(run));
  }
  ledger_->finish_recovery(history_.empty() ? 0 : 1);
}

/// What it had not stored is lost; workers do not know and report all the same.
void saga_world::restart() {
  const auto late = std::exchange(held_, {});
  undelivered_.clear();
  start_engine();
  for (const auto& held : late) {
    const auto& claim = held.work.claim;
    if (ledger_->report(held.work.run_id, claim.task, {held.epoch, claim.claim},
                        [&](run_decision& it) {
                          return it.succeed(claim.task, claim.claim, nullptr);
                        }))
      object("a report to an engine that is gone counted");
  }
}

std::string saga_world::play() {
  auto request = run_request{};
  request.of = pinned_;
  if (auto accepted = ledger_->submit(request); !accepted)
    return accepted.error().message;
  for (auto round = 0; round < rounds_max && !is_over_; ++round) {
    pull();
    commit();
    work_on_one();
    commit();
    if (held_.empty() && undelivered_.empty()) {
      now_ += 1s;
      ledger_->set_time(now_);
      ledger_->check_time();
      commit();
    }
    if (auto wrong = ledger_->check(); !wrong.empty())
      object(wrong.front());
    if (!objection_.empty())
      return objection_;
  }
  judge();
  return objection_;
}

void saga_world::pull() {
  ledger_->welcome({worker, {"noop"}, std::nullopt});
  for (auto& work : ledger_->assign(worker, 10)) {
    auto& to = work.may_begin ? held_ : undelivered_;
    to.push_back({std::move(work), epoch_});
  }
}

/// Whoever began last ends first.
void saga_world::work_on_one() {
  if (held_.empty())
    return;
  const auto held = std::move(held_.back());
  held_.pop_back();
  report(held, perform(held.work.claim.task));
}

void saga_world::report(const held_work& held, bool works) {
  const auto& claim = held.work.claim;
  const auto taken
    = ledger_->report(held.work.run_id, claim.task, {held.epoch, claim.claim},
                      [&](run_decision& it) {
                        if (works)
                          return it.succeed(claim.task, claim.claim, nullptr);
                        auto error = messages::TaskError{};
                        error.set_kind("broken");
                        return it.fail(claim.task, claim.claim, error);
                      });
  if (!taken)
    object("a report was refused: " + taken.error().message);
}

/// False: it fails, and nothing has happened.
bool saga_world::perform(const task_key& task) {
  const auto what = effect{task.step, task.item};
  if (!task.compensation) {
    const auto& step = plan_.of->steps[task.step];
    if (task.step == plan_.failing && task.item + 1 == elements_of(step))
      return false;
    done_.insert(what);
    return true;
  }
  const auto fate = plan_.fates[task.step];
  if (fate == undo_fate::fails_for_good
      || (fate == undo_fate::fails_once && undo_tries_[what]++ == 0))
    return false;
  undo(what);
  return true;
}

void saga_world::undo(const effect& what) {
  const auto known = completed();
  if (!known.contains(what) || !done_.contains(what))
    object("undoes what was never done");
  if (!plan_.of->steps[what.first].compensate)
    object("undoes a step without a compensation");
  if (!undone_.insert(what).second)
    return; // The same key once more: nothing happens.
  for (const auto& other : known)
    if (plan_.of->steps[other.first].compensate && !undone_.contains(other)
        && is_before(what.first, other.first))
      object("undoes " + plan_.of->steps[what.first].id + " before "
             + plan_.of->steps[other.first].id + ", which depends on it");
}

/// What was done and is known to have been: workers whose report is lost in a
/// crash of a run that has failed are not asked again.
std::set<saga_world::effect> saga_world::completed() const {
  auto known = std::set<effect>{};
  for (const auto& event : history_)
    if (event.has_succeeded() && !event.succeeded().task().compensation())
      known.emplace(event.succeeded().task().step(),
                    event.succeeded().task().item());
  return known;
}

/// Whether `other` needs `one`, directly or not.
bool saga_world::is_before(step_index one, step_index other) const {
  return std::ranges::any_of(plan_.of->steps[other].needs, [&](auto need) {
    return need == one || is_before(one, need);
  });
}

bool saga_world::crashes(saga_crash::moment when, int commit) const {
  return plan_.crash.when == when && plan_.crash.commit == commit;
}

void saga_world::commit() {
  const auto changes = ledger_->take_changes();
  if (changes.empty())
    return;
  const auto begins = [](const messages::RunEvent& event) {
    return event.has_compensation_started();
  };
  for (const auto& change : changes)
    is_compensating_ |= std::ranges::any_of(events_in(*change.events), begins);
  // The number stays when it is lost: each is met once.
  const auto number = is_compensating_ ? commits_++ : -1;
  if (is_compensating_ && crashes(saga_crash::moment::before_store, number))
    return restart();
  store(changes);
  if (is_compensating_
      && (crashes(saga_crash::moment::after_store, number)
          || (plan_.crash.when == saga_crash::moment::always
              && has_report(changes))))
    return restart();
  ledger_->mark_stored();
  for (auto& work : std::exchange(undelivered_, {}))
    held_.push_back(std::move(work));
  static_cast<void>(ledger_->take_called_off());
  for (const auto run : ledger_->take_ended())
    ledger_->forget(run);
}

void saga_world::store(const std::vector<run_change>& changes) {
  for (const auto& change : changes)
    for (auto& event : events_in(*change.events)) {
      is_over_ |= event.has_ended();
      history_.push_back(std::move(event));
    }
}

/// What a compensation cannot undo: what fails for good, and whatever that
/// depends on.
std::set<step_index>
saga_world::expected_remainder(const std::set<effect>& known) const {
  auto stays = std::set<step_index>{};
  auto was_done = std::set<step_index>{};
  for (const auto& [step, item] : known)
    if (plan_.of->steps[step].compensate)
      was_done.insert(step);
  for (const auto broken : was_done)
    if (plan_.fates[broken] == undo_fate::fails_for_good)
      for (const auto step : was_done)
        if (step == broken || is_before(step, broken))
          stays.insert(step);
  return stays;
}

/// What of it is really still there.
std::set<step_index>
saga_world::remainder(const std::set<effect>& known) const {
  auto stays = std::set<step_index>{};
  for (const auto& each : known)
    if (plan_.of->steps[each.first].compensate && !undone_.contains(each))
      stays.insert(each.first);
  return stays;
}

/// What may have been done, though nobody knows, is named.
void saga_world::judge_doubt(const std::set<effect>& known) {
  const auto mark = std::string{"; perhaps done and not undone: "};
  const auto at = reason_.find(mark);
  const auto named
    = at == std::string::npos ? "" : reason_.substr(at + mark.size());
  for (const auto& each : done_)
    if (!known.contains(each) && plan_.of->steps[each.first].compensate
        && named.find(plan_.of->steps[each.first].id) == std::string::npos)
      object("was done, is not undone, and nobody is told: "
             + plan_.of->steps[each.first].id);
  if (plan_.crash.when == saga_crash::moment::never && !named.empty())
    object("in doubt without a reason: " + named);
}

void saga_world::judge() {
  if (!is_over_)
    return object("the run never ends");
  auto run = run_state{plan_.of};
  for (const auto& event : history_)
    if (auto applied = run.apply(event); !applied)
      return object("a stored history is broken: " + applied.error().message);
  end_ = run.status();
  reason_ = run.reason();
  const auto known = completed();
  judge_doubt(known);
  const auto stays = remainder(known);
  if (stays != expected_remainder(known))
    object("another remainder than the compensations allow");
  if (!stays.empty()) {
    auto marked = std::string{"compensation failed, still in effect: "};
    for (const auto step : stays)
      marked += (step == *stays.begin() ? "" : ", ") + plan_.of->steps[step].id;
    if (end_ != run_status::failed || !reason_.starts_with(marked + " ("))
      object("not marked with what is still in effect: " + reason_);
  } else if (end_
             != (undone_.empty() ? run_status::failed
                                 : run_status::compensated)) {
    object("undone, but it ended as " + std::string{to_string(end_)});
  }
}

} // namespace troupe::tests
