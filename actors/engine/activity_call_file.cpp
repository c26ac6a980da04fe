#include "actors/engine/activity_call_file.hpp"

#include "actors/engine/template_file.hpp"
#include "actors/engine/workflow_bounds.hpp"
#include "actors/engine/workflow_words.hpp"

#include <cmath>
#include <utility>

namespace troupe::engine {

namespace {

using runtime::mapping_reader;
using runtime::one_of;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

outcome<milliseconds> span(const yaml_value& value) {
  return value.duration(1ms, workflow_bounds::duration_max);
}

outcome<milliseconds> delay(const yaml_value& value) {
  return value.duration(0ms, workflow_bounds::duration_max);
}

outcome<std::vector<std::string>> texts(const yaml_value& value) {
  const auto items = value.items();
  if (!items)
    return runtime::fail(items.error());
  auto result = std::vector<std::string>{};
  for (const auto& item : *items) {
    auto text = item.text();
    if (!text)
      return runtime::fail(std::move(text.error()));
    result.push_back(std::move(*text));
  }
  return result;
}

void read_retry(const yaml_value& value, retry_policy& target,
                std::vector<problem>& problems) {
  auto in = mapping_reader{value, problems};
  in.optional("attempts", target.attempts, [](const yaml_value& v) {
    return v.integer(1, workflow_bounds::attempts_max);
  });
  in.optional("initial", target.initial, delay);
  in.optional("factor", target.factor, [](const yaml_value& v) {
    return v.number(1.0, workflow_bounds::factor_max);
  });
  in.optional("cap", target.cap, delay);
  in.optional("jitter", target.jitter, one_of(retry_jitter_words));
  in.optional("on", target.on, texts);
  in.finish();
}

step_timeouts read_timeouts(const yaml_value& value,
                            std::vector<problem>& problems) {
  auto result = step_timeouts{};
  auto in = mapping_reader{value, problems};
  in.optional("schedule_to_start", result.schedule_to_start, span);
  in.optional("start_to_close", result.start_to_close, span);
  in.optional("schedule_to_close", result.schedule_to_close, span);
  in.optional("heartbeat", result.heartbeat, span);
  in.finish();
  return result;
}

outcome<std::uint32_t> thousandths(const yaml_value& value) {
  const auto number = value.number(0.0, workflow_bounds::processors_max);
  if (!number)
    return runtime::fail(number.error());
  const auto scaled = *number * 1e3;
  if (std::abs(scaled - std::round(scaled)) > 1e-6)
    return runtime::fail(
      value.error("must not be finer than a thousandth of a processor"));
  return static_cast<std::uint32_t>(std::lround(scaled));
}

outcome<std::map<std::string, std::uint64_t>> units(const yaml_value& value) {
  const auto entries = value.entries();
  if (!entries)
    return runtime::fail(entries.error());
  auto result = std::map<std::string, std::uint64_t>{};
  for (const auto& [name, entry] : *entries) {
    const auto count = entry.integer(1, workflow_bounds::units_max);
    if (!count)
      return runtime::fail(count.error());
    result.emplace(name, static_cast<std::uint64_t>(*count));
  }
  return result;
}

outcome<worker_labels> labels(const yaml_value& value) {
  const auto entries = value.entries();
  if (!entries)
    return runtime::fail(entries.error());
  if (entries->size() > labels_max)
    return runtime::fail(
      value.error("more than " + std::to_string(labels_max) + " labels"));
  auto result = worker_labels{};
  for (const auto& [name, entry] : *entries) {
    auto text = entry.text();
    if (!text)
      return runtime::fail(std::move(text.error()));
    // Without a value it is about any.
    if (const auto checked = check_label(name, text->empty() ? "any" : *text);
        !checked)
      return runtime::fail(
        entry.error(checked.error().message, checked.error().hint));
    result.emplace(name, std::move(*text));
  }
  return result;
}

} // namespace

retry_policy default_step_retry() {
  auto retry = retry_policy{};
  retry.attempts = 3;
  return retry;
}

retry_policy default_compensation_retry() {
  auto retry = retry_policy{};
  retry.attempts = 10;
  return retry;
}

activity_call read_activity_call(mapping_reader& in,
                                 const retry_policy& absent_retry,
                                 std::vector<problem>& problems) {
  auto call = activity_call{};
  call.with.written = nlohmann::json::object();
  in.required("activity", call.activity);
  if (const auto with = in.take("with")) {
    if (with->type() == runtime::yaml_kind::mapping)
      call.with = read_value_template(*with, problems);
    else
      problems.push_back(with->entries().error());
  }
  call.retry = absent_retry;
  if (const auto retry = in.take("retry")) {
    if (absent_retry.attempts == 1)
      call.retry = default_step_retry();
    read_retry(*retry, call.retry, problems);
  }
  if (const auto timeout = in.take("timeout"))
    call.timeouts = read_timeouts(*timeout, problems);
  in.optional("guard", call.guard);
  return call;
}

step_resources read_resources(const yaml_value& value,
                              std::vector<problem>& problems) {
  auto result = step_resources{};
  auto in = mapping_reader{value, problems};
  in.optional("cpu", result.cpu_thousandths, thousandths);
  in.optional("memory", result.memory_bytes,
              [](const yaml_value& v) { return v.byte_size(1); });
  in.optional("custom", result.custom, units);
  in.finish();
  return result;
}

std::optional<step_placement> read_placement(const yaml_value& value,
                                             std::vector<problem>& problems) {
  auto result = step_placement{};
  auto in = mapping_reader{value, problems};
  in.optional("require", result.require, labels);
  in.optional("exclude", result.exclude, labels);
  in.optional("data", result.data, read_text_template);
  const auto spread = in.take("spread");
  const auto limit = in.take("per_node");
  in.finish();
  if (spread) {
    if (auto group = read_text_template(*spread))
      result.spread = std::move(*group);
    else
      problems.push_back(group.error());
  }
  if (limit && !spread) {
    problems.push_back(limit->error("per_node without spread",
                                    "add spread: GROUP, or remove this"));
  } else if (limit) {
    if (const auto most = limit->integer(1, workflow_bounds::parallel_max))
      result.per_node = static_cast<std::uint32_t>(*most);
    else
      problems.push_back(most.error());
  }
  if (result == step_placement{})
    return std::nullopt;
  return result;
}

} // namespace troupe::engine
