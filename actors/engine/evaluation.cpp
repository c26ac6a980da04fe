#include "actors/engine/evaluation.hpp"

#include "actors/engine/number_arithmetic.hpp"
#include "actors/engine/value_size.hpp"
#include "runtime/utf8.hpp"

#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;

tl::unexpected<evaluation_fault> fault(fault_kind kind, std::string message,
                                       std::string hint = {}) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return tl::unexpected{evaluation_fault{kind, std::move(reason)}};
}

tl::unexpected<evaluation_fault> refused(std::string message,
                                         std::string hint = {}) {
  return fault(fault_kind::refused, std::move(message), std::move(hint));
}

std::string clipped(const std::string& text) {
  constexpr auto length_max = std::size_t{120};
  const auto clip = runtime::clip_utf8(text, length_max);
  return std::string{clip} + (clip.size() < text.size() ? "..." : "");
}

/// A value on its way: of the context or of our own making.
class operand {
public:
  /// The value must outlive the operand.
  static operand refer(const json& value) {
    auto result = operand{};
    result.referred_ = &value;
    return result;
  }

  static operand hold(json value) {
    auto result = operand{};
    result.own_ = std::move(value);
    return result;
  }

  [[nodiscard]] const json& operator*() const noexcept {
    return referred_ == nullptr ? own_ : *referred_;
  }

  [[nodiscard]] const json* operator->() const noexcept {
    return &**this;
  }

  [[nodiscard]] json take() && {
    return referred_ == nullptr ? std::move(own_) : *referred_;
  }

private:
  operand() = default;

  const json* referred_ = nullptr;
  json own_;
};

/// One step into a value, or null if there is nothing.
const json* step_into(const json& value, const path_step& step) {
  if (step.index)
    return value.is_array() && *step.index < value.size() ? &value[*step.index]
                                                          : nullptr;
  if (!value.is_object())
    return nullptr;
  const auto found = value.find(step.key);
  return found == value.end() ? nullptr : &*found;
}

class evaluator {
public:
  evaluator(const expression& what, const expression_context& context) noexcept
    : nodes_{&what.nodes()}, context_{&context} {}

  [[nodiscard]] evaluated<operand> value_of(const expression_node& node) const {
    switch (node.kind) {
      case expression_kind::literal:
        return operand::refer(node.literal);
      case expression_kind::path:
        return follow(node.path);
      case expression_kind::logical_or:
      case expression_kind::logical_and:
        return combine(node);
      case expression_kind::invert:
        return truth_of(first(node)).map([](bool truth) {
          return operand::hold(!truth);
        });
      case expression_kind::negate:
        return negate(node);
      case expression_kind::length:
        return length(node);
      case expression_kind::fallback:
        return fall_back(node);
      default:
        return binary(node);
    }
  }

private:
  [[nodiscard]] const expression_node&
  first(const expression_node& node) const {
    return (*nodes_)[node.operands[0]];
  }

  [[nodiscard]] const expression_node&
  second(const expression_node& node) const {
    return (*nodes_)[node.operands[1]];
  }

  [[nodiscard]] evaluated<operand> follow(const value_path& path) const {
    auto found = context_->find(path);
    if (found.kind() == path_value::state::unknown)
      return fault(fault_kind::unknown,
                   print(path) + " is known only when the run gets there");
    if (found.kind() == path_value::state::absent)
      return missing(path);
    const auto* value = &found.value();
    for (const auto& step : path.rest) {
      value = step_into(*value, step);
      if (value == nullptr)
        return missing(path);
    }
    // A value of the look-up's own ends with it.
    if (found.is_own())
      return operand::hold(*value);
    return operand::refer(*value);
  }

  static tl::unexpected<evaluation_fault> missing(const value_path& path) {
    const auto text = print(path);
    return fault(fault_kind::missing, text + " has no value",
                 "write default(" + text + ", ...) if it may be absent");
  }

  [[nodiscard]] evaluated<bool> truth_of(const expression_node& node) const {
    const auto value = value_of(node);
    if (!value)
      return tl::unexpected{value.error()};
    if (!(*value)->is_boolean())
      return refused("must be true or false, not " + describe_type(**value),
                     "compare it with something, for example == or >");
    return (*value)->get<bool>();
  }

