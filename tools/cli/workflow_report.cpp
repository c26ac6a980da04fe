#include "tools/cli/workflow_report.hpp"

#include "actors/engine/workflow_words.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/utf8.hpp"
#include "tools/cli/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string_view>

namespace troupe::tools {

namespace {

using runtime::render_byte_size;
using runtime::render_duration;

constexpr std::size_t text_bytes_max = 72;

std::string clip(std::string_view text) {
  const auto shown = runtime::clip_utf8(text, text_bytes_max);
  return std::string{shown} + (shown.size() < text.size() ? "..." : "");
}

/// Joins what there is with a separator.
class list_text {
public:
  explicit list_text(std::string_view separator) : separator_{separator} {}

  void add(const std::string& part) {
    if (part.empty())
      return;
    text_ += (text_.empty() ? "" : std::string{separator_}) + part;
  }

  [[nodiscard]] const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string_view separator_;
  std::string text_;
};

std::string count(std::size_t number, const std::string& singular) {
  return with_separators(number) + " " + singular + (number == 1 ? "" : "s");
}

/// Without the zeros at the end.
std::string render_processors(std::uint32_t thousandths) {
  auto text = std::array<char, 32>{};
  std::snprintf(text.data(), text.size(), "%g", thousandths / 1e3);
  return text.data();
}

std::string resources_of(const engine::step_resources& resources) {
  auto parts = list_text{", "};
  if (resources.cpu_thousandths != 0)
    parts.add("cpu " + render_processors(resources.cpu_thousandths));
  if (resources.memory_bytes != 0)
    parts.add("memory " + render_byte_size(resources.memory_bytes));
  for (const auto& [name, units] : resources.custom)
    parts.add(name + " " + std::to_string(units));
  return parts.text();
}

std::string placement_of(const engine::step_placement& placement) {
  auto parts = list_text{", "};
  for (const auto& [name, value] : placement.require)
    parts.add(engine::label_text(name, value));
  for (const auto& [name, value] : placement.exclude)
    parts.add("not " + engine::label_text(name, value));
  if (placement.data)
    parts.add("near data " + placement.data->print());
  if (placement.spread)
    parts.add("spread with " + placement.spread->print());
  if (placement.per_node != 0)
    parts.add("at most " + std::to_string(placement.per_node) + " per node");
  return parts.text();
}

std::string timeouts_of(const engine::step_timeouts& timeouts) {
  auto parts = list_text{", "};
  const auto add = [&](const char* name,
                       const std::optional<std::chrono::milliseconds>& span) {
    if (span)
      parts.add(name + (" " + render_duration(*span)));
  };
  add("schedule to start", timeouts.schedule_to_start);
  add("start to close", timeouts.start_to_close);
  add("schedule to close", timeouts.schedule_to_close);
  add("heartbeat", timeouts.heartbeat);
  return parts.text();
}

std::string retry_of(const engine::retry_policy& retry) {
  if (retry.attempts == 1)
    return {};
  auto kinds = list_text{" or "};
  for (const auto& kind : retry.on)
    kinds.add(kind);
  auto text = "up to " + std::to_string(retry.attempts) + " attempts, "
              + render_duration(retry.initial) + " to "
              + render_duration(retry.cap) + " apart";
  return kinds.text().empty() ? text : text + ", after " + kinds.text();
}

std::string limits_of(const engine::workflow_step& step) {
  auto parts = list_text{"; "};
  if (step.foreach)
    parts.add(std::to_string(step.foreach->parallel_max) + " at once");
  parts.add(resources_of(step.resources));
  if (step.placement)
    parts.add(placement_of(*step.placement));
  if (step.speculate)
    parts.add("stragglers begin twice");
  parts.add(timeouts_of(step.call.timeouts));
  parts.add(retry_of(step.call.retry));
  if (!step.call.guard.empty())
    parts.add("guard " + step.call.guard);
  if (step.compensate)
    parts.add("undone by " + step.compensate->activity);
  return parts.text();
}

std::string times_of(const engine::planned_step& planned) {
  return planned.repetitions ? with_separators(*planned.repetitions) : "?";
}

/// Columns as wide as their widest text.
std::string render_steps(const engine::workflow& of,
                         const engine::workflow_plan& plan) {
  auto id_width = std::size_t{4};
  auto activity_width = std::size_t{8};
  for (const auto& step : of.steps) {
    id_width = std::max(id_width, step.id.size());
    activity_width = std::max(activity_width, step.call.activity.size());
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
  };
  const auto row = [&](const std::string& layer, const std::string& id,
                       const std::string& activity, const std::string& decision,
                       const std::string& times) {
    return padded(layer, 5) + "  " + padded(id, id_width) + "  "
           + padded(activity, activity_width) + "  " + padded(decision, 8)
           + "  " + padded(times, 6) + "  ";
  };
  auto text = row("layer", "step", "activity", "decision", "times") + "why\n";
  for (const auto& planned : plan.steps) {
    const auto& step = of.steps[planned.step];
    text += row(std::to_string(step.layer), step.id, step.call.activity,
                std::string{to_text(planned.decision)}, times_of(planned))
            + clip(planned.reason) + "\n";
    if (const auto limits = limits_of(step); !limits.empty())
      text += std::string(7, ' ') + limits + "\n";
  }
  return text;
}

std::string render_run(const engine::workflow& of,
                       const engine::workflow_plan& plan) {
  auto text = std::string{};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      text += std::string{name} + value + "\n";
  };
  add("priority     ",
      std::string{runtime::to_word(engine::priority_words, of.priority)});
  for (const auto& [name, value] : plan.inputs.items())
    add("input        ", name + " = " + clip(value.dump()));
  if (of.concurrency)
    add("concurrency  ",
        std::to_string(of.concurrency->limit) + " at once of \""
          + clip(plan.concurrency_key) + "\", beyond that "
          + std::string{runtime::to_word(engine::conflict_policy_words,
                                         of.concurrency->on_conflict)});
  if (of.timeout)
    add("timeout      ", render_duration(*of.timeout));
  if (of.deadline)
    add("deadline     ", to_text(*of.deadline));
  if (of.success)
    add("success if   ", clip(of.success->print()));
  return text;
}

} // namespace

std::string render_summary(const engine::workflow& of) {
  return of.id + ": valid, " + count(of.steps.size(), "step") + " in "
         + count(of.layers.size(), "layer") + ", digest "
         + engine::digest_text(of) + "\n";
}

std::string render_plan(const engine::workflow& of,
                        const engine::workflow_plan& plan) {
  return of.id + ": " + count(of.steps.size(), "step") + " in "
         + count(of.layers.size(), "layer") + ", digest "
         + engine::digest_text(of) + "\n" + render_run(of, plan) + "\n"
         + render_steps(of, plan) + "\nNothing was started or changed.\n";
}

} // namespace troupe::tools
