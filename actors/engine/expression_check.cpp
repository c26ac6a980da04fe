#include "actors/engine/expression_check.hpp"

#include "actors/engine/evaluation.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::engine {

namespace {

using runtime::problem;

bool may_be(value_kind kind, value_kind wanted) noexcept {
  return kind == value_kind::any || kind == wanted;
}

/// The kinds of all nodes, in order: operands come before their operators.
class inference {
public:
  inference(const expression& what, const expression_scope& scope,
            const source_place& place, std::vector<problem>& problems)
    : what_{&what}, scope_{&scope}, place_{&place}, problems_{&problems} {}

  value_kind run() {
    for (const auto& node : what_->nodes())
      kinds_.push_back(kind_of_node(node));
    return kinds_.back();
  }

private:
  void report(std::string message, std::string hint = {}) {
    auto reason = problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = std::move(message) + " in ${" + what_->print() + "}";
    reason.hint = std::move(hint);
    put_place(reason, *place_);
    problems_->push_back(std::move(reason));
  }

  [[nodiscard]] value_kind operand(const expression_node& node,
                                   std::size_t index) const {
    return kinds_[node.operands[index]];
  }

  value_kind kind_of_node(const expression_node& node) {
    switch (node.kind) {
      case expression_kind::literal:
        return engine::kind_of(node.literal);
      case expression_kind::path:
        return kind_of_path(node.path);
      case expression_kind::logical_or:
      case expression_kind::logical_and:
      case expression_kind::invert:
        return truth(node);
      case expression_kind::equal:
      case expression_kind::unequal:
        return equality(node);
      case expression_kind::less:
      case expression_kind::less_equal:
      case expression_kind::greater:
      case expression_kind::greater_equal:
        return order(node);
      case expression_kind::add:
        return sum(node);
      case expression_kind::length:
        return length(node);
      case expression_kind::fallback:
        return choice(operand(node, 0), operand(node, 1));
      default:
        return arithmetic(node);
    }
  }

  value_kind kind_of_path(const value_path& path) {
    const auto kind = scope_->kind_of(path);
    if (!kind) {
      report(kind.error().message, kind.error().hint);
      return value_kind::any;
    }
    if (path.rest.empty())
      return *kind;
    const auto wanted
      = path.rest.front().index ? value_kind::list : value_kind::object;
    if (!may_be(*kind, wanted))
      report(print(path) + " goes into " + std::string{to_text(*kind)});
    return value_kind::any;
  }

  value_kind truth(const expression_node& node) {
    for (auto i = std::size_t{0}; i < node.operands.size(); ++i)
      if (!may_be(operand(node, i), value_kind::boolean))
        report("\"" + std::string{to_text(node.kind)} + "\" takes "
                 + "true or false, not "
                 + std::string{to_text(operand(node, i))},
               "compare it with something, for example == or >");
    return value_kind::boolean;
  }

  value_kind equality(const expression_node& node) {
    const auto left = operand(node, 0);
    const auto right = operand(node, 1);
    const auto is_open = [](value_kind kind) {
      return kind == value_kind::any || kind == value_kind::null;
    };
    if (left != right && !is_open(left) && !is_open(right))
      report(std::string{to_text(left)} + " never equals "
             + std::string{to_text(right)});
    return value_kind::boolean;
  }

  value_kind order(const expression_node& node) {
    const auto left = operand(node, 0);
    const auto right = operand(node, 1);
    const auto both = [&](value_kind kind) {
      return may_be(left, kind) && may_be(right, kind);
    };
    if (!both(value_kind::number) && !both(value_kind::text))
      report(std::string{to_text(left)} + " and " + std::string{to_text(right)}
               + " have no order",
             "compare two numbers or two texts");
    return value_kind::boolean;
  }

  value_kind sum(const expression_node& node) {
    const auto left = operand(node, 0);
    const auto right = operand(node, 1);
    if (may_be(left, value_kind::text) && may_be(right, value_kind::text))
      return left == right ? left : value_kind::text;
    if (may_be(left, value_kind::number) && may_be(right, value_kind::number))
      return value_kind::number;
    const auto has_text = left == value_kind::text || right == value_kind::text;
    report_operands(node, has_text ? "write the text around it: \"a ${x} b\""
                                   : "it takes two numbers or two texts");
    return value_kind::any;
  }

  value_kind arithmetic(const expression_node& node) {
    const auto is_right = std::all_of(
      node.operands.begin(), node.operands.end(), [&](std::uint32_t each) {
        return may_be(kinds_[each], value_kind::number);
      });
    if (!is_right)
      report_operands(node, "it takes numbers");
    return value_kind::number;
  }

  void report_operands(const expression_node& node, std::string hint) {
    auto text = std::string{};
    for (auto i = std::size_t{0}; i < node.operands.size(); ++i)
      text += (i == 0 ? "" : " and ") + std::string{to_text(operand(node, i))};
    report("\"" + std::string{to_text(node.kind)} + "\" cannot take " + text,
           std::move(hint));
  }

  value_kind length(const expression_node& node) {
    const auto kind = operand(node, 0);
    if (!may_be(kind, value_kind::text) && !may_be(kind, value_kind::list)
        && kind != value_kind::object)
      report("len of " + std::string{to_text(kind)},
             "it is for texts, lists and objects");
    return value_kind::number;
  }

  static value_kind choice(value_kind value, value_kind fallback) noexcept {
    if (value == value_kind::null)
      return fallback;
    return value == fallback ? value : value_kind::any;
  }

  const expression* what_;
  const expression_scope* scope_;
  const source_place* place_;
  std::vector<problem>* problems_;
  std::vector<value_kind> kinds_;
};

bool is_constant(const expression& what) {
  return std::none_of(what.nodes().begin(), what.nodes().end(),
                      [](const auto& node) {
                        return node.kind == expression_kind::path;
                      });
}

} // namespace

std::string_view to_text(value_kind kind) noexcept {
  constexpr auto texts = std::to_array<std::string_view>(
    {"anything", "null", "a truth value", "a number", "a text", "a list",
     "an object"});
  return texts[static_cast<std::size_t>(kind)];
}

value_kind kind_of(const nlohmann::json& value) noexcept {
  if (value.is_boolean())
    return value_kind::boolean;
  if (value.is_number())
    return value_kind::number;
  if (value.is_string())
    return value_kind::text;
  if (value.is_array())
    return value_kind::list;
  return value.is_object() ? value_kind::object : value_kind::null;
}

value_kind check_expression(const expression& what,
                            const expression_scope& scope,
                            const source_place& place,
                            std::vector<problem>& problems) {
  const auto before = problems.size();
  const auto kind = inference{what, scope, place, problems}.run();
  // What needs no run is tried: a division by zero shows only so.
  if (problems.size() == before && is_constant(what)) {
    auto value = evaluate(what, expression_values{});
    if (!value) {
      put_place(value.error().reason, place);
      problems.push_back(std::move(value.error().reason));
    }
  }
  return kind;
}

value_kind check_template(const text_template& what,
                          const expression_scope& scope,
                          std::vector<problem>& problems) {
  auto kind = value_kind::text;
  for (const auto& part : what.parts)
    if (const auto* inner = std::get_if<expression>(&part))
      kind = check_expression(*inner, scope, what.place, problems);
  return what.whole() == nullptr ? value_kind::text : kind;
}

} // namespace troupe::engine
