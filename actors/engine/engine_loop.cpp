#include "actors/engine/engine_loop.hpp"

#include "actors/engine/dead_letters.hpp"
#include "actors/engine/engine_messages.hpp"
#include "actors/engine/guard_log.hpp"
#include "actors/engine/guard_records.hpp"
#include "actors/engine/run_records.hpp"
#include "runtime/crash_point.hpp"
#include "runtime/instant.hpp"
#include "runtime/logging/log.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using namespace std::chrono_literals;

namespace {

/// A pending message keeps its receiver, hence the system, alive for so long.
/// Also how late a clock that was set is noticed.
constexpr auto tick_max = std::chrono::microseconds{1s};

/// Work in one message to a host, and what is due that is looked at before it.
constexpr auto given_max = std::size_t{128};

/// How long until it is looked whether the store works again.
constexpr auto outage_delay = 1s;

void give_up(engine_pointer self, const runtime::problem& reason) {
  runtime::log_error("engine", "the engine cannot go on",
                     {{"reason", runtime::render(reason)}});
  self->state.outbox.set_reason(reason);
  self->quit(runtime::to_error(reason));
}

/// The store refuses, as on a full disk: that may pass, so it is tried again,
/// and whoever asks meanwhile is told why. Else somebody else owns the epoch,
/// or the store is not one.
void start_later(engine_pointer self, const runtime::problem& reason) {
  auto& state = self->state;
  if (reason.kind == runtime::problem_kind::conflict
      || reason.kind == runtime::problem_kind::invalid_input)
    return give_up(self, reason);
  if (!state.outage)
    runtime::log_error("engine", "the engine waits for its store",
                       {{"reason", runtime::render(reason)}});
  state.outage = reason;
  state.outage->kind = runtime::problem_kind::unavailable;
  state.next_tick = instant::max();
  self->delayed_send(self, outage_delay, engine_tick{*state.next_tick});
}

// -- what may be told --------------------------------------------------------

void deliver(engine_pointer self, std::vector<outgoing> told) {
  for (auto& what : told)
    std::visit(
      [&](auto& each) {
        if constexpr (requires { each.to.deliver(each.what); })
          each.to.deliver(std::move(each.what));
        else
          self->send(each.to, std::move(each.what));
      },
      what);
}

/// Takes in what the validator says of a run.
void conclude(engine_pointer self, run_number number,
              const messages::RunVerdict& verdict) {
  auto& state = self->state;
  const auto* run = state.ledger->find(number);
  if (run == nullptr)
    return;
  const auto id = run->submission().run_id();
  if (!verdict.unknown().empty()) {
    runtime::log_warning("engine", "no verdict on a run",
                         {{"run", id}, {"reason", verdict.unknown()}});
    state.ledger->stop_waiting(number);
    self->delayed_send(self, 1s, ask_again{number});
    return;
  }
  runtime::crash_point("engine.verdict");
  auto objection = std::string{};
  for (const auto& each : verdict.objections())
    objection += (objection.empty() ? "" : "; ") + each;
  if (!objection.empty())
    runtime::log_error("engine", "the validator objects",
                       {{"run", id}, {"objection", objection}});
  // Refused if the run went on meanwhile: then there will be another question.
  static_cast<void>(state.ledger->decide(id, [&](run_decision& it) {
    return it.conclude(objection);
  }));
}

messages::ValidateRun question_about(const run_ledger& ledger,
                                     run_number number) {
  auto question = messages::ValidateRun{};
  question.set_number(number);
  if (const auto* run = ledger.find(number))
    question.set_workflow_digest(run->submission().workflow_digest());
  question.set_unstored(ledger.unstored(number));
  return question;
}

/// A few short histories are read sooner than somebody else is woken for it.
bool is_judged_here(const run_ledger& ledger,
                    const std::vector<run_number>& runs) {
  constexpr auto runs_max = 4;
  constexpr auto events_max = 64;
  return runs.size() <= runs_max
         && std::ranges::all_of(runs, [&](run_number number) {
              const auto* run = ledger.find(number);
              return run == nullptr || run->sequence() <= events_max;
            });
}

} // namespace

