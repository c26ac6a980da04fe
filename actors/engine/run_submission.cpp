#include "actors/engine/run_submission.hpp"

#include "actors/engine/activity_catalog.hpp"
#include "actors/engine/evaluation.hpp"
#include "runtime/time_zone.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::engine {

using runtime::outcome;
using json = nlohmann::json;

namespace {

/// How far ahead a run may be asked for.
constexpr auto not_before_max = std::chrono::years{10};

auto unsupported(std::string key, std::string message, std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = std::move(key);
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

outcome<void> check_supported(const workflow& of) {
  for (const auto& step : of.steps) {
    const auto& undo = step.compensate;
    if ((!step.call.guard.empty() && is_of_engine(step.call.activity))
        || (undo && !undo->guard.empty() && is_of_engine(undo->activity)))
      return unsupported("steps." + step.id + ".guard",
                         "a step that only waits passes no guard",
                         "leave the key out");
    if (step.placement && is_of_engine(step.call.activity))
      return unsupported("steps." + step.id + ".placement",
                         "a step that only waits is done by no worker",
                         "leave the key out");
  }
  return {};
}

/// What the key of a workflow's concurrency limit is for this request.
outcome<std::string> concurrency_key(const workflow& of, const json& inputs,
                                     const std::string& run_id) {
  if (!of.concurrency)
    return std::string{};
  auto values = expression_values{};
  values.inputs = inputs;
  values.run_id = run_id;
  auto key = evaluate(of.concurrency->key, values);
  if (!key)
    return runtime::fail(std::move(key.error().reason));
  return of.id + ":"
         + (key->is_string() ? key->get<std::string>() : key->dump());
}

} // namespace

pinned_workflow make_version(workflow of) {
  const auto of_digest = digest(of);
  return {std::make_shared<const workflow>(std::move(of)), of_digest};
}

bool may_be_zone(std::string_view name) {
  const auto found = runtime::time_zone::find(name);
  return found || found.error().kind == runtime::problem_kind::unavailable;
}

outcome<instant> next_deadline(const daily_deadline& deadline, instant now) {
  const auto zone = runtime::time_zone::find(deadline.zone);
  if (!zone)
    return runtime::fail(zone.error());
  auto day = std::chrono::floor<std::chrono::days>(zone->to_local(now));
  for (;; day += std::chrono::days{1}) {
    // Of a time that is shown twice, the first.
    const auto at = zone->to_instants(day + deadline.time_of_day).first;
    if (at > now)
      return at;
  }
}

outcome<messages::RunSubmitted> make_submission(const run_request& request,
                                                const std::string& run_id,
                                                instant now) {
  const auto& of = *request.of.definition;
  if (auto supported = check_supported(of); !supported)
    return runtime::fail(supported.error());
  // Its time begins when it does.
  const auto begins = std::max(now, request.not_before);
  if (begins > now + not_before_max)
    return unsupported("not_before", "the instant is too far away",
                       "choose one within ten years");
  auto submission = messages::RunSubmitted{};
  submission.set_run_id(run_id);
  submission.set_workflow_id(of.id);
  submission.set_workflow_digest(request.of.digest);
  if (!request.inputs.empty())
    submission.set_inputs(request.inputs.dump());
  submission.set_priority(
    static_cast<std::uint32_t>(request.priority.value_or(of.priority)));
  submission.set_idempotency_key(request.idempotency_key);
  submission.set_by(request.by);
  if (begins > now) {
    submission.set_not_before(runtime::to_microseconds(begins));
    if (request.not_after)
      submission.set_not_after(runtime::to_microseconds(*request.not_after));
  }
  if (of.timeout)
    submission.set_timeout_at(runtime::to_microseconds(begins + *of.timeout));
  if (of.deadline) {
    const auto at = next_deadline(*of.deadline, begins);
    if (!at)
      return runtime::fail(at.error());
    submission.set_deadline_at(runtime::to_microseconds(*at));
  }
  auto key = concurrency_key(of, request.inputs, run_id);
  if (!key)
    return runtime::fail(key.error());
  submission.set_concurrency_key(std::move(*key));
  return submission;
}

} // namespace troupe::engine
