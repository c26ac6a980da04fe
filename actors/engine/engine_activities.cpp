#include "actors/engine/engine_activities.hpp"

#include "actors/engine/task_times.hpp"
#include "actors/engine/workflow_bounds.hpp"
#include "runtime/config/quantities.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using messages::TaskWaiting;
using runtime::outcome;
using json = nlohmann::json;

namespace {

auto wrong(std::string key, std::string message, std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = "with." + key;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

outcome<std::string> text_at(const json& input, const std::string& key,
                             const std::string& hint) {
  const auto found = input.find(key);
  if (found == input.end())
    return wrong(key, "is missing", hint);
  if (!found->is_string() || found->get_ref<const std::string&>().empty())
    return wrong(key, "has to be a text", hint);
  return found->get<std::string>();
}

outcome<TaskWaiting> sleep_of(const json& input, instant now) {
  const auto hint = std::string{"write a duration such as 90s or 1h30m"};
  const auto text = text_at(input, "for", hint);
  if (!text)
    return runtime::fail(text.error());
  const auto span = runtime::parse_duration(*text);
  if (!span)
    return wrong("for", span.error().message, hint);
  if (*span > workflow_bounds::duration_max)
    return wrong("for", "is longer than ten years", hint);
  auto wait = TaskWaiting{};
  wait.set_reason(TaskWaiting::TIMER);
  wait.set_until(runtime::to_microseconds(now + *span));
  return wait;
}

outcome<TaskWaiting> signal_of(const json& input) {
  auto name = text_at(input, "name", "name the signal to wait for");
  if (!name)
    return runtime::fail(name.error());
  auto wait = TaskWaiting{};
  wait.set_reason(TaskWaiting::SIGNAL);
  wait.set_what(std::move(*name));
  return wait;
}

outcome<TaskWaiting> approval_of(const json& input, std::string step) {
  auto wait = TaskWaiting{};
  wait.set_reason(TaskWaiting::APPROVAL);
  wait.set_what(std::move(step));
  const auto roles = input.find("roles");
  if (roles == input.end() || roles->is_null())
    return wait;
  const auto hint = std::string{"write a list of names: [operator]"};
  if (!roles->is_array())
    return wrong("roles", "has to be a list", hint);
  for (const auto& role : *roles) {
    if (!role.is_string() || role.get_ref<const std::string&>().empty())
      return wrong("roles", "holds what is no name", hint);
    wait.add_roles(role.get<std::string>());
  }
  return wait;
}

/// A child's id is the caller's to add, and the child's inputs are checked when
/// it starts.
outcome<TaskWaiting> child_of(const json& input) {
  if (auto id = text_at(input, "id", "name the workflow to run"); !id)
    return runtime::fail(id.error());
  const auto inputs = input.find("inputs");
  if (inputs != input.end() && !inputs->is_object())
    return wrong("inputs", "has to be an object", "write NAME: VALUE pairs");
  auto wait = TaskWaiting{};
  wait.set_reason(TaskWaiting::CHILD_RUN);
  return wait;
}

/// Whether somebody said yes: a payload of true, or {"approved": true}.
bool is_approval(const json& payload) {
  if (payload.is_boolean())
    return payload.get<bool>();
  return payload.is_object() && payload.value("approved", json{}) == json(true);
}

} // namespace

outcome<TaskWaiting> wait_of(const workflow& of, const task_key& task,
                             const json& input, instant now) {
  const auto& activity = call_of(of, task).activity;
  auto wait = activity == "sleep"    ? sleep_of(input, now)
              : activity == "signal" ? signal_of(input)
              : activity == "approval"
                ? approval_of(input, of.steps[task.step].id)
                : child_of(input);
  if (wait)
    *wait->mutable_task() = to_message(task);
  return wait;
}

bool waits_for_signal(const task_work& work) noexcept {
  return work.status == work_status::waiting
         && (work.waits_for == TaskWaiting::SIGNAL
             || work.waits_for == TaskWaiting::APPROVAL);
}

bool may_take(const task_work& waiting,
              const messages::SignalReceived& signal) {
  return waiting.roles.empty()
         || std::ranges::any_of(signal.roles(), [&](const std::string& role) {
              return std::ranges::find(waiting.roles, role)
                     != waiting.roles.end();
            });
}

signal_answer answer_of(const task_work& waiting,
                        const messages::SignalReceived& signal) {
  auto answer = signal_answer{};
  if (!signal.payload().empty())
    answer.output = json::parse(signal.payload(), nullptr, false);
  if (answer.output.is_discarded())
    answer.output = nullptr;
  if (waiting.waits_for != TaskWaiting::APPROVAL)
    return answer;
  if (!is_approval(answer.output)) {
    auto error = messages::TaskError{};
    error.set_kind("rejected");
    error.set_message("rejected"
                      + (signal.by().empty() ? "" : " by " + signal.by()));
    error.set_permanent(true);
    answer.rejection = std::move(error);
  }
  answer.output = {{"approved", true},
                   {"by", signal.by()},
                   {"payload", std::move(answer.output)}};
  return answer;
}

} // namespace troupe::engine
