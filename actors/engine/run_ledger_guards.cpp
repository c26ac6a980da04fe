#include "actors/engine/engine_activities.hpp"
#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/task_times.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

// What stands between steps and the operations that they guard.

namespace troupe::engine {

using runtime::attempt_report;
using runtime::call_outcome;
using runtime::outcome;
using json = nlohmann::json;

namespace {

/// The other side took no call: it had enough of them.
bool is_turned_away(const messages::TaskError& error) {
  if (error.kind() != "http_status")
    return false;
  constexpr auto too_many_requests = 429;
  const auto details = json::parse(error.details(), nullptr, false);
  if (!details.is_object())
    return false;
  const auto status = details.find("status");
  return status != details.end() && *status == too_many_requests;
}

/// What the end of an attempt tells about the backend.
attempt_report report_of(const messages::TaskFailed& failed) {
  auto how = attempt_report{call_outcome::failure, failed.error().kind(), {}};
  const auto& kind = failed.error().kind();
  if (failed.lost() || kind == "cancelled")
    how.outcome = call_outcome::cancelled;
  else if (is_turned_away(failed.error()))
    how.outcome = call_outcome::rejected;
  else if (failed.error().permanent() || kind == "crashed")
    how.outcome = call_outcome::ignored; // The request is wrong, or we are.
  return how;
}

} // namespace

outcome<void> run_ledger::check_guards(const workflow& of) const {
  const auto check
    = [&](const activity_call& call, const std::string& key) -> outcome<void> {
    if (call.guard.empty() || desk_.knows(call.guard))
      return {};
    const auto names = desk_.names();
    const auto known
      = std::vector<std::string_view>{names.begin(), names.end()};
    auto reason = runtime::problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.key = key + ".guard";
    reason.message = "unknown guard \"" + call.guard + "\"";
    reason.hint = known.empty() ? "name the file that has it: --guards FILE"
                                : runtime::spelling_hint(call.guard, known);
    return runtime::fail(std::move(reason));
  };
  for (const auto& step : of.steps) {
    if (auto known = check(step.call, "steps." + step.id); !known)
      return known;
    if (!step.compensate)
      continue;
    if (auto known
        = check(*step.compensate, "steps." + step.id + ".compensate");
        !known)
      return known;
  }
  return {};
}

/// Permits come and go with the events that say so, whoever caused them.
void run_ledger::settle_permits(live_run& live,
                                const messages::RunEvents& events) {
  if (desk_.is_empty())
    return;
  for (const auto& event : events.events())
    settle_permits(live, event);
}

void run_ledger::settle_permits(live_run& live,
                                const messages::RunEvent& event) {
  using messages::RunEvent;
  switch (event.what_case()) {
    case RunEvent::kClaimed: {
      const auto task = from_message(event.claimed().task());
      const auto guard
        = desk_.id_of(call_of(live.state->definition(), task).guard);
      if (guard != 0)
        live.permits[task]
          = desk_.begin(guard, priority_of(live), event.claimed().attempt() > 1,
                        context_.now, context_.draw);
      return;
    }
    case RunEvent::kSucceeded:
      return end_permit(live, from_message(event.succeeded().task()), {});
    case RunEvent::kFailed:
      return end_permit(live, from_message(event.failed().task()),
                        report_of(event.failed()));
    case RunEvent::kCancelled:
      return end_permit(live, from_message(event.cancelled().task()),
                        {call_outcome::cancelled, {}, {}});
    default:
      return;
  }
}

void run_ledger::end_permit(live_run& live, const task_key& task,
                            const attempt_report& how) {
  const auto permit = live.permits.extract(task);
  if (!permit.empty() && !has_bug(planted_bug::leak_permit))
    desk_.end(permit.mapped(), how, context_.now, context_.draw);
}

void run_ledger::restore(const named_guard_record& saved) {
  desk_.restore(saved, context_.now);
}

std::vector<named_guard_record> run_ledger::take_guard_records() {
  return desk_.take_records(context_.now);
}

std::vector<desk_event> run_ledger::take_guard_events() {
  return desk_.take_events();
}

std::vector<desk_status> run_ledger::guards() {
  return desk_.status(context_.now, context_.draw);
}

outcome<void> run_ledger::reset_guard(std::string_view name) {
  if (desk_.reset(name, context_.now))
    return {};
  const auto names = desk_.names();
  const auto known = std::vector<std::string_view>{names.begin(), names.end()};
  return runtime::fail(runtime::problem_kind::not_found,
                       "there is no guard " + std::string{name},
                       runtime::spelling_hint(name, known));
}

/// Whoever works behind a guard has a permit, and nobody else.
void run_ledger::check_permits(const live_run& live,
                               std::vector<std::string>& found) const {
  const auto name = "run " + live.state->submission().run_id();
  for (const auto& [task, permit] : live.permits)
    if (!is_held(live.state->find(task)->status))
      found.push_back(name + ": a permit belongs to no work under way");
  for_each_work(
    *live.state, [](work_status status) { return is_held(status); },
    [&](const task_key& task) {
      const auto& guard = call_of(live.state->definition(), task).guard;
      if (!guard.empty() && !live.is_over && !live.permits.contains(task))
        found.push_back(name + ": work passed a guard without a permit");
    });
}

/// What a guard counts is what there is.
void run_ledger::check_desk(std::vector<std::string>& found) const {
  auto permits = std::map<guard_id, std::size_t>{};
  auto waiting = std::map<guard_id, std::uint64_t>{};
  for (const auto& [number, live] : runs_)
    for (const auto& [task, permit] : live.permits)
      ++permits[permit.guard];
  for (const auto& [handle, at] : places_)
    ++waiting[at.guard];
  for (auto guard = guard_id{1}; guard <= desk_.size(); ++guard) {
    if (desk_.running(guard) != permits[guard])
      found.push_back("a permit of a guard belongs to nobody");
    if (desk_.waiting(guard) != waiting[guard])
      found.push_back("a guard counts work that does not wait for it");
  }
}

} // namespace troupe::engine
