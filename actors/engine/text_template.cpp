#include "actors/engine/text_template.hpp"

#include "runtime/utf8.hpp"

#include <utility>

namespace troupe::engine {

namespace {

using runtime::outcome;
using runtime::problem;

constexpr auto opening = std::string_view{"${"};
constexpr auto escape = std::string_view{"$${"};
constexpr auto parts_max = std::size_t{1'000};

/// Expressions and the texts between them.
class splitter {
public:
  explicit splitter(std::string_view text) noexcept : text_{text} {}

  outcome<std::vector<text_template::part>> split() {
    while (at_ < text_.size()) {
      const auto rest = text_.substr(at_);
      if (rest.starts_with(escape)) {
        literal_ += opening;
        at_ += escape.size();
      } else if (!rest.starts_with(opening)) {
        literal_ += text_[at_++];
      } else if (auto taken = take_expression(); !taken) {
        return runtime::fail(std::move(taken.error()));
      }
    }
    end_literal();
    return std::move(parts_);
  }

private:
  outcome<void> take_expression() {
    end_literal();
    at_ += opening.size();
    auto length = std::size_t{0};
    auto part = expression::parse_before_brace(text_.substr(at_), length);
    if (!part)
      return runtime::fail(std::move(part.error()));
    at_ += length + 1;
    parts_.emplace_back(std::move(*part));
    if (parts_.size() > parts_max)
      return runtime::fail(runtime::problem_kind::invalid_input,
                           "more than " + std::to_string(parts_max)
                             + " expressions and texts in one");
    return {};
  }

  void end_literal() {
    if (!literal_.empty())
      parts_.emplace_back(std::exchange(literal_, {}));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string literal_;
  std::vector<text_template::part> parts_;
};

std::string escaped(std::string_view literal) {
  auto text = std::string{};
  for (; !literal.empty(); literal.remove_prefix(1)) {
    if (literal.starts_with(opening))
      text += '$';
    text += literal.front();
  }
  return text;
}

} // namespace

void put_place(problem& reason, const source_place& place) {
  reason.file = place.file;
  reason.line = place.line;
  reason.column = place.column;
  reason.key = place.key;
}

outcome<text_template> text_template::parse(std::string_view text,
                                            source_place place) {
  auto result = text_template{};
  result.place = std::move(place);
  if (!runtime::is_valid_utf8(text)) {
    auto reason = problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = "not valid UTF-8";
    put_place(reason, result.place);
    return runtime::fail(std::move(reason));
  }
  auto parts = splitter{text}.split();
  if (!parts) {
    constexpr auto length_max = std::size_t{120};
    auto reason = std::move(parts.error());
    const auto clip = runtime::clip_utf8(text, length_max);
    reason.message += " in \"" + std::string{clip}
                      + (clip.size() < text.size() ? "...\"" : "\"");
    put_place(reason, result.place);
    return runtime::fail(std::move(reason));
  }
  result.parts = std::move(*parts);
  return result;
}

std::string text_template::print() const {
  auto text = std::string{};
  for (const auto& each : parts) {
    if (const auto* literal = std::get_if<std::string>(&each))
      text += escaped(*literal);
    else
      text += "${" + std::get<expression>(each).print() + "}";
  }
  return text;
}

const expression* text_template::whole() const noexcept {
  return parts.size() == 1 ? std::get_if<expression>(&parts.front()) : nullptr;
}

} // namespace troupe::engine