void ask_validator(engine_pointer self, const std::vector<run_number>& runs) {
  auto& state = self->state;
  if (runs.empty())
    return;
  if (is_judged_here(*state.ledger, runs)) {
    for (const auto number : runs)
      conclude(self, number,
               judge(*state.stored, question_about(*state.ledger, number)));
    return;
  }
  auto questions = messages::ValidateRuns{};
  for (const auto number : runs)
    *questions.add_runs() = question_about(*state.ledger, number);
  self
    ->request(state.validator, state.options.validation_timeout,
              std::move(questions))
    .then(
      [=](const messages::RunVerdicts& verdicts) {
        for (std::size_t i = 0; i < runs.size(); ++i)
          conclude(self, runs[i], verdicts.verdicts(static_cast<int>(i)));
        pursue(self);
      },
      [=](const caf::error& error) {
        auto verdict = messages::RunVerdict{};
        verdict.set_unknown(runtime::to_problem(error, self->system()).message);
        for (const auto number : runs)
          conclude(self, number, verdict);
        pursue(self);
      });
}

namespace {

void tell_ends(engine_pointer self) {
  auto& state = self->state;
  for (const auto number : state.ledger->take_ended()) {
    const auto* run = state.ledger->find(number);
    if (run == nullptr)
      continue;
    if (auto waiting = state.watchers.extract(number); !waiting.empty())
      for (auto& promise : waiting.mapped())
        promise.deliver(result_of(*run));
    state.ledger->forget(number);
  }
}

} // namespace

void tell_stored(engine_pointer self) {
  auto& state = self->state;
  for (auto& [id, host] : state.hosts)
    if (const auto number
        = host.unstored.advance([&](run_number run, std::uint64_t sequence) {
            return state.ledger->is_stored(run, sequence);
          }))
      self->send(caf::actor_cast<durable_host_actor>(host.handle),
                 reports_stored{*number});
}

