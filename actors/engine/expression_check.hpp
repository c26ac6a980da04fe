#pragma once

#include "actors/engine/expression.hpp"
#include "actors/engine/text_template.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// What is known of a value before a run.
enum class value_kind : std::uint8_t {
  any,
  null,
  boolean,
  number,
  text,
  list,
  object,
};

/// "a text", "a list" and so on.
[[nodiscard]] std::string_view to_text(value_kind kind) noexcept;

[[nodiscard]] value_kind kind_of(const nlohmann::json& value) noexcept;

/// Why a path means nothing where it stands.
struct path_fault {
  std::string message;
  std::string hint;
};

/// What paths may be used at one place of a workflow.
class expression_scope {
public:
  expression_scope() = default;
  expression_scope(const expression_scope&) = default;
  expression_scope& operator=(const expression_scope&) = default;
  virtual ~expression_scope() = default;

  /// The kind of what root, name and field stand for, without `rest`.
  [[nodiscard]] virtual tl::expected<value_kind, path_fault>
  kind_of(const value_path& path) const = 0;
};

/// The kind of an expression's value; adds a problem, at `place`, for every
/// path that is out of scope and every operator that its operands can never
/// suit.
value_kind check_expression(const expression& what,
                            const expression_scope& scope,
                            const source_place& place,
                            std::vector<runtime::problem>& problems);

/// The same for all expressions of a template: text, unless it is a single one.
value_kind check_template(const text_template& what,
                          const expression_scope& scope,
                          std::vector<runtime::problem>& problems);

} // namespace troupe::engine
