#include "actors/engine/expression_scanner.hpp"

#include "actors/engine/literal_text.hpp"
#include "runtime/utf8.hpp"

#include <charconv>
#include <system_error>
#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;

constexpr auto& bounds = expression_bounds;

template <class T>
json to_number(std::string_view written, std::size_t at) {
  auto value = T{};
  const auto* end = written.data() + written.size();
  if (std::from_chars(written.data(), end, value).ec != std::errc{})
    expression_scanner::refuse(at,
                               "a number beyond what expressions compute with: "
                                 + std::string{written.substr(0, 40)});
  return value;
}

} // namespace

std::string expression_scanner::clipped_rest() const {
  constexpr auto length_max = std::size_t{24};
  return std::string{runtime::clip_utf8(rest(), length_max)};
}

void expression_scanner::refuse(std::size_t at, std::string message,
                                std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  reason.column = at + 1;
  throw expression_refusal{std::move(reason)};
}

void expression_scanner::skip_space() noexcept {
  constexpr auto spaces = std::string_view{" \t\r\n"};
  while (at_ < text_.size()
         && spaces.find(text_[at_]) != std::string_view::npos)
    ++at_;
}

bool expression_scanner::take(std::string_view symbol) {
  skip_space();
  if (!rest().starts_with(symbol))
    return false;
  at_ += symbol.size();
  return true;
}

void expression_scanner::expect(std::string_view symbol,
                                std::string_view after) {
  if (!take(symbol))
    refuse(at_, "\"" + std::string{symbol} + "\" is missing after "
                  + std::string{after});
}

std::string_view expression_scanner::take_word() noexcept {
  const auto begin = at_;
  while (at_ < text_.size() && is_name_part(text_[at_]))
    ++at_;
  return text_.substr(begin, at_ - begin);
}

void expression_scanner::count() {
  if (++count_ > bounds.nodes_max)
    refuse(at_, "more than " + std::to_string(bounds.nodes_max)
                  + " operators and values");
}

void expression_scanner::enter() {
  if (++open_ > bounds.depth_max)
    refuse(at_, "nested too deep");
}

json expression_scanner::take_literal() {
  skip_space();
  const auto next = peek();
  if (next == '\'' || next == '"')
    return take_text();
  if (next == '[')
    return take_list();
  if (next == '-' || is_digit(next))
    return take_number();
  const auto begin = at_;
  const auto word = take_word();
  if (word == "true" || word == "false")
    return word == "true";
  if (word == "null")
    return nullptr;
  refuse(begin, "a list holds literals only");
}

json expression_scanner::take_list() {
  ++at_;
  enter();
  auto list = json::array();
  if (!take("]")) {
    do {
      count();
      list.push_back(take_literal());
    } while (take(","));
    expect("]", "a list");
  }
  leave();
  return list;
}

std::string expression_scanner::take_text() {
  const auto begin = at_;
  const auto mark = text_[at_++];
  auto result = std::string{};
  while (at_ < text_.size() && text_[at_] != mark) {
    if (text_[at_] == '\\')
      result += take_escape();
    else
      result += text_[at_++];
  }
  if (at_ == text_.size())
    refuse(begin, "a text without its closing quote");
  ++at_;
  return result;
}

char expression_scanner::take_escape() {
  constexpr auto written = std::string_view{"\\'\"nrt"};
  constexpr auto meant = std::string_view{"\\'\"\n\r\t"};
  const auto index = at_ + 1 < text_.size() ? written.find(text_[at_ + 1])
                                            : std::string_view::npos;
  if (index == std::string_view::npos)
    refuse(at_, "unknown escape in a text",
           R"(known: \\, \', \", \n, \r and \t)");
  at_ += 2;
  return meant[index];
}

std::uint32_t expression_scanner::take_index() {
  auto index = std::uint32_t{0};
  const auto* end = text_.data() + text_.size();
  const auto read = std::from_chars(text_.data() + at_, end, index);
  if (read.ec != std::errc{})
    refuse(at_, "an index is a whole number or a quoted key");
  at_ = static_cast<std::size_t>(read.ptr - text_.data());
  return index;
}

std::size_t expression_scanner::skip_digits() noexcept {
  const auto first = at_;
  while (is_digit(peek()))
    ++at_;
  return at_ - first;
}

/// Whether there is a fraction or an exponent.
bool expression_scanner::skip_fraction() {
  const auto begin = at_;
  if (rest().size() > 1 && rest()[0] == '.' && is_digit(rest()[1])) {
    ++at_;
    skip_digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-')
      ++at_;
    if (skip_digits() == 0)
      refuse(at_, "an exponent without digits");
  }
  return at_ != begin;
}

json expression_scanner::take_number() {
  const auto begin = at_;
  if (peek() == '-')
    ++at_;
  const auto first = at_;
  const auto digits = skip_digits();
  const auto has_leading_zero = digits > 1 && text_[first] == '0';
  const auto is_whole = !skip_fraction();
  if (digits == 0 || has_leading_zero || is_name_start(peek()))
    refuse(begin, "not a number",
           has_leading_zero ? "remove the zeros in front" : "");
  const auto written = text_.substr(begin, at_ - begin);
  return is_whole ? to_number<std::int64_t>(written, begin)
                  : to_number<double>(written, begin);
}

} // namespace troupe::engine
