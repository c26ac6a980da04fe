#include "actors/engine/run_decision.hpp"

#include "actors/engine/engine_activities.hpp"
#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_scope.hpp"
#include "actors/engine/run_state_parts.hpp"
#include "actors/engine/straggler.hpp"
#include "actors/engine/task_times.hpp"
#include "actors/engine/value_size.hpp"
#include "runtime/guard/retry_policy.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace troupe::engine {

using messages::RunEnded;
using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;

namespace {

auto too_late(std::string what) {
  return runtime::fail(problem_kind::conflict, std::move(what));
}

/// Null is not worth a text.
std::string to_text(const json& value) {
  return value.is_null() ? std::string{} : value.dump();
}

/// Of an error that a step's own expressions cause.
constexpr auto broken_expression = std::string_view{"expression"};

/// How long whoever failed asks not to be called, as an http activity reports
/// it; zero: he does not say.
std::chrono::milliseconds asked_delay(const messages::TaskError& error) {
  constexpr auto longest = std::chrono::milliseconds{std::chrono::hours{24}};
  if (error.details().empty())
    return {};
  const auto details = json::parse(error.details(), nullptr, false);
  if (!details.is_object())
    return {};
  const auto found = details.find("retry_after_ms");
  if (found == details.end() || !found->is_number_unsigned())
    return {};
  const auto asked = found->get<std::uint64_t>();
  return std::min(longest, std::chrono::milliseconds{static_cast<std::int64_t>(
                             std::min(asked, std::uint64_t{1} << 40U))});
}

bool has_expression_error(const std::vector<task_work>& works) {
  return std::ranges::any_of(works, [](const task_work& work) {
    return work.status == work_status::failed
           && work.error.kind() == broken_expression;
  });
}

} // namespace

run_decision::run_decision(run_state& run, const decision_context& context)
  : run_{run}, context_{context}, arena_{first_block_.data(),
                                         first_block_.size()},
    events_{
      google::protobuf::Arena::CreateMessage<messages::RunEvents>(&arena_)} {}

std::vector<task_key> run_decision::take_touched() {
  touched_seen_ = 0;
  return std::exchange(touched_, {});
}

/// The next event, to be filled in and committed.
messages::RunEvent& run_decision::prepare() {
  auto& event = *events_->add_events();
  event.set_sequence(run_.sequence() + 1);
  event.set_at(runtime::to_microseconds(context_.now));
  event.set_epoch(context_.epoch);
  return event;
}

/// Whoever prepared the event has made sure that it may happen.
void run_decision::commit() {
  const auto& event = events_->events(events_->events_size() - 1);
  if (auto applied = run_.apply(event); !applied)
    throw std::logic_error{"decided what may not happen: "
                           + applied.error().message};
  const auto touched = run_.take_touched();
  touched_.insert(touched_.end(), touched.begin(), touched.end());
}

// -- commands -----------------------------------------------------------------

outcome<void> run_decision::submit(messages::RunSubmitted of) {
  if (run_.sequence() != 0)
    return too_late("the run exists already");
  *prepare().mutable_submitted() = std::move(of);
  commit();
  return {};
}

outcome<void> run_decision::queue(messages::RunQueued why) {
  const auto is_waiting = run_.status() == run_status::queued
                          || (run_.is_paused() && !run_.has_started());
  const auto goes_on = is_waiting && run_.queued_for().reason() < why.reason();
  if (run_.status() != run_status::pending && !goes_on)
    return too_late("the run is not pending");
  *prepare().mutable_queued() = std::move(why);
  commit();
  return {};
}

outcome<void> run_decision::start() {
  if (run_.has_started())
    return too_late("the run has started already");
  prepare().mutable_started();
  commit();
  advance();
  return {};
}

outcome<void> run_decision::signal(messages::SignalReceived received) {
  if (is_over(run_.status()))
    return too_late("the run is over");
  if (!received.id().empty() && run_.has_seen_signal(received.id()))
    return {};
  if (auto checked = check_signal(received); !checked)
    return checked;
  *prepare().mutable_signal() = std::move(received);
  commit();
  advance();
  return {};
}

