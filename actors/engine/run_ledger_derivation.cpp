#include "actors/engine/failure_workflow.hpp"
#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/workflow_inputs.hpp"

#include <algorithm>
#include <utility>

// Runs that go on from others, and runs that are started because others failed.

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;

namespace {

run_request request_like(const run_state& other,
                         const derived_run_request& wanted) {
  const auto& submission = other.submission();
  auto request = run_request{};
  request.of = {other.shared_definition(), submission.workflow_digest()};
  request.inputs = other.inputs();
  request.priority = static_cast<priority_class>(
    std::min<std::uint32_t>(submission.priority(), priority_classes - 1));
  request.idempotency_key = wanted.idempotency_key;
  request.by = wanted.by;
  return request;
}

} // namespace

void run_ledger::terminate(live_run& live, const std::string& by,
                           const std::string& reason) {
  auto request = messages::RunCancelRequested{};
  request.set_by(by);
  request.set_reason(reason);
  request.set_terminate(true);
  request.set_stop_at(runtime::to_microseconds(context_.now));
  live.must_store = true;
  decide_on(live, [&](run_decision& it) { return it.cancel(request); });
}

outcome<submitted_run> run_ledger::derive(const derived_run_request& wanted) {
  if (auto known = find_known(wanted.idempotency_key))
    return std::move(*known);
  auto* other = find_live(wanted.run_id);
  if (other == nullptr)
    return no_such_run(wanted.run_id);
  const auto& now = *other->state;
  const auto was_over = is_over(now.status());
  if (!was_over && !wanted.cancels)
    return runtime::fail(problem_kind::conflict,
                         "the run is not over: it is "
                           + std::string{to_string(now.status())},
                         "wait for its end, or end it with --cancel, which "
                         "undoes nothing");
  const auto& at = wanted.at == nullptr ? now : *wanted.at;
  const auto plan = plan_derivation(at, now, wanted.from_step);
  if (!plan)
    return runtime::fail(plan.error());
  const auto request = request_like(now, wanted);
  if (auto room = check_room(request); !room)
    return runtime::fail(room.error());
  if (auto possible = check_needs(*request.of.definition); !possible)
    return runtime::fail(possible.error());
  auto submission = make_submission(request, from_.new_id(), context_.now);
  if (!submission)
    return runtime::fail(submission.error());
  submission->set_reset_of(wanted.run_id);
  submission->set_reset_sequence(at.sequence());
  if (wanted.from_step)
    submission->set_rerun_from(
      request.of.definition->steps[*wanted.from_step].id);
  if (auto free
      = check_key(request, submission->concurrency_key(), other->number);
      !free)
    return runtime::fail(free.error());
  if (auto rate = check_rate(request); !rate)
    return runtime::fail(rate.error());
  // From here on nothing is refused: all of it is stored together.
  if (!was_over)
    terminate(*other, wanted.by,
              "run " + submission->run_id() + " goes on from it");
  if (plan->has_effects) {
    decide_on(*other, [&](run_decision& it) {
      return it.hand_over(submission->run_id());
    });
    // Who was fetched for this goes again when it is stored.
    if (std::ranges::find(ended_, other->number) == ended_.end())
      ended_.push_back(other->number);
  }
  auto result = accept(*submission, request.of.definition, &*plan);
  do_deferred();
  return result;
}

// -- failures -----------------------------------------------------------------

void run_ledger::start_failure_run(run_number failed) {
  auto* live = find_live(failed);
  if (live == nullptr || live->state->failure_run()
      || live->state->status() != run_status::failed
      || has_bug(planted_bug::lose_failure))
    return;
  const auto started = try_start_failure_run(*live);
  // Stored together with the end of the run that failed.
  decide_on(*live, [&](run_decision& it) {
    return it.note_failure_run(started ? *started : std::string{},
                               started ? std::string{}
                                       : runtime::render(started.error()));
  });
}

outcome<std::string> run_ledger::try_start_failure_run(const live_run& failed) {
  const auto& above = failed.state->submission();
  const auto& id = failed.state->definition().on_failure.workflow_id;
  if (above.depth() >= options_.depth_max)
    return runtime::fail(problem_kind::invalid_input,
                         std::to_string(above.depth())
                           + " runs are above this one already");
  auto request = run_request{};
  request.idempotency_key = "on_failure:" + above.run_id();
  if (const auto known = find_known(request.idempotency_key))
    return known->run_id;
  request.of = from_.definition(id);
  if (!request.of.definition)
    return runtime::fail(problem_kind::not_found, "there is no workflow " + id,
                         "apply it with troupe workflow apply");
  if (auto possible = check_needs(*request.of.definition); !possible)
    return runtime::fail(possible.error());
  auto inputs
    = check_inputs(*request.of.definition,
                   failure_inputs(*failed.state, *request.of.definition));
  if (!inputs)
    return runtime::fail(inputs.error().front());
  request.inputs = std::move(*inputs);
  request.by = "the failure of run " + above.run_id();
  auto submission = make_submission(request, from_.new_id(), context_.now);
  if (!submission)
    return runtime::fail(submission.error());
  submission->set_failure_of(above.run_id());
  submission->set_depth(above.depth() + 1);
  return accept(*submission, request.of.definition).run_id;
}

} // namespace troupe::engine
