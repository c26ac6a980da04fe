#include "actors/engine/expression.hpp"

#include "actors/engine/literal_text.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace troupe::engine {

namespace {

/// How tightly an operator binds: what binds less needs brackets inside.
enum class binding : std::uint8_t {
  disjunction,
  conjunction,
  comparison,
  sum,
  product,
  unary,
  value,
};

binding binding_of(expression_kind kind) noexcept {
  switch (kind) {
    case expression_kind::logical_or:
      return binding::disjunction;
    case expression_kind::logical_and:
      return binding::conjunction;
    case expression_kind::equal:
    case expression_kind::unequal:
    case expression_kind::less:
    case expression_kind::less_equal:
    case expression_kind::greater:
    case expression_kind::greater_equal:
      return binding::comparison;
    case expression_kind::add:
    case expression_kind::subtract:
      return binding::sum;
    case expression_kind::multiply:
    case expression_kind::divide:
    case expression_kind::remainder:
      return binding::product;
    case expression_kind::invert:
    case expression_kind::negate:
      return binding::unary;
    case expression_kind::literal:
    case expression_kind::path:
    case expression_kind::length:
    case expression_kind::fallback:
      break;
  }
  return binding::value;
}

class printer {
public:
  explicit printer(const std::vector<expression_node>& nodes) noexcept
    : nodes_{&nodes} {}

  [[nodiscard]] std::string print(const expression_node& node) const {
    switch (node.kind) {
      case expression_kind::literal:
        return print_literal(node.literal);
      case expression_kind::path:
        return engine::print(node.path);
      case expression_kind::length:
      case expression_kind::fallback:
        return print_call(node);
      case expression_kind::invert:
      case expression_kind::negate:
        return print_unary(node);
      default:
        return print_binary(node);
    }
  }

private:
  [[nodiscard]] const expression_node& operand(const expression_node& node,
                                               std::size_t index) const {
    return (*nodes_)[node.operands[index]];
  }

  [[nodiscard]] std::string print_call(const expression_node& node) const {
    auto text = std::string{to_text(node.kind)} + "(";
    for (auto i = std::size_t{0}; i < node.operands.size(); ++i)
      text += (i == 0 ? "" : ", ") + print(operand(node, i));
    return text + ")";
  }

  [[nodiscard]] std::string print_unary(const expression_node& node) const {
    const auto& inner = operand(node, 0);
    // "-5" is a number, not the negation of one.
    const auto is_number = node.kind == expression_kind::negate
                           && inner.kind == expression_kind::literal;
    const auto needs_brackets
      = is_number || binding_of(inner.kind) < binding::unary;
    return std::string{to_text(node.kind)} + print(inner, needs_brackets);
  }

  [[nodiscard]] std::string print_binary(const expression_node& node) const {
    const auto own = binding_of(node.kind);
    const auto left = binding_of(operand(node, 0).kind);
    const auto right = binding_of(operand(node, 1).kind);
    const auto is_comparison = own == binding::comparison;
    return print(operand(node, 0), is_comparison ? left <= own : left < own)
           + " " + std::string{to_text(node.kind)} + " "
           + print(operand(node, 1), right <= own);
  }

  [[nodiscard]] std::string print(const expression_node& node,
                                  bool needs_brackets) const {
    return needs_brackets ? "(" + print(node) + ")" : print(node);
  }

  const std::vector<expression_node>* nodes_;
};

} // namespace

expression::expression() : nodes_(1) {
  // A node is the literal null until told otherwise.
}

expression::expression(std::vector<expression_node> nodes) noexcept
  : nodes_{std::move(nodes)} {}

std::string expression::print() const {
  return printer{nodes_}.print(root());
}

std::vector<value_path> expression::paths() const {
  auto result = std::vector<value_path>{};
  for (const auto& node : nodes_)
    if (node.kind == expression_kind::path)
      result.push_back(node.path);
  return result;
}

std::string_view to_text(expression_kind kind) noexcept {
  constexpr auto texts = std::to_array<std::string_view>(
    {"", "", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/",
     "%", "!", "-", "len", "default"});
  return texts[static_cast<std::size_t>(kind)];
}

} // namespace troupe::engine
