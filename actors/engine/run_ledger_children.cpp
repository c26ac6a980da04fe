#include "actors/engine/planted_bug.hpp"
#include "actors/engine/run_ledger.hpp"
#include "actors/engine/run_scope.hpp"
#include "actors/engine/workflow_inputs.hpp"

#include <utility>

// Runs that tasks of other runs wait for.

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;

namespace {

messages::TaskError to_error(const runtime::problem& reason) {
  auto error = messages::TaskError{};
  // Room comes back by itself.
  const auto is_passing = reason.kind == problem_kind::unavailable
                          || reason.kind == problem_kind::conflict;
  error.set_kind(!is_passing                                ? "invalid_input"
                 : reason.kind == problem_kind::unavailable ? "overloaded"
                                                            : "conflict");
  error.set_message(runtime::render(reason));
  error.set_permanent(!is_passing);
  return error;
}

/// The outputs of its steps, by their ids.
json output_of_run(const run_state& run) {
  auto output = json::object();
  for (auto step = step_index{0}; step < run.steps().size(); ++step)
    if (auto value = output_of(run, step))
      output[run.definition().steps[step].id] = std::move(*value);
  return output;
}

} // namespace

/// Starts the child that the task has begun to wait for, and stops the one that
/// it does not wait for any more.
void run_ledger::sync_child(live_run& live, const task_key& task) {
  const auto& work = *live.state->find(task);
  const auto waits = work.status == work_status::waiting
                     && work.waits_for == messages::TaskWaiting::CHILD_RUN;
  const auto known = live.children.find(task);
  if (known != live.children.end() && !(waits && known->second == work.what)) {
    const auto& cancellation = live.state->cancellation();
    const auto terminate = cancellation && cancellation->terminate();
    deferred_.push_back([this, child = known->second, terminate] {
      cancel_child(child, terminate);
    });
    live.children.erase(known);
  }
  if (!waits || !live.children.try_emplace(task, work.what).second
      || by_id_.contains(work.what))
    return;
  deferred_.push_back(
    [this, number = live.number, task] { start_child(number, task); });
}

void run_ledger::start_child(run_number parent, const task_key& task) {
  auto* live = find_live(parent);
  const auto* work = live == nullptr ? nullptr : live->state->find(task);
  if (work == nullptr || work->status != work_status::waiting
      || by_id_.contains(work->what))
    return;
  const auto started = try_start_child(*live, task);
  if (started)
    return;
  const auto child = work->what;
  decide_on(*live, [&](run_decision& it) {
    return it.child_ended(task, child, {}, to_error(started.error()));
  });
}

outcome<void> run_ledger::try_start_child(const live_run& parent,
                                          const task_key& task) {
  const auto& above = parent.state->submission();
  if (above.depth() >= options_.depth_max)
    return runtime::fail(problem_kind::invalid_input,
                         std::to_string(above.depth())
                           + " runs are above this one already",
                         "look for a workflow that starts itself");
  const auto input = input_of(*parent.state, task);
  if (!input)
    return runtime::fail(input.error());
  const auto id = input->value("id", std::string{});
  auto request = run_request{};
  request.of = from_.definition(id);
  if (!request.of.definition)
    return runtime::fail(problem_kind::invalid_input,
                         "there is no workflow " + id,
                         "apply it with troupe workflow apply");
  if (auto possible = check_needs(*request.of.definition); !possible)
    return possible;
  if (auto known = check_guards(*request.of.definition); !known)
    return known;
  auto inputs = check_inputs(*request.of.definition,
                             input->value("inputs", json::object()));
  if (!inputs)
    return runtime::fail(inputs.error().front());
  request.inputs = std::move(*inputs);
  request.by = "run " + above.run_id();
  auto submission
    = make_submission(request, parent.state->find(task)->what, context_.now);
  if (!submission)
    return runtime::fail(submission.error());
  if (auto room = check_room(request); !room)
    return room;
  if (auto free = check_key(request, submission->concurrency_key()); !free)
    return free;
  submission->set_parent_run(above.run_id());
  submission->set_depth(above.depth() + 1);
  *submission->mutable_parent_task() = to_message(task);
  accept(*submission, request.of.definition);
  return {};
}

void run_ledger::cancel_child(const std::string& run_id, bool terminate) {
  auto* child = find_live(run_id);
  if (child == nullptr)
    return;
  auto request = messages::RunCancelRequested{};
  request.set_by("the run that waited for it");
  request.set_terminate(terminate);
  request.set_stop_at(runtime::to_microseconds(context_.now + cancel_grace));
  // Refused if it is over or on its way there.
  decide_on(*child, [&](run_decision& it) { return it.cancel(request); });
}

void run_ledger::tell_parent(run_number child) {
  const auto* live = find_live(child);
  if (live == nullptr)
    return;
  const auto& state = *live->state;
  const auto& submission = state.submission();
  auto* parent = find_live(submission.parent_run());
  if (parent == nullptr || has_bug(planted_bug::forget_child))
    return;
  // The end of the child and what it means are stored together.
  parent->must_store = true;
  auto error = std::optional<messages::TaskError>{};
  if (state.status() != run_status::completed) {
    error.emplace();
    error->set_kind("child_" + std::string{to_string(state.status())});
    error->set_message("run " + submission.run_id() + ": " + state.reason());
  }
  decide_on(*parent, [&](run_decision& it) {
    return it.child_ended(from_message(submission.parent_task()),
                          submission.run_id(), output_of_run(state), error);
  });
}

} // namespace troupe::engine