namespace {

void on_committed(engine_pointer self) {
  auto& state = self->state;
  state.is_committing = false;
  state.ledger->mark_stored();
  runtime::crash_point("engine.stored");
  deliver(self, state.outbox.end_commit());
  runtime::crash_point("engine.told");
  tell_stored(self);
  tell_ends(self);
  runtime::crash_point("engine.told_ends");
  pursue(self);
}

// -- the loop ----------------------------------------------------------------

/// Whether there may be more to hand out.
bool hand_out(engine_pointer self) {
  auto& state = self->state;
  auto is_more = false;
  for (auto& [worker, host] : state.hosts) {
    if (host.is_held || state.ledger->ready_tasks() == 0)
      continue;
    const auto given = state.ledger->assign(worker, host.credit, given_max);
    is_more |= given.size() == given_max;
    host.credit -= static_cast<std::uint32_t>(
      std::ranges::count_if(given, &assignment::takes_credit));
    auto now = messages::RunActivities{};
    auto later = messages::RunActivities{};
    // A host of another node outlives the engine: the next one has to know the
    // claim, or it has the work done once more.
    const auto outlives = !host.profile.node.empty();
    for (const auto& each : given)
      *(each.may_begin && !outlives ? now : later).add_activities()
        = to_activity(each, state.epoch);
    if (now.activities_size() != 0) {
      runtime::crash_point("engine.gives_work");
      self->send(host.handle, std::move(now));
      runtime::crash_point("engine.gave_work");
    }
    if (later.activities_size() != 0)
      state.outbox.add(work_given{host.handle, std::move(later)});
  }
  return is_more;
}

/// Lets happen what is due, and gives out what is ready: in bounded pieces, so
/// that the first of much that is due at one instant does not wait for the
/// last. Whether there may be more.
bool hand_out_in_time(engine_pointer self) {
  auto& state = self->state;
  constexpr auto pieces_max = 64;
  for (auto i = 0; i < pieces_max; ++i) {
    state.ledger->set_time(state.clock->now());
    const auto is_more_due = state.ledger->check_time(given_max);
    if (i == 0)
      look_at_load(state, state.ledger->now());
    if (!hand_out(self) && !is_more_due)
      return false;
  }
  return true;
}

void call_off(engine_pointer self, instant now) {
  auto& state = self->state;
  for (const auto& work : state.ledger->take_called_off()) {
    const auto host = state.hosts.find(work.worker);
    if (host != state.hosts.end())
      state.outbox.add(
        work_called_off{host->second.handle,
                        to_cancellation(work, state.epoch,
                                        state.ledger->find(work.run_id), now)});
  }
}

void tell_trimmed(const messages::TransactionCommitted& done,
                  std::optional<int> statement) {
  if (statement && *statement < done.changes_size()
      && done.changes(*statement) != 0)
    runtime::log_warning("engine", "the oldest dead letters were dropped",
                         {{"count", done.changes(*statement)}});
}

/// One commit at a time: what happens meanwhile gathers for the next one.
void commit(engine_pointer self, instant now) {
  auto& state = self->state;
  if (state.is_committing)
    return;
  const auto changes = state.ledger->take_changes();
  auto request = store_changes(changes, *state.ledger);
  add_open_blocks(request.transaction, state.open_runs.follow(changes));
  state.workflows->add_unstored(request.transaction, now);
  const auto trimming
    = add_dead_letters(request.transaction, changes, *state.ledger, {}, now);
  // With their end, and behind their submission if that is not stored either.
  for (const auto number : state.ledger->take_withdrawn())
    free_key(state.by_hand, number);
  request.transaction.mutable_statements()->MergeFrom(
    state.by_hand.statements());
  state.by_hand.Clear();
  state.outbox.begin_commit();
  if (changes.empty() && request.transaction.statements().empty()) {
    deliver(self, state.outbox.end_commit());
    return;
  }
  // They change with what is stored here, and are not worth a commit of theirs.
  add_guard_records(request.transaction, state.ledger->take_guard_records(),
                    now);
  state.is_committing = true;
  runtime::crash_point("engine.commits");
  self
    ->request(state.store, state.options.store_timeout,
              std::move(request.transaction), std::move(request.rows))
    .then(
      [=](const messages::TransactionCommitted& done) {
        tell_trimmed(done, trimming);
        on_committed(self);
      },
      [=](const caf::error& error) {
        // What was decided is not stored: the store knows better.
        give_up(self, runtime::to_problem(error, self->system()));
      });
}

/// For whoever watches the log; what is stored says the same.
void tell_deadlines(engine_state& state) {
  for (const auto& [number, what] : state.ledger->take_deadline_notices()) {
    const auto* run = state.ledger->find(number);
    if (run == nullptr)
      continue;
    const auto& of = run->submission();
    const auto at
      = runtime::to_string(runtime::from_microseconds(of.deadline_at()));
    if (what == deadline_notice::missed)
      runtime::log_error("engine", "a run has missed its deadline",
                         {{"run", of.run_id()},
                          {"workflow", of.workflow_id()},
                          {"deadline", at}});
    else
      runtime::log_warning("engine", "the deadline of a run is near",
                           {{"run", of.run_id()},
                            {"workflow", of.workflow_id()},
                            {"deadline", at}});
  }
}

void set_timer(engine_pointer self, instant now) {
  auto& state = self->state;
  auto wanted = state.ledger->next_check();
  if (const auto look = next_look(state))
    wanted = wanted ? std::min(*wanted, *look) : *look;
  if (!wanted)
    return;
  const auto due = std::min(std::max(*wanted, now), now + tick_max);
  if (state.next_tick && *state.next_tick <= due && *state.next_tick > now)
    return;
  state.next_tick = due;
  self->delayed_send(self, due - now, engine_tick{due});
}

} // namespace

void welcome(engine_pointer self, pulling_host& host) {
  auto& ledger = *self->state.ledger;
  ledger.welcome(host.profile);
  const auto answer = take_running(ledger, host.profile.worker,
                                   std::exchange(host.running, {}));
  // Nothing that is stored has changed for it.
  if (answer.kept.refs_size() != 0)
    self->send(host.handle, answer.kept);
  for (const auto& each : answer.dropped)
    self->send(host.handle, each);
}

void pursue(engine_pointer self) {
  if (!std::exchange(self->state.is_pursuit_due, true))
    self->send(self, pursue_now{});
}