outcome<void>
run_decision::check_signal(const messages::SignalReceived& received) const {
  const auto refuse
    = [](problem_kind kind, std::string message, std::string hint = {}) {
        return runtime::fail(kind, std::move(message), std::move(hint));
      };
  if (run_.signals().size() >= signals_max)
    return refuse(problem_kind::unavailable,
                  "the run has signals enough that nobody waits for");
  if (received.name().empty())
    return refuse(problem_kind::invalid_input, "a signal needs a name");
  const auto payload = parse_value(received.payload());
  if (!payload)
    return refuse(problem_kind::invalid_input, "the payload is not JSON",
                  "write a text in quotes, or an object");
  if (measure(*payload).depth > value_depth_max)
    return refuse(problem_kind::invalid_input, "the payload is nested too "
                                               "deeply");
  auto missing = std::string{};
  auto is_wanted = false;
  for_each_work(
    run_, [](work_status status) { return status == work_status::waiting; },
    [&](const task_key& key) {
      const auto& work = *run_.find(key);
      if (!waits_for_signal(work) || work.what != received.name())
        return;
      is_wanted |= may_take(work, received);
      missing = may_take(work, received) ? missing : work.roles.front();
    });
  if (!missing.empty() && !is_wanted)
    return refuse(problem_kind::denied,
                  "only somebody with the role " + missing + " may do that");
  return {};
}

outcome<void> run_decision::pause(const std::string& by) {
  if (is_over(run_.status()) || run_.is_compensating())
    return too_late("the run is over or being undone");
  if (run_.is_paused())
    return too_late("the run is paused already");
  if (run_.is_cancelling())
    return too_late("the run is being cancelled");
  prepare().mutable_paused()->set_by(by);
  commit();
  return {};
}

outcome<void> run_decision::resume(const std::string& by) {
  if (!run_.is_paused())
    return too_late("the run is not paused");
  prepare().mutable_resumed()->set_by(by);
  commit();
  begin_due_waits();
  advance();
  return {};
}

outcome<void> run_decision::cancel(messages::RunCancelRequested request) {
  if (is_over(run_.status()))
    return too_late("the run is over");
  if (!request.terminate() && run_.is_cancelling())
    return too_late("the run is being cancelled already");
  if (!request.terminate() && run_.is_compensating())
    return runtime::fail(problem_kind::conflict,
                         "a run that is being undone is not cancelled",
                         "wait for it, or terminate it");
  const auto now = request.terminate();
  *prepare().mutable_cancel_requested() = std::move(request);
  commit();
  if (now) {
    call_off(true);
    end(RunEnded::CANCELLED, {});
  } else {
    advance();
  }
  return {};
}

outcome<void> run_decision::retry(step_index step, const std::string& by) {
  if (step >= run_.steps().size())
    return runtime::fail(problem_kind::not_found, "the run has no such step");
  const auto& state = run_.steps()[step];
  const auto is_undoing = run_.failed_undos() != 0 || run_.is_compensating();
  const auto has_failed
    = is_undoing ? state.failed_undo != 0 : state.failed != 0;
  const auto is_open
    = !is_over(run_.status()) || run_.status() == run_status::failed;
  if (!has_failed || !is_open || (run_.is_cancelling() && !is_undoing))
    return too_late("nothing of the step has failed, or the run went on");
  if (has_expression_error(is_undoing ? state.compensations : state.tasks))
    return runtime::fail(problem_kind::conflict,
                         "the step failed at its own expressions, and would "
                         "again",
                         "correct the workflow, and start a new run");
  auto& request = *prepare().mutable_step_retry();
  request.set_step(step);
  request.set_by(by);
  commit();
  advance();
  return {};
}

outcome<void> run_decision::conclude(const std::string& objection) {
  if (is_over(run_.status()) || !run_.is_finished() || run_.is_cancelling()
      || run_.is_compensating() || run_.is_paused())
    return too_late("the run is not at its end");
  if (objection.empty())
    end(RunEnded::COMPLETED, {});
  else
    start_undoing_or_end(RunEnded::FAILED, "validation: " + objection);
  advance();
  return {};
}

// -- facts about work ---------------------------------------------------------

