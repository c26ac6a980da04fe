#pragma once

#include "actors/engine/expression.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::engine {

/// Where something was written. For messages only: places never make two
/// values differ.
struct source_place {
  std::string file;
  /// 1-based; 0: not known.
  std::size_t line = 0;
  std::size_t column = 0;
  /// For example "steps[3].with.url".
  std::string key;

  friend bool operator==(const source_place&, const source_place&) noexcept {
    return true;
  }
};

/// Gives a problem its place.
void put_place(runtime::problem& reason, const source_place& place);

/// A text with expressions in it: "a ${x} b". "$${" stands for "${".
struct text_template {
  using part = std::variant<std::string, expression>;

  /// Texts are never empty and never neighbours.
  std::vector<part> parts;
  source_place place;

  /// Problems have `place` and say which expression is meant.
  [[nodiscard]] static runtime::outcome<text_template>
  parse(std::string_view text, source_place place);

  /// The normal spelling; reads back as an equal template.
  [[nodiscard]] std::string print() const;

  /// The expression if there is nothing but one: then the value keeps its type.
  [[nodiscard]] const expression* whole() const noexcept;

  friend bool operator==(const text_template&, const text_template&) = default;
};

/// A JSON value whose texts may be templates, for example what a step gives its
/// activity. References to secrets stay what they are, here and in every
/// result: only an activity resolves them.
struct value_template {
  struct entry {
    nlohmann::json::json_pointer where;
    text_template text;

    friend bool operator==(const entry&, const entry&) = default;
  };

  /// Everything, with the templates in their normal spelling.
  nlohmann::json written;
  /// The texts of `written` that have to be evaluated, by their pointers.
  std::vector<entry> templates;
  /// The texts of `written` that an activity resolves, and no others: what
  /// comes out of an expression is never a reference.
  std::vector<nlohmann::json::json_pointer> secrets;

  friend bool operator==(const value_template&, const value_template&)
    = default;
};

} // namespace troupe::engine
