#include "actors/engine/run_scope.hpp"

#include "actors/engine/task_times.hpp"

#include <utility>

namespace troupe::engine {

using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::json;

namespace {

std::uint64_t attempts_of(const step_state& step) {
  auto attempts = std::uint64_t{0};
  for (const auto& task : step.tasks)
    attempts += task.attempts;
  return attempts;
}

} // namespace

path_value run_scope::find(const value_path& path) const {
  switch (path.root) {
    case path_root::inputs: {
      const auto found = run_.inputs().find(path.name);
      return found == run_.inputs().end() ? path_value::absent()
                                          : path_value::reference(*found);
    }
    case path_root::steps:
      return find_in_step(path);
    case path_root::item:
      return item_ == nullptr ? path_value::absent()
                              : path_value::reference(*item_);
    case path_root::run:
      break;
  }
  return path.name == "id" ? path_value::of(run_.submission().run_id())
                           : path_value::absent();
}

path_value run_scope::find_in_step(const value_path& path) const {
  const auto index = find_step(run_.definition(), path.name);
  if (!index)
    return path_value::absent();
  const auto& step = run_.steps()[*index];
  switch (path.field) {
    case step_field::output:
      break;
    case step_field::state:
      return path_value::of(std::string{to_string(run_.status_of(*index))});
    case step_field::failed:
      return path_value::of(step.failed);
    case step_field::attempts:
      return path_value::of(attempts_of(step));
  }
  // By far the most frequent case needs no copy.
  if (!run_.definition().steps[*index].foreach && step.succeeded == 1)
    return path_value::reference(step.tasks.front().output);
  auto output = output_of(run_, *index);
  return output ? path_value::of(std::move(*output)) : path_value::absent();
}

std::optional<json> output_of(const run_state& run, step_index index) {
  const auto& step = run.steps()[index];
  const auto is_fan_out = run.definition().steps[index].foreach.has_value();
  // A fan-out over nothing is done as soon as it begins.
  if (run.status_of(index) != step_status::succeeded
      && step.compensations.empty())
    return std::nullopt;
  if (!is_fan_out)
    return step.succeeded == 1 ? std::optional{step.tasks.front().output}
                               : std::nullopt;
  auto outputs = json::array();
  for (const auto& task : step.tasks)
    outputs.push_back(task.output);
  return outputs;
}

outcome<std::shared_ptr<const json>> elements_of(const run_state& run,
                                                 step_index step) {
  auto& known = run.steps()[step].elements;
  if (known)
    return known;
  const auto& fan_out = run.definition().steps[step].foreach;
  auto elements = evaluate(fan_out->items, run_scope{run});
  if (!elements)
    return runtime::fail(std::move(elements.error().reason));
  if (!elements->is_array())
    return runtime::fail(problem_kind::invalid_input,
                         "a fan-out needs a list, but got "
                           + describe_type(*elements));
  known = std::make_shared<const json>(std::move(*elements));
  return known;
}

namespace {

/// Calls `f` with what the arguments of a task see.
template <class F>
auto with_scope(const run_state& run, const task_key& task, F f)
  -> decltype(f(run_scope{run})) {
  if (!run.definition().steps[task.step].foreach)
    return f(run_scope{run});
  const auto elements = elements_of(run, task.step);
  if (!elements)
    return runtime::fail(elements.error());
  if (task.item >= (*elements)->size())
    return runtime::fail(problem_kind::failed,
                         "the fan-out has become shorter");
  return f(run_scope{run, (**elements)[task.item]});
}

/// Every worker is compared with them, and everybody who looks is told them.
constexpr auto placement_bytes_max = std::size_t{256};

outcome<std::string> text_of(const std::optional<text_template>& what,
                             const run_scope& scope, const char* key) {
  if (!what)
    return std::string{};
  auto value = evaluate(*what, scope);
  if (!value)
    return runtime::fail(std::move(value.error().reason));
  if (value->is_null())
    return std::string{};
  auto text = value->is_string() ? value->get<std::string>() : value->dump();
  if (text.size() > placement_bytes_max)
    return runtime::fail(problem_kind::invalid_input,
                         std::string{"placement."} + key + " comes to "
                           + std::to_string(text.size()) + " bytes; "
                           + std::to_string(placement_bytes_max)
                           + " is the most",
                         "name what it is about, rather than give it whole");
  return text;
}

} // namespace

outcome<json> input_of(const run_state& run, const task_key& task) {
  const auto& with = call_of(run.definition(), task).with;
  return with_scope(run, task, [&](const run_scope& scope) -> outcome<json> {
    auto input = evaluate(with, scope);
    if (!input)
      return runtime::fail(std::move(input.error().reason));
    return std::move(*input);
  });
}

outcome<placement_texts> placement_of(const run_state& run,
                                      const task_key& task) {
  const auto& placement = run.definition().steps[task.step].placement;
  if (!placement || (!placement->data && !placement->spread))
    return placement_texts{};
  return with_scope(
    run, task, [&](const run_scope& scope) -> outcome<placement_texts> {
      auto data = text_of(placement->data, scope, "data");
      if (!data)
        return runtime::fail(data.error());
      auto spread = text_of(placement->spread, scope, "spread");
      if (!spread)
        return runtime::fail(spread.error());
      return placement_texts{std::move(*data), std::move(*spread)};
    });
}

} // namespace troupe::engine
