#include "actors/engine/expression.hpp"
#include "actors/engine/expression_scanner.hpp"
#include "actors/engine/literal_text.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace troupe::engine {

namespace {

using runtime::outcome;
using runtime::problem;

struct binary_operator {
  std::string_view text;
  expression_kind kind;
  int level;
};

constexpr auto comparison_level = 2;
constexpr auto unary_level = 5;

/// Longer ones first, so that "<=" is not taken for "<".
constexpr auto binary_operators = std::to_array<binary_operator>(
  {{"||", expression_kind::logical_or, 0},
   {"&&", expression_kind::logical_and, 1},
   {"==", expression_kind::equal, comparison_level},
   {"!=", expression_kind::unequal, comparison_level},
   {"<=", expression_kind::less_equal, comparison_level},
   {">=", expression_kind::greater_equal, comparison_level},
   {"<", expression_kind::less, comparison_level},
   {">", expression_kind::greater, comparison_level},
   {"+", expression_kind::add, 3},
   {"-", expression_kind::subtract, 3},
   {"*", expression_kind::multiply, 4},
   {"/", expression_kind::divide, 4},
   {"%", expression_kind::remainder, 4}});

constexpr auto function_names
  = std::to_array<std::string_view>({"len", "default"});
constexpr auto root_names
  = std::to_array<std::string_view>({"inputs", "steps", "item", "run"});
constexpr auto field_names
  = std::to_array<std::string_view>({"output", "state", "failed", "attempts"});
constexpr auto run_names = std::to_array<std::string_view>({"id"});

/// What people write who think in another language.
constexpr auto foreign_words
  = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"and", "write &&"},
     {"or", "write ||"},
     {"not", "write !"},
     {"=", "write == to compare"},
     {"&", "write &&"},
     {"|", "write ||"},
     {"?", "there is no choice within an expression: use the key when"}});

std::string hint_for_word(std::string_view text) {
  const auto name = text.substr(0, plain_name_length(text));
  for (const auto& [word, hint] : foreign_words)
    if (name.empty() ? text.starts_with(word) : name == word)
      return std::string{hint};
  return {};
}

class parser {
public:
  explicit parser(std::string_view text) noexcept : in_{text} {}

  /// The text up to where no operator goes on.
  std::vector<expression_node> parse() {
    static_cast<void>(parse_binary(0));
    in_.skip_space();
    if (in_.position() > expression_bounds.bytes_max)
      expression_scanner::refuse(
        expression_bounds.bytes_max,
        "more than " + std::to_string(expression_bounds.bytes_max) + " bytes");
    return std::move(nodes_);
  }

  [[nodiscard]] std::size_t position() const noexcept {
    return in_.position();
  }

  [[noreturn]] void refuse_rest() const {
    refuse("an operator is expected before \"" + in_.clipped_rest() + "\"",
           hint_for_word(in_.rest()));
  }

private:
  [[noreturn]] void refuse(std::string message, std::string hint = {}) const {
    expression_scanner::refuse(in_.position(), std::move(message),
                               std::move(hint));
  }

  std::uint32_t add(expression_node node) {
    auto depth = std::size_t{1};
    for (const auto operand : node.operands)
      depth = std::max(depth, depths_[operand] + 1);
    if (depth > expression_bounds.depth_max)
      refuse("nested too deep");
    in_.count();
    depths_.push_back(depth);
    nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::uint32_t add_literal() {
    auto node = expression_node{};
    node.literal = in_.take_literal();
    return add(std::move(node));
  }

  std::uint32_t add_operator(expression_kind kind,
                             std::vector<std::uint32_t> operands) {
    auto node = expression_node{};
    node.kind = kind;
    node.operands = std::move(operands);
    return add(std::move(node));
  }

  /// The operator that is next, if it is one of that level.
  const binary_operator* peek_operator(int level) {
    in_.skip_space();
    for (const auto& each : binary_operators)
      if (in_.rest().starts_with(each.text))
        return each.level == level ? &each : nullptr;
    return nullptr;
  }

  std::uint32_t parse_binary(int level) {
    if (level == unary_level)
      return parse_unary();
    auto left = parse_binary(level + 1);
    while (const auto* next = peek_operator(level)) {
      in_.skip(next->text.size());
      const auto right = parse_binary(level + 1);
      left = add_operator(next->kind, {left, right});
      if (level == comparison_level && peek_operator(level) != nullptr)
        refuse("comparisons cannot be chained",
               "write a < b && b < c, or use brackets");
    }
    return left;
  }

  std::uint32_t parse_unary() {
    in_.skip_space();
    const auto rest = in_.rest();
    if (rest.starts_with('!'))
      return parse_operand(expression_kind::invert);
    if (!rest.starts_with('-'))
      return parse_value();
    if (rest.size() > 1 && is_digit(rest[1]))
      return add_literal();
    return parse_operand(expression_kind::negate);
  }

  std::uint32_t parse_operand(expression_kind kind) {
    in_.skip(1);
    in_.enter();
    const auto operand = parse_unary();
    in_.leave();
    return add_operator(kind, {operand});
  }

  std::uint32_t parse_value() {
    const auto next = in_.peek();
    if (in_.rest().empty() || next == '}')
      refuse(nodes_.empty() ? "an expression is missing"
                            : "a value is missing at the end");
    if (in_.take("(")) {
      in_.enter();
      const auto inner = parse_binary(0);
      in_.expect(")", "a value in brackets");
      in_.leave();
      return inner;
    }
    if (is_digit(next) || next == '\'' || next == '"' || next == '[')
      return add_literal();
    if (!is_name_start(next))
      refuse("a value is expected before \"" + in_.clipped_rest() + "\"",
             hint_for_word(in_.rest()));
    return parse_word();
  }

  std::uint32_t parse_word() {
    auto ahead = in_;
    const auto word = ahead.take_word();
    if (word == "true" || word == "false" || word == "null")
      return add_literal();
    if (ahead.take("("))
      return parse_call(word, ahead);
    const auto root = index_of(word, root_names);
    if (!root)
      refuse_name(word);
    in_ = ahead;
    auto node = expression_node{};
    node.kind = expression_kind::path;
    node.path = parse_path(static_cast<path_root>(*root));
    return add(std::move(node));
  }

  [[noreturn]] void refuse_name(std::string_view word) const {
    auto hint = hint_for_word(word);
    if (hint.empty())
      hint = runtime::spelling_hint(word, root_names)
             + "; a literal \"${\" is written $${";
    refuse("unknown name \"" + std::string{word} + "\"", std::move(hint));
  }

  static std::optional<std::size_t>
  index_of(std::string_view word, std::span<const std::string_view> known) {
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end())
      return std::nullopt;
    return static_cast<std::size_t>(found - known.begin());
  }

