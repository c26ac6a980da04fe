#pragma once

#include "actors/engine/ancestor_table.hpp"
#include "actors/engine/expression_check.hpp"
#include "actors/engine/workflow.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>

namespace troupe::engine {

/// The names of a workflow, for many look-ups. The workflow must outlive it.
class workflow_names {
public:
  explicit workflow_names(const workflow& of);

  [[nodiscard]] const workflow& of() const noexcept {
    return *of_;
  }

  /// The first step of that id.
  [[nodiscard]] std::optional<step_index> step(std::string_view id) const;

  [[nodiscard]] const workflow_input* input(std::string_view name) const;

  [[nodiscard]] const ancestor_table& ancestors() const noexcept {
    return ancestors_;
  }

private:
  const workflow* of_;
  std::unordered_map<std::string_view, step_index> steps_;
  std::unordered_map<std::string_view, const workflow_input*> inputs_;
  ancestor_table ancestors_;
};

/// What expressions may refer to at each place of a workflow.
class workflow_scope final : public expression_scope {
public:
  /// Before any step: inputs and the run.
  [[nodiscard]] static workflow_scope of_start(const workflow_names& names);

  /// After all steps.
  [[nodiscard]] static workflow_scope of_end(const workflow_names& names);

  /// Whether and how often a step runs: what it needs, directly or not.
  [[nodiscard]] static workflow_scope before(const workflow_names& names,
                                             step_index step);

  /// What a step gives its activity: also the element of a `foreach`.
  [[nodiscard]] static workflow_scope of_call(const workflow_names& names,
                                              step_index step);

  /// The same for its compensation, which also knows the step itself.
  [[nodiscard]] static workflow_scope
  of_compensation(const workflow_names& names, step_index step);

  [[nodiscard]] tl::expected<value_kind, path_fault>
  kind_of(const value_path& path) const override;

private:
  enum class place : std::uint8_t { start, end, before, call, compensation };

  workflow_scope(const workflow_names& names, place where,
                 step_index step) noexcept
    : names_{&names}, where_{where}, step_{step} {}

  [[nodiscard]] tl::expected<value_kind, path_fault>
  kind_of_input(const value_path& path) const;
  [[nodiscard]] tl::expected<value_kind, path_fault>
  kind_of_step(const value_path& path) const;
  [[nodiscard]] tl::expected<value_kind, path_fault> kind_of_item() const;
  [[nodiscard]] std::optional<path_fault>
  refuse_step(step_index referred) const;

  const workflow_names* names_;
  place where_;
  /// Only between start and end.
  step_index step_;
};

} // namespace troupe::engine
