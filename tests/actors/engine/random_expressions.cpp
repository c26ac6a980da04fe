#include "tests/actors/engine/random_expressions.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::engine {

namespace {

using nlohmann::json;

class maker {
public:
  explicit maker(draws& random) : random_{&random} {}

  std::uint32_t make(std::size_t depth) {
    auto node = expression_node{};
    const auto kind = depth == 0 ? random_->below(2) : random_->below(19);
    node.kind = static_cast<expression_kind>(kind);
    switch (node.kind) {
      case expression_kind::literal:
        node.literal = literal(2);
        break;
      case expression_kind::path:
        node.path = path();
        break;
      case expression_kind::invert:
      case expression_kind::negate:
      case expression_kind::length:
        node.operands = {make(depth - 1)};
        break;
      default:
        node.operands = {make(depth - 1), make(depth - 1)};
    }
    nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::vector<expression_node> take() && {
    return std::move(nodes_);
  }

private:
  json literal(std::size_t depth) {
    switch (random_->below(depth == 0 ? 6 : 7)) {
      case 0:
        return random_->one_in(2);
      case 1:
        return nullptr;
      case 2:
        return text();
      case 3:
        return real();
      case 4:
        return static_cast<std::int64_t>(random_->bits());
      case 5:
        return std::int64_t{0} + static_cast<std::int64_t>(random_->below(9));
      default:
        break;
    }
    auto list = json::array();
    for (auto left = random_->below(4); left > 0; --left)
      list.push_back(literal(depth - 1));
    return list;
  }

  double real() {
    const auto value = std::bit_cast<double>(random_->bits());
    return std::isfinite(value) ? value : 0.5;
  }

  std::string text() {
    constexpr auto pieces = std::to_array<std::string_view>(
      {"a", "'", "\"", "\\", "\n", "\r", "\t", "}", "${", "$", "{", "é", "€",
       "\U0001F600", " ", "0", "\x01", "null"});
    auto result = std::string{};
    for (auto left = random_->below(6); left > 0; --left)
      result += pieces[random_->below(pieces.size())];
    return result;
  }

  std::string name() {
    constexpr auto names = std::to_array<std::string_view>(
      {"a", "B_2", "fetch-all", "x-1", "_", "true", "steps"});
    return random_->one_in(4)
             ? text()
             : std::string{names[random_->below(names.size())]};
  }

  value_path path() {
    auto result = value_path{};
    result.root = static_cast<path_root>(random_->below(4));
    if (result.root == path_root::run)
      result.name = "id";
    else if (result.root != path_root::item)
      result.name = name();
    if (result.root == path_root::steps)
      result.field = static_cast<step_field>(random_->below(4));
    const auto goes_on = result.root == path_root::inputs
                         || result.root == path_root::item
                         || (result.root == path_root::steps
                             && result.field == step_field::output);
    for (auto left = goes_on ? random_->below(4) : 0; left > 0; --left) {
      auto step = path_step{};
      if (random_->one_in(2))
        step.index = static_cast<std::uint32_t>(random_->below(20));
      else
        step.key = name();
      result.rest.push_back(std::move(step));
    }
    return result;
  }

  draws* random_;
  std::vector<expression_node> nodes_;
};

} // namespace

expression random_expression(draws& random, std::size_t depth) {
  auto nodes = maker{random};
  nodes.make(depth);
  return expression{std::move(nodes).take()};
}

} // namespace troupe::engine