outcome<task_claim> run_decision::claim(const task_key& task,
                                        const std::string& worker,
                                        instant start_by) {
  const auto* work = run_.find(task);
  if (work == nullptr || !is_ready(*work, context_.now) || run_.is_paused())
    return too_late("the task is not ready any more");
  auto input = input_of(run_, task);
  const auto placement = placement_of(run_, task);
  if (!input || !placement) {
    auto reason = input ? placement.error() : input.error();
    fail_at_expression(task, reason);
    advance();
    return runtime::fail(std::move(reason));
  }
  auto& event = *prepare().mutable_claimed();
  *event.mutable_task() = to_message(task);
  event.set_attempt(work->attempts + 1);
  event.set_claim(run_.last_claim() + 1);
  event.set_worker(worker);
  event.set_start_by(runtime::to_microseconds(start_by));
  commit();
  return task_claim{task, work->attempts, work->claim, std::move(*input),
                    work->progress};
}

outcome<task_claim> run_decision::speculate(const task_key& task,
                                            const std::string& worker) {
  if (!may_speculate(run_, task))
    return too_late("the attempt is not to be made a second time any more");
  auto input = input_of(run_, task);
  if (!input)
    return runtime::fail(input.error());
  auto& event = *prepare().mutable_speculated();
  *event.mutable_task() = to_message(task);
  event.set_claim(run_.last_claim() + 1);
  event.set_worker(worker);
  commit();
  const auto& work = *run_.find(task);
  return task_claim{task, work.attempts, run_.last_claim(), std::move(*input),
                    work.progress};
}

/// The work if this claim holds it, in that status.
outcome<const task_work*> run_decision::held_work(const task_key& task,
                                                  std::uint64_t claim,
                                                  work_status status) {
  const auto* work = run_.find(task);
  if (work == nullptr)
    return runtime::fail(problem_kind::not_found, "the run has no such task");
  const auto is_held_by = work->claim == claim
                          || run_.is_held_under(task, claim)
                          || has_bug(planted_bug::ignore_claim);
  if (!is_held_by || work->status != status)
    return too_late("claim " + std::to_string(claim) + " is over: the task is "
                    + std::string{to_string(work->status)} + " under claim "
                    + std::to_string(work->claim));
  return work;
}

outcome<void> run_decision::begin(const task_key& task, std::uint64_t claim) {
  if (auto work = held_work(task, claim, work_status::claimed); !work)
    return runtime::fail(work.error());
  auto& event = *prepare().mutable_task_started();
  *event.mutable_task() = to_message(task);
  event.set_claim(claim);
  commit();
  return {};
}

outcome<void> run_decision::beat(const task_key& task, std::uint64_t claim,
                                 const json& progress) {
  if (auto work = held_work(task, claim, work_status::running); !work)
    return runtime::fail(work.error());
  auto& event = *prepare().mutable_heartbeat();
  *event.mutable_task() = to_message(task);
  event.set_claim(claim);
  event.set_progress(to_text(progress));
  commit();
  return {};
}

outcome<void> run_decision::succeed(const task_key& task, std::uint64_t claim,
                                    const json& output) {
  if (auto work = held_work(task, claim, work_status::running); !work)
    return runtime::fail(work.error());
  auto& event = *prepare().mutable_succeeded();
  *event.mutable_task() = to_message(task);
  event.set_claim(claim);
  event.set_output(to_text(output));
  commit();
  advance();
  return {};
}

outcome<void> run_decision::fail(const task_key& task, std::uint64_t claim,
                                 messages::TaskError error) {
  auto work = held_work(task, claim, work_status::running);
  if (!work)
    work = held_work(task, claim, work_status::claimed);
  if (!work)
    return runtime::fail(work.error());
  auto what = messages::TaskFailed{};
  what.set_claim(claim);
  *what.mutable_error() = std::move(error);
  end_attempt(task, std::move(what));
  advance();
  return {};
}

outcome<void> run_decision::lose(const task_key& task, std::uint64_t claim,
                                 const std::string& reason, loss why) {
  auto work = held_work(task, claim, work_status::running);
  if (!work)
    work = held_work(task, claim, work_status::claimed);
  if (!work)
    return runtime::fail(work.error());
  auto what = messages::TaskFailed{};
  what.set_claim(claim);
  what.set_lost(true);
  what.set_restart(why == loss::restart);
  what.mutable_error()->set_kind("worker_lost");
  what.mutable_error()->set_message(reason);
  end_attempt(task, std::move(what));
  advance();
  return {};
}

