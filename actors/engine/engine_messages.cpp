#include "actors/engine/engine_messages.hpp"

#include "actors/engine/task_times.hpp"
#include "actors/engine/value_size.hpp"
#include "actors/engine/workflow_inputs.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// A value from outside: JSON that is not too deep to walk through.
outcome<json> parse_outside(const std::string& text, const std::string& what) {
  if (text.empty())
    return json{};
  auto value = json::parse(text, nullptr, false);
  if (value.is_discarded())
    return fail(problem_kind::invalid_input, what + " is not JSON");
  if (measure(value).depth > value_depth_max)
    return fail(problem_kind::invalid_input, what + " is nested too deeply");
  return value;
}

messages::RunCancelRequested to_cancel(const messages::ChangeRun& wanted,
                                       instant now) {
  const auto& cancel = wanted.cancel();
  auto request = messages::RunCancelRequested{};
  request.set_by(wanted.by());
  request.set_reason(cancel.reason());
  request.set_terminate(cancel.terminate());
  // An absurdly long grace is a long one: the clock must not overflow.
  constexpr auto grace_max = std::uint64_t{7 * 24 * 3'600'000};
  const auto grace
    = std::chrono::milliseconds{std::min(cancel.grace_ms(), grace_max)};
  request.set_stop_at(runtime::to_microseconds(now + grace));
  return request;
}

/// The task that a report is about; `not_found` if there is none.
outcome<task_key> task_of(const run_ledger& ledger,
                          const messages::ActivityRef& ref) {
  const auto* run = ledger.find(ref.run());
  if (run == nullptr)
    return fail(problem_kind::not_found, "no run " + ref.run());
  const auto step = find_step(run->definition(), ref.step());
  if (!step)
    return fail(problem_kind::not_found, "no step " + ref.step());
  return task_key{*step, ref.item(), ref.compensation()};
}

/// Of a host that could not even begin, or had to end: nobody's fault.
bool is_loss(const messages::ActivityFailed& report) {
  return report.kind() == "interrupted" || report.kind() == "overloaded"
         || report.kind() == "outdated";
}

/// Not every sign of life is worth a row in the history.
bool is_worth_recording(const run_state& run, const task_key& task,
                        std::uint64_t claim, const json& progress,
                        instant now) {
  const auto* work = run.find(task);
  if (work == nullptr || work->status != work_status::running)
    return true; // Refused where it belongs.
  const auto* backup = run.backup_of(task);
  const auto is_second = backup != nullptr && backup->claim == claim;
  const auto silence
    = now - (is_second ? backup->heartbeat_at : work->heartbeat_at);
  const auto& limit = call_of(run.definition(), task).timeouts.heartbeat;
  if (limit && silence >= *limit / 10)
    return true;
  return !is_second && !progress.is_null() && silence >= 1s
         && progress != work->progress;
}

/// Those that can be; refused with the reason of the last if none can.
outcome<void> retry_all(run_decision& it, const std::vector<step_index>& steps,
                        const std::string& by) {
  auto result = outcome<void>{
    fail(problem_kind::conflict, "nothing of the run has failed")};
  auto has_any = false;
  for (const auto step : steps) {
    auto retried = it.retry(step, by);
    has_any |= retried.has_value();
    result = std::move(retried);
  }
  return has_any ? outcome<void>{} : result;
}

} // namespace

outcome<run_request> to_request(const messages::SubmitRun& wanted,
                                pinned_workflow of) {
  auto given = parse_outside(wanted.inputs(), "inputs");
  if (!given)
    return fail(given.error());
  auto inputs = check_inputs(
    *of.definition, given->is_null() ? json::object() : std::move(*given));
  if (!inputs)
    return fail(inputs.error().front());
  auto request = run_request{};
  request.of = std::move(of);
  request.inputs = std::move(*inputs);
  if (wanted.has_priority())
    request.priority = static_cast<priority_class>(
      std::min<std::uint32_t>(wanted.priority(), priority_classes - 1));
  request.idempotency_key = wanted.idempotency_key();
  request.by = wanted.by();
  request.not_before = runtime::from_microseconds(wanted.not_before());
  if (wanted.not_after() != 0)
    request.not_after = runtime::from_microseconds(wanted.not_after());
  return request;
}