  /// The second side is looked at only if the first does not decide.
  [[nodiscard]] evaluated<operand> combine(const expression_node& node) const {
    const auto left = truth_of(first(node));
    if (!left)
      return tl::unexpected{left.error()};
    const auto decides = node.kind == expression_kind::logical_or;
    if (*left == decides)
      return operand::hold(decides);
    return truth_of(second(node)).map([](bool truth) {
      return operand::hold(truth);
    });
  }

  [[nodiscard]] evaluated<operand> negate(const expression_node& node) const {
    const auto value = value_of(first(node));
    if (!value)
      return tl::unexpected{value.error()};
    if (!(*value)->is_number())
      return refused("a minus before " + describe_type(**value));
    auto result = negated(**value);
    if (!result)
      return refused(std::move(result.error()));
    return operand::hold(std::move(*result));
  }

  [[nodiscard]] evaluated<operand> length(const expression_node& node) const {
    const auto value = value_of(first(node));
    if (!value)
      return tl::unexpected{value.error()};
    if ((*value)->is_string())
      return operand::hold(characters((*value)->get_ref<const std::string&>()));
    if ((*value)->is_structured())
      return operand::hold((*value)->size());
    return refused("len of " + describe_type(**value),
                   "it is for texts, lists and objects");
  }

  static std::size_t characters(std::string_view text) {
    auto count = std::size_t{0};
    for (; !text.empty(); ++count)
      text.remove_prefix(runtime::first_utf8_character(text).length);
    return count;
  }

  [[nodiscard]] evaluated<operand>
  fall_back(const expression_node& node) const {
    auto value = value_of(first(node));
    const auto is_missing
      = value ? (*value)->is_null() : value.error().kind == fault_kind::missing;
    return is_missing ? value_of(second(node)) : std::move(value);
  }

  [[nodiscard]] evaluated<operand> binary(const expression_node& node) const {
    const auto left = value_of(first(node));
    if (!left)
      return left;
    const auto right = value_of(second(node));
    if (!right)
      return right;
    switch (node.kind) {
      case expression_kind::equal:
        return operand::hold(are_equal(**left, **right));
      case expression_kind::unequal:
        return operand::hold(!are_equal(**left, **right));
      case expression_kind::less:
      case expression_kind::less_equal:
      case expression_kind::greater:
      case expression_kind::greater_equal:
        return compare(node.kind, **left, **right);
      default:
        return calculate(node.kind, **left, **right);
    }
  }

  static evaluated<operand> compare(expression_kind kind, const json& left,
                                    const json& right) {
    auto order = std::partial_ordering::unordered;
    if (left.is_number() && right.is_number())
      order = compare_numbers(left, right);
    else if (left.is_string() && right.is_string())
      order = left.get_ref<const std::string&>()
              <=> right.get_ref<const std::string&>();
    else
      return refused(describe_type(left) + " and " + describe_type(right)
                       + " have no order",
                     "compare two numbers or two texts");
    switch (kind) {
      case expression_kind::less:
        return operand::hold(std::is_lt(order));
      case expression_kind::less_equal:
        return operand::hold(std::is_lteq(order));
      case expression_kind::greater:
        return operand::hold(std::is_gt(order));
      default:
        return operand::hold(std::is_gteq(order));
    }
  }

  static evaluated<operand> calculate(expression_kind kind, const json& left,
                                      const json& right) {
    if (left.is_number() && right.is_number()) {
      auto result = compute(kind, left, right);
      if (!result)
        return refused(std::move(result.error()));
      return operand::hold(std::move(*result));
    }
    if (kind == expression_kind::add && left.is_string() && right.is_string())
      return join(left.get_ref<const std::string&>(),
                  right.get_ref<const std::string&>());
    const auto has_text = left.is_string() || right.is_string();
    return refused("\"" + std::string{to_text(kind)} + "\" between "
                     + describe_type(left) + " and " + describe_type(right),
                   kind == expression_kind::add && has_text
                     ? "write the text around it: \"a ${x} b\""
                     : "it takes two numbers");
  }

  static evaluated<operand> join(const std::string& left,
                                 const std::string& right) {
    if (left.size() + right.size() > result_bytes_max)
      return refused("a text of more than " + std::to_string(result_bytes_max)
                     + " bytes");
    return operand::hold(left + right);
  }