void do_pursue(engine_pointer self) {
  auto& state = self->state;
  state.is_pursuit_due = false;
  if (!state.ledger)
    return;
  if (hand_out_in_time(self))
    pursue(self);
  const auto now = state.ledger->now();
  tell_deadlines(state);
  log_guard_events(state.ledger->take_guard_events());
  call_off(self, now);
  ask_validator(self, state.ledger->take_finished());
  commit(self, now);
  set_timer(self, now);
}

namespace {

// -- recovery ----------------------------------------------------------------

run_ledger::sources sources_of(engine_pointer self) {
  auto& state = self->state;
  auto from = run_ledger::sources{};
  from.epoch = state.epoch;
  from.draw = state.options.draw;
  from.new_id = state.options.new_id;
  from.definition = [self](const std::string& id) {
    auto found = self->state.workflows->newest(id);
    return found ? std::move(*found) : pinned_workflow{};
  };
  from.known_run = [self](const std::string& key) {
    auto known = self->state.stored->find_key(key);
    // If it is there all the same, the commit is refused.
    return known ? std::move(*known) : std::nullopt;
  };
  return from;
}

void recover(engine_pointer self) {
  auto& state = self->state;
  state.ledger
    = std::make_unique<run_ledger>(state.options.ledger, sources_of(self));
  state.ledger->set_time(state.clock->now());
  state.open_runs = {};
  const auto guards = read_guard_records(state.options.store_path);
  if (!guards)
    return give_up(self, guards.error());
  for (const auto& each : *guards)
    state.ledger->restore(each);
  auto set_aside = std::map<run_number, std::string>{};
  auto restored = state.stored->for_each_open(
    [&](run_number number, std::unique_ptr<run_state> run) {
      state.open_runs.add(number);
      state.ledger->restore(number, std::move(run));
    },
    [&](run_number number, const runtime::problem& reason) {
      state.open_runs.add(number);
      set_aside[number] = runtime::render(reason);
      runtime::log_error("engine", "a run is set aside: its history is broken",
                         {{"number", number},
                          {"reason", runtime::render(reason)}});
    },
    [](run_number number, const runtime::problem& reason) {
      runtime::log_warning("engine",
                           "a snapshot is ignored, and the whole "
                           "history of the run is read",
                           {{"number", number}, {"reason", reason.message}});
    });
  const auto last = state.stored->last_number();
  if (!restored || !last)
    return give_up(self, restored ? last.error() : restored.error());
  if (auto queue = restore_queue(state, set_aside); !queue)
    return give_up(self, queue.error());
  state.clock->advance_to(state.ledger->now());
  // Reading took a while, in which nobody could say what goes on.
  state.ledger->set_time(state.clock->now());
  state.ledger->finish_recovery(*last);
  for (auto& [worker, host] : state.hosts)
    welcome(self, host);
  runtime::log_info("engine", "the engine has started",
                    {{"epoch", state.epoch},
                     {"open_runs", state.ledger->size()}});
  pursue(self);
}

} // namespace

void start_engine(engine_pointer self) {
  auto& state = self->state;
  auto stored = recorded_runs::open(state.options.store_path);
  if (!stored)
    return start_later(self, stored.error());
  state.stored = std::make_unique<recorded_runs>(std::move(*stored));
  auto guards = std::vector<std::string>{};
  for (const auto& [name, each] : state.options.ledger.guards)
    guards.push_back(name);
  state.workflows
    = std::make_unique<workflow_table>(*state.stored, std::move(guards));
  const auto last = state.stored->last_epoch();
  if (!last)
    return give_up(self, last.error());
  state.epoch = *last + 1;
  auto claim = claim_epoch(state.epoch, state.clock->now());
  // Nobody is heard before this is known.
  self
    ->request(state.store, state.options.store_timeout,
              std::move(claim.transaction), std::move(claim.rows))
    .await(
      [=](const messages::TransactionCommitted&) {
        runtime::crash_point("engine.claimed_epoch");
        self->state.outage.reset();
        recover(self);
      },
      [=](const caf::error& error) {
        start_later(self, runtime::to_problem(error, self->system()));
      });
}

} // namespace troupe::engine