outcome<void> change_run(run_ledger& ledger, const messages::ChangeRun& wanted,
                         instant now) {
  using what = messages::ChangeRun;
  const auto* run = ledger.find(wanted.run_id());
  if (run == nullptr)
    return fail(problem_kind::not_found, "no run " + wanted.run_id());
  auto steps = std::vector<step_index>{};
  for (const auto& id : steps_to_retry(ledger, wanted)) {
    const auto step = find_step(run->definition(), id);
    if (!step)
      return fail(problem_kind::not_found, "the run has no step " + id);
    steps.push_back(*step);
  }
  return ledger.decide(wanted.run_id(), [&](run_decision& it) -> outcome<void> {
    switch (wanted.what_case()) {
      case what::kPause:
        return it.pause(wanted.by());
      case what::kResume:
        return it.resume(wanted.by());
      case what::kCancel:
        return it.cancel(to_cancel(wanted, now));
      case what::kSignal: {
        auto received = wanted.signal();
        received.set_by(wanted.by());
        return it.signal(std::move(received));
      }
      case what::kRetryStep:
        return retry_all(it, steps, wanted.by());
      default:
        return fail(problem_kind::invalid_input, "no change is named");
    }
  });
}

std::vector<std::string> steps_to_retry(const run_ledger& ledger,
                                        const messages::ChangeRun& wanted) {
  if (wanted.what_case() != messages::ChangeRun::kRetryStep)
    return {};
  if (!wanted.retry_step().empty())
    return {wanted.retry_step()};
  auto failed = std::vector<std::string>{};
  const auto* run = ledger.find(wanted.run_id());
  if (run == nullptr)
    return {};
  // Once it is being undone, only that can be tried again.
  const auto is_undoing = run->failed_undos() != 0 || run->is_compensating();
  for (auto step = step_index{0}; step < run->steps().size(); ++step) {
    const auto& state = run->steps()[step];
    if ((is_undoing ? state.failed_undo : state.failed) != 0)
      failed.push_back(run->definition().steps[step].id);
  }
  return failed;
}

worker_profile to_profile(std::uint64_t worker,
                          const messages::GetActivities& request) {
  auto profile = worker_profile{};
  profile.worker = worker;
  profile.activities.assign(request.activities().begin(),
                            request.activities().end());
  profile.immediate.assign(request.immediate().begin(),
                           request.immediate().end());
  profile.node = request.node();
  profile.labels = {request.labels().begin(), request.labels().end()};
  if (!request.has_room())
    return profile;
  auto& room = profile.room.emplace();
  room.cpu_thousandths = request.room().cpu_thousandths();
  room.memory_bytes = request.room().memory_bytes();
  room.custom
    = {request.room().custom().begin(), request.room().custom().end()};
  return profile;
}

running_answer take_running(run_ledger& ledger, std::uint64_t worker,
                            const std::vector<messages::ActivityRef>& running) {
  auto answer = running_answer{};
  auto named = std::set<std::pair<run_number, task_key>>{};
  answer.kept.set_epoch(ledger.epoch());
  for (const auto& ref : running) {
    const auto task = task_of(ledger, ref);
    if (task
        && ledger.rebind(worker, ref.run(), *task,
                         {ref.epoch(), ref.claim()})) {
      named.emplace(*ledger.number_of(ref.run()), *task);
      *answer.kept.add_refs() = ref;
      continue;
    }
    auto& dropped = answer.dropped.emplace_back();
    *dropped.mutable_ref() = ref;
    dropped.set_grace_ms(0);
  }
  ledger.lose_others(worker, named, "its host began anew without it");
  return answer;
}

messages::RunActivity to_activity(const assignment& given,
                                  std::uint64_t epoch) {
  const auto& claim = given.claim;
  auto activity = messages::RunActivity{};
  auto& ref = *activity.mutable_ref();
  ref.set_run(given.run_id);
  ref.set_step(given.step_id);
  ref.set_item(claim.task.item);
  ref.set_compensation(claim.task.compensation);
  ref.set_attempt(claim.attempt);
  ref.set_epoch(epoch);
  ref.set_claim(claim.claim);
  activity.set_activity(given.activity);
  activity.set_input_json(claim.input.dump());
  for (const auto& pointer : given.secrets)
    activity.add_secrets(pointer.to_string());
  activity.set_idempotency_key(given.run_id + "/" + given.step_id + "/"
                               + std::to_string(claim.task.item)
                               + (claim.task.compensation ? "/undo" : ""));
  if (given.timeouts.start_to_close)
    activity.set_start_to_close_ms(
      static_cast<std::uint64_t>(given.timeouts.start_to_close->count()));
  if (given.timeouts.heartbeat)
    activity.set_heartbeat_ms(
      static_cast<std::uint64_t>(given.timeouts.heartbeat->count()));
  activity.set_takes_no_credit(!given.takes_credit);
  if (!claim.progress.is_null())
    activity.set_progress_json(claim.progress.dump());
  return activity;
}