  const std::vector<expression_node>* nodes_;
  const expression_context* context_;
};

/// Says which expression, and where it is.
evaluation_fault placed(evaluation_fault fault, const expression& what,
                        const source_place& place) {
  fault.reason.message += " in ${" + clipped(what.print()) + "}";
  put_place(fault.reason, place);
  return fault;
}

evaluated<std::string> to_result_text(const json& value) {
  if (value.is_null())
    return refused("null within a text",
                   "write default(..., '') if it may be absent");
  return render_text(value);
}

tl::unexpected<evaluation_fault> too_large(const source_place& place) {
  auto wrong = refused("more than " + std::to_string(result_bytes_max)
                       + " bytes in one value");
  put_place(wrong.value().reason, place);
  return wrong;
}

} // namespace

path_value expression_values::find(const value_path& path) const {
  const auto number
    = [](std::int64_t value) { return path_value::of(json(value)); };
  if (path.root == path_root::inputs) {
    const auto found = inputs.find(path.name);
    return found == inputs.end() ? path_value::absent()
                                 : path_value::reference(*found);
  }
  if (path.root == path_root::item)
    return item ? path_value::reference(*item) : path_value::absent();
  if (path.root == path_root::run)
    return run_id.empty() ? path_value::unknown()
                          : path_value::of(json(run_id));
  const auto step = steps.find(path.name);
  if (step == steps.end())
    return path_value::unknown();
  switch (path.field) {
    case step_field::output:
      return step->second.output ? path_value::reference(*step->second.output)
                                 : path_value::absent();
    case step_field::state:
      return path_value::of(json(step->second.state));
    case step_field::failed:
      return number(step->second.failed);
    case step_field::attempts:
      break;
  }
  return number(step->second.attempts);
}

evaluated<json> evaluate(const expression& what,
                         const expression_context& context) {
  auto value = evaluator{what, context}.value_of(what.root());
  if (!value)
    return tl::unexpected{
      placed(std::move(value.error()), what, source_place{})};
  return std::move(*value).take();
}

evaluated<json> evaluate(const text_template& what,
                         const expression_context& context) {
  const auto evaluate_part = [&](const expression& part) -> evaluated<json> {
    auto value = evaluator{part, context}.value_of(part.root());
    if (!value)
      return tl::unexpected{placed(std::move(value.error()), part, what.place)};
    return std::move(*value).take();
  };
  if (const auto* whole = what.whole())
    return evaluate_part(*whole);
  auto text = std::string{};
  for (const auto& part : what.parts) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      text += *literal;
      continue;
    }
    const auto& inner = std::get<expression>(part);
    const auto value = evaluate_part(inner);
    if (!value)
      return value;
    auto piece = to_result_text(*value);
    if (!piece)
      return tl::unexpected{
        placed(std::move(piece.error()), inner, what.place)};
    text += *piece;
    if (text.size() > result_bytes_max)
      return too_large(what.place);
  }
  return json(std::move(text));
}

evaluated<json> evaluate(const value_template& what,
                         const expression_context& context) {
  auto result = what.written;
  auto bytes = measure(result).bytes;
  for (const auto& [where, text] : what.templates) {
    auto value = evaluate(text, context);
    if (!value)
      return value;
    bytes += measure(*value).bytes;
    if (bytes > result_bytes_max)
      return too_large(text.place);
    result[where] = std::move(*value);
  }
  return result;
}

evaluated<bool> evaluate_truth(const text_template& what,
                               const expression_context& context) {
  const auto value = evaluate(what, context);
  if (!value)
    return tl::unexpected{value.error()};
  if (value->is_boolean())
    return value->get<bool>();
  auto wrong = refused("must be true or false, not " + describe_type(*value)
                       + ": " + clipped(what.print()));
  put_place(wrong.value().reason, what.place);
  return wrong;
}

std::string render_text(const json& value) {
  if (value.is_string())
    return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string describe_type(const json& value) {
  if (value.is_boolean())
    return "a truth value";
  if (value.is_null())
    return "null";
  if (value.is_number())
    return "a number";
  if (value.is_string())
    return "a text";
  return value.is_array() ? "a list" : "an object";
}

} // namespace troupe::engine
