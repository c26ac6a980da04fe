#include "actors/engine/workflow_scope.hpp"

#include "runtime/config/spelling.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using kind_result = tl::expected<value_kind, path_fault>;

/// Comparing with more names than this takes too long for a hint.
constexpr auto compared_max = std::size_t{1'000};

value_kind kind_of_type(input_type type) {
  switch (type) {
    case input_type::string:
      return value_kind::text;
    case input_type::integer:
    case input_type::number:
      return value_kind::number;
    case input_type::boolean:
      return value_kind::boolean;
    case input_type::object:
      return value_kind::object;
    case input_type::array:
      break;
  }
  return value_kind::list;
}

std::string near_hint(std::string_view name,
                      const std::vector<std::string_view>& known) {
  if (known.size() > compared_max)
    return {};
  auto hint = runtime::spelling_hint(name, known);
  if (name.find('-') != std::string_view::npos)
    hint += (hint.empty() ? "" : " ")
            + std::string{"(a minus has spaces around it)"};
  return hint;
}

tl::unexpected<path_fault> fault(std::string message, std::string hint) {
  return tl::unexpected{path_fault{std::move(message), std::move(hint)}};
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

} // namespace

workflow_names::workflow_names(const workflow& of) : of_{&of}, ancestors_{of} {
  for (auto i = step_index{0}; i < of.steps.size(); ++i)
    steps_.emplace(of.steps[i].id, i);
  for (const auto& input : of.inputs)
    inputs_.emplace(input.name, &input);
}

std::optional<step_index> workflow_names::step(std::string_view id) const {
  const auto found = steps_.find(id);
  if (found == steps_.end())
    return std::nullopt;
  return found->second;
}

const workflow_input* workflow_names::input(std::string_view name) const {
  const auto found = inputs_.find(name);
  return found == inputs_.end() ? nullptr : found->second;
}

workflow_scope workflow_scope::of_start(const workflow_names& names) {
  return {names, place::start, 0};
}

workflow_scope workflow_scope::of_end(const workflow_names& names) {
  return {names, place::end, 0};
}

workflow_scope workflow_scope::before(const workflow_names& names,
                                      step_index step) {
  return {names, place::before, step};
}

workflow_scope workflow_scope::of_call(const workflow_names& names,
                                       step_index step) {
  return {names, place::call, step};
}

workflow_scope workflow_scope::of_compensation(const workflow_names& names,
                                               step_index step) {
  return {names, place::compensation, step};
}

kind_result workflow_scope::kind_of(const value_path& path) const {
  switch (path.root) {
    case path_root::inputs:
      return kind_of_input(path);
    case path_root::steps:
      return kind_of_step(path);
    case path_root::item:
      return kind_of_item();
    case path_root::run:
      break;
  }
  return value_kind::text;
}

kind_result workflow_scope::kind_of_input(const value_path& path) const {
  if (const auto* input = names_->input(path.name))
    return kind_of_type(input->type);
  auto known = std::vector<std::string_view>{};
  for (const auto& input : names_->of().inputs)
    known.emplace_back(input.name);
  return fault("there is no input " + quoted(path.name),
               known.empty() ? "declare it under `inputs`"
                             : near_hint(path.name, known));
}

kind_result workflow_scope::kind_of_step(const value_path& path) const {
  const auto found = names_->step(path.name);
  if (!found) {
    auto known = std::vector<std::string_view>{};
    for (const auto& step : names_->of().steps)
      known.emplace_back(step.id);
    return fault("there is no step " + quoted(path.name),
                 near_hint(path.name, known));
  }
  if (auto refused = refuse_step(*found))
    return tl::unexpected{std::move(*refused)};
  switch (path.field) {
    case step_field::output:
      return names_->of().steps[*found].foreach ? value_kind::list
                                                : value_kind::any;
    case step_field::state:
      return value_kind::text;
    case step_field::failed:
    case step_field::attempts:
      break;
  }
  return value_kind::number;
}

std::optional<path_fault>
workflow_scope::refuse_step(step_index referred) const {
  const auto& steps = names_->of().steps;
  const auto& id = steps[referred].id;
  if (where_ == place::end)
    return std::nullopt;
  if (where_ == place::start)
    return path_fault{"no step has run yet when " + quoted(id) + " is asked",
                      "only inputs and run.id are known here"};
  if (referred == step_) {
    if (where_ == place::compensation)
      return std::nullopt;
    return path_fault{"the step " + quoted(id) + " refers to itself",
                      "its output is known only after it; `compensate` may "
                      "use it"};
  }
  const auto has_order = !names_->of().order.empty();
  if (!has_order || names_->ancestors().is_before(referred, step_))
    return std::nullopt;
  const auto& own = steps[step_].id;
  if (names_->ancestors().is_before(step_, referred))
    return path_fault{"the step " + quoted(id) + " comes after " + quoted(own),
                      "only what a step needs is known to it"};
  return path_fault{"the step " + quoted(id) + " need not have run before "
                      + quoted(own),
                    "add " + id + " to the needs of " + own};
}

kind_result workflow_scope::kind_of_item() const {
  const auto is_inside = where_ == place::call || where_ == place::compensation;
  if (is_inside && names_->of().steps[step_].foreach)
    return value_kind::any;
  return fault("item is not known here",
               is_inside ? "only a step with `foreach` has items"
                         : "only the arguments of a step with `foreach` have "
                           "it");
}

} // namespace troupe::engine