messages::CancelActivity to_cancellation(const called_off& work,
                                         std::uint64_t epoch,
                                         const run_state* run, instant now) {
  auto cancellation = messages::CancelActivity{};
  auto& ref = *cancellation.mutable_ref();
  ref.set_run(work.run_id);
  ref.set_step(work.step_id);
  ref.set_item(work.task.item);
  ref.set_compensation(work.task.compensation);
  ref.set_attempt(work.attempt);
  ref.set_epoch(epoch);
  ref.set_claim(work.claim);
  if (run == nullptr || is_over(run->status())) {
    cancellation.set_grace_ms(0);
  } else if (run->cancellation()) {
    const auto left
      = runtime::from_microseconds(run->cancellation()->stop_at()) - now;
    cancellation.set_grace_ms(static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::milliseconds>(left).count())));
  }
  return cancellation;
}

outcome<void> take_progress(run_ledger& ledger,
                            const messages::ActivityProgress& report,
                            instant now) {
  const auto task = task_of(ledger, report.ref());
  if (!task)
    return fail(task.error());
  const auto progress = parse_outside(report.progress_json(), "progress");
  if (!progress)
    return fail(progress.error());
  if (!is_worth_recording(*ledger.find(report.ref().run()), *task,
                          report.ref().claim(), *progress, now))
    return {};
  return ledger.beat(report.ref().run(), *task,
                     {report.ref().epoch(), report.ref().claim()}, *progress);
}

outcome<void> take_success(run_ledger& ledger,
                           const messages::ActivitySucceeded& report) {
  const auto task = task_of(ledger, report.ref());
  if (!task)
    return fail(task.error());
  const auto claim = report.ref().claim();
  const auto output = parse_outside(report.output_json(), "the output");
  return ledger.report(report.ref().run(), *task, {report.ref().epoch(), claim},
                       [&](run_decision& it) {
                         if (output)
                           return it.succeed(*task, claim, *output);
                         auto error = messages::TaskError{};
                         error.set_kind("invalid_output");
                         error.set_message(output.error().message);
                         return it.fail(*task, claim, error);
                       });
}

outcome<void> take_failure(run_ledger& ledger,
                           const messages::ActivityFailed& report) {
  const auto task = task_of(ledger, report.ref());
  if (!task)
    return fail(task.error());
  const auto claim = report.ref().claim();
  return ledger.report(report.ref().run(), *task, {report.ref().epoch(), claim},
                       [&](run_decision& it) {
                         if (is_loss(report))
                           return it.lose(*task, claim, report.message());
                         auto error = messages::TaskError{};
                         error.set_kind(report.kind());
                         error.set_message(report.message());
                         error.set_permanent(!report.retryable());
                         error.set_details(report.details_json());
                         return it.fail(*task, claim, std::move(error));
                       });
}

messages::GuardStates to_message(const std::vector<desk_status>& guards) {
  auto states = messages::GuardStates{};
  for (const auto& each : guards) {
    auto& to = *states.add_guards();
    to.set_name(each.guard);
    to.set_running(each.inside.running);
    to.set_waiting(each.waiting);
    if (each.concurrent_max)
      to.set_concurrent_max(*each.concurrent_max);
    if (each.has_breaker)
      to.set_breaker(std::string{to_string(each.inside.breaker)});
    if (each.quota_limit)
      to.set_quota_limit(*each.quota_limit);
    to.set_quota_used(each.inside.quota_used);
    to.set_retries_available(each.inside.retries_available);
    to.set_closed_from(static_cast<std::uint32_t>(each.closed_from));
    if (!each.closed)
      continue;
    to.set_waiting_on(std::string{to_string(each.closed->what)});
    to.set_waiting_for(each.closed->detail);
    to.set_next_check(runtime::to_microseconds(each.closed->next_check));
  }
  return states;
}

messages::RunProgress progress_of(const run_state& run) {
  auto progress = messages::RunProgress{};
  progress.set_status(std::string{to_string(run.status())});
  progress.set_steps(run.steps().size());
  auto done = std::uint64_t{0};
  for (const auto& step : run.steps())
    done += step.is_skipped
                || (!step.tasks.empty() && step.succeeded == step.tasks.size())
              ? 1
              : 0;
  progress.set_steps_done(done);
  if (const auto reason = run.waiting_on()) {
    progress.set_waiting_on(std::string{to_string(reason->what)});
    progress.set_waiting_for(reason->detail);
  }
  return progress;
}

messages::RunResult result_of(const run_state& run) {
  auto result = messages::RunResult{};
  result.set_run_id(run.submission().run_id());
  result.set_status(std::string{to_string(run.status())});
  result.set_reason(run.reason());
  return result;
}

} // namespace troupe::engine
