#pragma once

#include "actors/engine/value_path.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// How much an expression may ask of us. Beyond any of these it is refused.
struct expression_limits {
  std::size_t bytes_max = 8'192;
  std::size_t nodes_max = 1'024;
  /// Operators, calls and brackets within each other.
  std::size_t depth_max = 64;
};

inline constexpr auto expression_bounds = expression_limits{};

/// What a node of an expression does with its operands.
enum class expression_kind : std::uint8_t {
  literal,
  path,
  logical_or,
  logical_and,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  add, ///< Numbers; texts are joined.
  subtract,
  multiply,
  divide,
  remainder,
  invert, ///< Not.
  negate,
  length, ///< len(x)
  fallback, ///< default(x, y)
};

/// One node; its operands are nodes before it.
struct expression_node {
  expression_kind kind = expression_kind::literal;
  nlohmann::json literal;
  value_path path;
  std::vector<std::uint32_t> operands;

  friend bool operator==(const expression_node&, const expression_node&)
    = default;
};

/// What stands between "${" and "}": paths, literals, comparison, arithmetic,
/// truth, `len` and `default`. No loops, no input or output, bounded size:
/// evaluation always ends. An immutable value, parsed once.
///
///     or       a || b
///     and      a && b
///     compare  a == b  a != b  a < b  a <= b  a > b  a >= b   (no chains)
///     sum      a + b  a - b
///     product  a * b  a / b  a % b
///     unary    !a  -a
///     value    1  1.5  'text'  "text"  true  false  null  [1, 2]  (a)
///              inputs.x  steps.ID.output.a.b[0]  item.x  run.id
///              len(a)  default(a, b)
///
/// A "-" within a name belongs to it: write spaces around a minus.
class expression {
public:
  /// Only a place holder: the literal null.
  expression();

  /// Takes the nodes of a tree whose root is the last. Each node's operands
  /// stand before it, as many as its kind takes; for the parser and for tests.
  explicit expression(std::vector<expression_node> nodes) noexcept;

  /// Reads the whole text. A problem names the column in it as `column`.
  [[nodiscard]] static runtime::outcome<expression>
  parse(std::string_view text);

  /// Reads an expression from the beginning of the text up to a "}" that
  /// belongs to none of its parts; `length` becomes the bytes before it.
  [[nodiscard]] static runtime::outcome<expression>
  parse_before_brace(std::string_view text, std::size_t& length);

  /// The shortest usual spelling; reads back as an equal expression.
  [[nodiscard]] std::string print() const;

  [[nodiscard]] const std::vector<expression_node>& nodes() const noexcept {
    return nodes_;
  }

  [[nodiscard]] const expression_node& root() const noexcept {
    return nodes_.back();
  }

  /// All paths in it, in order of their text.
  [[nodiscard]] std::vector<value_path> paths() const;

  friend bool operator==(const expression&, const expression&) = default;

private:
  std::vector<expression_node> nodes_;
};

/// The operator as it is written, "len" and "default" for calls; empty for
/// literals and paths.
[[nodiscard]] std::string_view to_text(expression_kind kind) noexcept;

} // namespace troupe::engine
