#pragma once

#include "actors/engine/expression.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::engine {

/// Ends the reading of one expression; caught where reading begins.
struct expression_refusal {
  runtime::problem reason;
};

/// A position in the text of an expression: takes symbols, words and literals
/// from it, within `expression_bounds`. Throws `expression_refusal`.
class expression_scanner {
public:
  explicit expression_scanner(std::string_view text) noexcept : text_{text} {}

  [[nodiscard]] std::size_t position() const noexcept {
    return at_;
  }

  [[nodiscard]] std::string_view rest() const noexcept {
    return text_.substr(at_);
  }

  /// The next character, or 0 at the end.
  [[nodiscard]] char peek() const noexcept {
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  /// The beginning of what is left, for messages.
  [[nodiscard]] std::string clipped_rest() const;

  /// Refuses what stands `at` bytes into the text.
  [[noreturn]] static void refuse(std::size_t at, std::string message,
                                  std::string hint = {});

  void skip_space() noexcept;

  void skip(std::size_t bytes) noexcept {
    at_ += bytes;
  }

  /// Takes the symbol if it is next, after space.
  bool take(std::string_view symbol);

  /// The same for one that has to be there.
  void expect(std::string_view symbol, std::string_view after);

  /// Letters, digits and underscores; may be empty.
  std::string_view take_word() noexcept;

  /// Counts a node or an element against the bound.
  void count();

  /// Brackets within brackets use the stack. Each `enter` has its `leave`.
  void enter();

  void leave() noexcept {
    --open_;
  }

  /// A number, a quoted text, a list of literals, or one of the constants.
  nlohmann::json take_literal();

  /// A text whose quote is next.
  std::string take_text();

  /// The index of a list.
  std::uint32_t take_index();

private:
  nlohmann::json take_list();
  nlohmann::json take_number();
  char take_escape();
  std::size_t skip_digits() noexcept;
  bool skip_fraction();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  std::size_t open_ = 0;
};

} // namespace troupe::engine
