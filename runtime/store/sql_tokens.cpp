#include "runtime/store/sql_tokens.hpp"

#include <algorithm>
#include <cstddef>

namespace troupe::runtime {

namespace {

using token_kind = sql_token::kind;

bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '.'
         || static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

template <class Belongs>
std::size_t run_length(std::string_view text, std::size_t from,
                       Belongs belongs) {
  auto end = from;
  while (end < text.size() && belongs(text[end]))
    ++end;
  return end;
}

/// Behind the closing quote; a doubled quote reads as two quoted tokens, which
/// does no harm here.
std::size_t quote_length(std::string_view text) {
  const auto end = text.find(text.front(), 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::size_t comment_length(std::string_view text) {
  if (text.starts_with("--"))
    return std::min(text.find('\n'), text.size());
  const auto end = text.find("*/", 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

sql_token first_token(std::string_view sql) {
  const auto first = sql.front();
  const auto take = [&](token_kind type, std::size_t size) {
    return sql_token{type, sql.substr(0, size)};
  };
  if (is_blank(first))
    return take(token_kind::space, run_length(sql, 0, is_blank));
  if (sql.starts_with("--") || sql.starts_with("/*"))
    return take(token_kind::space, comment_length(sql));
  if (first == '\'' || first == '"')
    return take(token_kind::quoted, quote_length(sql));
  if (first == '?')
    return take(token_kind::parameter, run_length(sql, 1, [](char c) {
                  return c >= '0' && c <= '9';
                }));
  if (is_word_byte(first))
    return take(token_kind::word, run_length(sql, 0, is_word_byte));
  return take(token_kind::symbol, 1);
}

} // namespace

bool sql_token::is(std::string_view word) const noexcept {
  return type == kind::word
         && std::equal(text.begin(), text.end(), word.begin(), word.end(),
                       [](char given, char wanted) {
                         const auto upper = given >= 'a' && given <= 'z'
                                              ? given - 'a' + 'A'
                                              : given;
                         return upper == wanted;
                       });
}

bool sql_token::is(char symbol) const noexcept {
  return type == kind::symbol && text.front() == symbol;
}

std::vector<sql_token> split_sql(std::string_view sql) {
  auto tokens = std::vector<sql_token>{};
  while (!sql.empty()) {
    tokens.push_back(first_token(sql));
    sql.remove_prefix(tokens.back().text.size());
  }
  return tokens;
}

} // namespace troupe::runtime
