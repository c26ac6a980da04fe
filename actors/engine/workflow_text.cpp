#include "actors/engine/workflow.hpp"
#include "actors/engine/workflow_words.hpp"
#include "runtime/config/quantities.hpp"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <array>
#include <cstdio>

namespace troupe::engine {

namespace {

using json = nlohmann::ordered_json;
using runtime::render_duration;
using runtime::to_word;

void put_duration(json& to, const char* key,
                  const std::optional<std::chrono::milliseconds>& duration) {
  if (duration)
    to[key] = render_duration(*duration);
}

json to_json(const workflow_input& input) {
  auto result = json::object();
  result["type"] = to_word(input_type_words, input.type);
  if (input.required)
    result["required"] = true;
  if (input.fallback)
    result["default"] = json(*input.fallback);
  if (!input.description.empty())
    result["description"] = input.description;
  return result;
}

json to_json(const concurrency_limit& limit) {
  return {{"key", limit.key.print()},
          {"limit", limit.limit},
          {"on_conflict", to_word(conflict_policy_words, limit.on_conflict)}};
}

/// All of it: the defaults of a retry depend on where it stands.
json to_json(const retry_policy& retry) {
  return {{"attempts", retry.attempts},
          {"initial", render_duration(retry.initial)},
          {"factor", retry.factor},
          {"cap", render_duration(retry.cap)},
          {"jitter", to_word(retry_jitter_words, retry.jitter)},
          {"on", retry.on}};
}

json to_json(const step_timeouts& timeouts) {
  auto result = json::object();
  put_duration(result, "schedule_to_start", timeouts.schedule_to_start);
  put_duration(result, "start_to_close", timeouts.start_to_close);
  put_duration(result, "schedule_to_close", timeouts.schedule_to_close);
  put_duration(result, "heartbeat", timeouts.heartbeat);
  return result;
}

void put_call(json& to, const activity_call& call) {
  to["activity"] = call.activity;
  if (!call.with.written.empty())
    to["with"] = json(call.with.written);
  to["retry"] = to_json(call.retry);
  if (call.timeouts != step_timeouts{})
    to["timeout"] = to_json(call.timeouts);
  if (!call.guard.empty())
    to["guard"] = call.guard;
}

json to_json(const step_resources& resources) {
  auto result = json::object();
  if (resources.cpu_thousandths != 0)
    result["cpu"] = resources.cpu_thousandths / 1e3;
  if (resources.memory_bytes != 0)
    result["memory"] = runtime::render_byte_size(resources.memory_bytes);
  if (!resources.custom.empty())
    result["custom"] = resources.custom;
  return result;
}

json to_json(const step_placement& placement) {
  auto result = json::object();
  if (!placement.require.empty())
    result["require"] = placement.require;
  if (!placement.exclude.empty())
    result["exclude"] = placement.exclude;
  if (placement.data)
    result["data"] = placement.data->print();
  if (placement.spread)
    result["spread"] = placement.spread->print();
  if (placement.per_node != 0)
    result["per_node"] = placement.per_node;
  return result;
}

json to_json(const workflow& of, const workflow_step& step) {
  auto result = json::object();
  result["id"] = step.id;
  for (const auto need : step.needs)
    result["needs"].push_back(of.steps[need].id);
  if (step.when)
    result["when"] = step.when->print();
  if (step.foreach) {
    result["foreach"] = json(step.foreach->items.written);
    result["max_parallel"] = step.foreach->parallel_max;
  }
  put_call(result, step.call);
  if (step.resources != step_resources{})
    result["resources"] = to_json(step.resources);
  if (step.placement)
    result["placement"] = to_json(*step.placement);
  if (step.speculate)
    result["speculate"] = true;
  if (step.compensate)
    put_call(result["compensate"], *step.compensate);
  return result;
}

} // namespace

std::string to_text(const daily_deadline& deadline) {
  const auto seconds = static_cast<int>(deadline.time_of_day.count());
  auto text = std::array<char, 16>{};
  const auto length
    = std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", seconds / 3600,
                    seconds / 60 % 60, seconds % 60);
  const auto shown = seconds % 60 == 0 ? length - 3 : length;
  return std::string{text.data(), static_cast<std::size_t>(shown)} + " "
         + deadline.zone;
}

namespace {

json to_json(const failure_policy& policy) {
  if (policy.kind == failure_policy::action::start_workflow)
    return {{"workflow", policy.workflow_id}};
  return to_word(failure_words, policy.kind);
}

void put_limits(json& to, const workflow& of) {
  if (of.concurrency)
    to["concurrency"] = to_json(*of.concurrency);
  put_duration(to, "timeout", of.timeout);
  if (of.deadline)
    to["deadline"] = to_text(*of.deadline);
}

} // namespace

std::string canonical_json(const workflow& of) {
  auto result = json::object();
  result["apiVersion"] = "troupe/v1";
  result["kind"] = "Workflow";
  result["id"] = of.id;
  if (!of.description.empty())
    result["description"] = of.description;
  result["priority"] = to_word(priority_words, of.priority);
  for (const auto& input : of.inputs)
    result["inputs"][input.name] = to_json(input);
  put_limits(result, of);
  result["steps"] = json::array();
  for (const auto& step : of.steps)
    result["steps"].push_back(to_json(of, step));
  if (of.success)
    result["success"] = of.success->print();
  result["on_failure"] = to_json(of.on_failure);
  return result.dump();
}

std::uint64_t digest(const workflow& of) {
  const auto text = canonical_json(of);
  return XXH3_64bits(text.data(), text.size());
}

std::string digest_text(const workflow& of) {
  auto text = std::array<char, 17>{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(digest(of)));
  return text.data();
}

} // namespace troupe::engine