outcome<void>
run_decision::child_ended(const task_key& task, const std::string& child,
                          const json& output,
                          const std::optional<messages::TaskError>& error) {
  const auto* work = run_.find(task);
  if (work == nullptr || work->status != work_status::waiting
      || work->waits_for != messages::TaskWaiting::CHILD_RUN
      || work->what != child)
    return too_late("nobody waits for that run any more");
  if (error)
    record_failure(task, *error);
  else
    end_waiting(task, output);
  advance();
  return {};
}

/// When the task is tried again after this failure; nothing: it is not.
std::optional<std::chrono::milliseconds>
run_decision::delay_after(const task_key& task,
                          const messages::TaskFailed& what) const {
  const auto& work = *run_.find(task);
  // Nothing new begins in a run that fails.
  const auto is_failing
    = !task.compensation
      && (run_.failed_steps() > 0 || run_.steps()[task.step].failed > 0);
  if (is_failing || what.error().permanent())
    return std::nullopt;
  if (what.lost())
    return what.restart() || work.lost + 1 < lost_max
             ? std::optional{std::chrono::milliseconds{0}}
             : std::nullopt;
  const auto& policy = call_of(run_.definition(), task).retry;
  auto options = runtime::retry_options{};
  options.schedule = {policy.attempts, policy.initial, policy.factor,
                      policy.cap, policy.jitter};
  options.on = policy.on;
  const auto delay = runtime::retry_policy{std::move(options)}.delay(
    what.error().kind(),
    has_bug(planted_bug::retry_for_ever) ? 0 : work.attempts, context_.draw());
  if (!delay)
    return std::nullopt;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*delay),
                  asked_delay(what.error()));
}

/// Whether its guard bears no further attempt: then the error says so.
bool run_decision::is_retry_refused(const task_key& task,
                                    messages::TaskFailed& what) const {
  const auto& guard = call_of(run_.definition(), task).guard;
  // Who lost his worker did not burden what the guard is for; and what is not
  // undone needs a person.
  if (guard.empty() || what.lost() || task.compensation || !context_.may_retry
      || context_.may_retry(guard))
    return false;
  auto& error = *what.mutable_error();
  error.set_message(error.message() + (error.message().empty() ? "" : "; ")
                    + "not tried again: the retry budget of guard " + guard
                    + " is used up");
  return true;
}

/// What somebody says who has the task is of him alone, also if he says that it
/// is for good: if a second one has it, too, that one goes on.
void run_decision::end_attempt(const task_key& task,
                               messages::TaskFailed what) {
  if (run_.backup_of(task) == nullptr)
    return record_failure(task, std::move(what));
  auto& event = *prepare().mutable_dropped();
  *event.mutable_task() = to_message(task);
  event.set_claim(what.claim());
  *event.mutable_error() = std::move(*what.mutable_error());
  event.set_lost(what.lost());
  event.set_restart(what.restart());
  commit();
}

/// Fails the task, and lets it be tried again where that is allowed.
void run_decision::record_failure(const task_key& task,
                                  messages::TaskFailed what) {
  // What was told to stop and stopped did not fail.
  if (run_.is_cancelling() && !task.compensation) {
    *prepare().mutable_cancelled()->mutable_task() = to_message(task);
    commit();
    return;
  }
  auto delay = delay_after(task, what);
  if (delay && is_retry_refused(task, what))
    delay.reset();
  *what.mutable_task() = to_message(task);
  what.set_last(!delay);
  *prepare().mutable_failed() = std::move(what);
  commit();
  if (!delay)
    return;
  auto& again = *prepare().mutable_retry();
  *again.mutable_task() = to_message(task);
  again.set_at(runtime::to_microseconds(context_.now + *delay));
  commit();
}

/// Of a task that no worker has.
void run_decision::record_failure(const task_key& task,
                                  messages::TaskError error) {
  auto what = messages::TaskFailed{};
  *what.mutable_error() = std::move(error);
  record_failure(task, std::move(what));
}

void run_decision::fail_at_expression(const task_key& task,
                                      const runtime::problem& reason) {
  auto error = messages::TaskError{};
  error.set_kind(std::string{broken_expression});
  error.set_message(runtime::render(reason));
  error.set_permanent(true);
  record_failure(task, std::move(error));
}

} // namespace troupe::engine