  std::uint32_t parse_call(std::string_view name,
                           const expression_scanner& after_bracket) {
    const auto function = index_of(name, function_names);
    if (!function)
      refuse("unknown function \"" + std::string{name} + "\"",
             runtime::spelling_hint(name, function_names));
    const auto is_length = *function == 0;
    in_ = after_bracket;
    in_.enter();
    auto arguments = std::vector<std::uint32_t>{};
    if (!in_.take(")")) {
      do
        arguments.push_back(parse_binary(0));
      while (in_.take(","));
      in_.expect(")", "the arguments of " + std::string{name});
    }
    in_.leave();
    if (arguments.size() != (is_length ? 1 : 2))
      refuse(std::string{name} + " takes "
             + (is_length ? "one value" : "two values") + ", not "
             + std::to_string(arguments.size()));
    return add_operator(is_length ? expression_kind::length
                                  : expression_kind::fallback,
                        std::move(arguments));
  }

  value_path parse_path(path_root root) {
    auto path = value_path{};
    path.root = root;
    if (root != path_root::item)
      path.name = parse_key(to_text(root));
    if (root == path_root::run && !index_of(path.name, run_names))
      refuse_key("a run", path.name, run_names);
    if (root == path_root::steps)
      path.field = parse_field(path.name);
    const auto is_plain
      = root == path_root::run
        || (root == path_root::steps && path.field != step_field::output);
    while (auto step = parse_step())
      path.rest.push_back(std::move(*step));
    if (is_plain && !path.rest.empty())
      refuse(print(path) + " goes into what is no object and no list");
    if (path.rest.size() > expression_bounds.depth_max)
      refuse("a path of more than "
             + std::to_string(expression_bounds.depth_max) + " steps");
    return path;
  }

  [[noreturn]] void refuse_key(std::string_view whose, const std::string& key,
                               std::span<const std::string_view> known) const {
    refuse(std::string{whose} + " has no \"" + key + "\"",
           runtime::spelling_hint(key, known));
  }

  step_field parse_field(const std::string& step) {
    const auto name = parse_key("steps." + step);
    const auto field = index_of(name, field_names);
    if (!field)
      refuse_key("a step", name, field_names);
    return static_cast<step_field>(*field);
  }

  /// A key that has to be there.
  std::string parse_key(std::string_view after) {
    auto step = parse_step();
    if (!step || step->index)
      refuse("a name is missing after \"" + std::string{after} + "\"",
             "write for example " + std::string{after} + ".name");
    return std::move(step->key);
  }

  /// ".name", "[3]" or "['any text']"; there is no space before it.
  std::optional<path_step> parse_step() {
    if (in_.peek() == '.') {
      in_.skip(1);
      const auto length = plain_name_length(in_.rest());
      if (length == 0)
        refuse("a name is missing after \".\"",
               "names that are no words go into brackets: ['a b']");
      auto key = std::string{in_.rest().substr(0, length)};
      in_.skip(length);
      return path_step{std::move(key), std::nullopt};
    }
    if (in_.peek() != '[')
      return std::nullopt;
    in_.skip(1);
    in_.skip_space();
    auto step = path_step{};
    if (in_.peek() == '\'' || in_.peek() == '"')
      step.key = in_.take_text();
    else
      step.index = in_.take_index();
    in_.expect("]", "an index");
    return step;
  }

  expression_scanner in_;
  std::vector<expression_node> nodes_;
  std::vector<std::size_t> depths_;
};

} // namespace

outcome<expression> expression::parse(std::string_view text) {
  if (!runtime::is_valid_utf8(text))
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "not valid UTF-8");
  try {
    auto reader = parser{text};
    auto nodes = reader.parse();
    if (reader.position() != text.size())
      reader.refuse_rest();
    return expression{std::move(nodes)};
  } catch (const expression_refusal& refused) {
    return runtime::fail(refused.reason);
  }
}

outcome<expression> expression::parse_before_brace(std::string_view text,
                                                   std::size_t& length) {
  try {
    auto reader = parser{text};
    auto nodes = reader.parse();
    length = reader.position();
    if (length == text.size())
      expression_scanner::refuse(length, "\"${\" without its \"}\"",
                                 "a literal \"${\" is written $${");
    if (text[length] != '}')
      reader.refuse_rest();
    return expression{std::move(nodes)};
  } catch (const expression_refusal& refused) {
    return runtime::fail(refused.reason);
  }
}

} // namespace troupe::engine
