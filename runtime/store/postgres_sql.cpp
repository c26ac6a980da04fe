#include "runtime/store/postgres_sql.hpp"

#include "runtime/store/sql_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <vector>

namespace troupe::runtime {

namespace {

using token_kind = sql_token::kind;
using token_list = std::vector<sql_token>;

/// The rows of a batch; no query of ours has a table of this name.
constexpr auto batch_name = std::string_view{"troupe_rows"};

bool is_one_of(const sql_token& token,
               std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.is(word); });
}

/// Without spaces and comments.
token_list meaning_of(const token_list& tokens) {
  auto result = token_list{};
  for (const auto& token : tokens)
    if (token.type != token_kind::space)
      result.push_back(token);
  return result;
}

/// Words that change the schema, and nothing else.
bool changes_schema(const token_list& meaning) {
  if (meaning.size() < 2 || !is_one_of(meaning[0], {"CREATE", "ALTER", "DROP"}))
    return false;
  return is_one_of(meaning[1], {"TABLE", "INDEX", "VIEW", "SEQUENCE"})
         || (meaning[0].is("CREATE")
             && is_one_of(meaning[1], {"UNIQUE", "TEMP", "TEMPORARY"}));
}

/// Functions that would do what no statement may.
bool is_forbidden(const sql_token& token) {
  return is_one_of(token,
                   {"SET_CONFIG", "PG_TERMINATE_BACKEND", "PG_CANCEL_BACKEND",
                    "PG_ADVISORY_UNLOCK", "PG_ADVISORY_UNLOCK_ALL"});
}

bool is_permitted(const token_list& meaning) {
  const auto is_data = is_one_of(meaning.front(), {"SELECT", "INSERT", "UPDATE",
                                                   "DELETE", "WITH", "VALUES"});
  return (is_data || changes_schema(meaning))
         && std::none_of(meaning.begin(), meaning.end(), is_forbidden);
}

/// Nothing for a word that is no type of SQLite's.
std::string_view type_of(const sql_token& token) {
  if (token.is("INTEGER"))
    return "BIGINT";
  if (token.is("REAL"))
    return "DOUBLE PRECISION";
  if (token.is("BLOB"))
    return "BYTEA";
  return {};
}

/// Translates the tokens of one statement, one after the other.
class statement_translator {
public:
  explicit statement_translator(const token_list& tokens) : tokens_{&tokens} {
    const auto meaning = meaning_of(tokens);
    defines_columns_ = meaning.size() > 1 && meaning[1].is("TABLE")
                       && is_one_of(meaning[0], {"CREATE", "ALTER"});
  }

  std::string translate() {
    for (std::size_t i = 0; i < tokens_->size(); ++i)
      add((*tokens_)[i], i);
    return std::move(sql_);
  }

  [[nodiscard]] std::size_t parameter_count() const {
    return parameter_count_;
  }

private:
  /// The i-th word behind this token.
  [[nodiscard]] const sql_token* following(std::size_t from,
                                           std::size_t i) const {
    for (auto at = from + 1; at < tokens_->size(); ++at)
      if ((*tokens_)[at].type != token_kind::space && i-- == 0)
        return &(*tokens_)[at];
    return nullptr;
  }

  [[nodiscard]] bool is_followed_by(std::size_t from, std::string_view first,
                                    std::string_view second) const {
    const auto* one = following(from, 0);
    const auto* two = following(from, 1);
    return one != nullptr && two != nullptr && one->is(first)
           && two->is(second);
  }

  void add(const sql_token& token, std::size_t at) {
    if (token.type == token_kind::space) {
      sql_ += token.text;
      return;
    }
    if (token.type == token_kind::parameter)
      add_parameter(token);
    else if (token.type == token_kind::word)
      add_word(token, at);
    else
      add_symbol(token);
    was_as_ = token.is("AS");
  }

  void add_parameter(const sql_token& token) {
    auto number = parameter_count_ + 1;
    const auto digits = token.text.substr(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    parameter_count_ = std::max(parameter_count_, number);
    sql_ += '$' + std::to_string(number);
  }

  void add_symbol(const sql_token& token) {
    if (token.is('('))
      ++depth_;
    if (token.is(')'))
      --depth_;
    // A definition begins, and first of all has a name.
    is_name_ = (token.is('(') || token.is(',')) && depth_ == 1;
    sql_ += token.text;
  }

  void add_word(const sql_token& token, std::size_t at) {
    const auto is_name = is_name_;
    is_name_ = token.is("COLUMN");
    const auto type = type_of(token);
    if (!defines_columns_ || depth_ > 1 || is_name) {
      const auto* next = following(at, 0);
      const auto is_cast = was_as_ && next != nullptr && next->is(')');
      sql_ += is_cast && !type.empty() ? type : token.text;
      return;
    }
    if (skips_ || (token.is("WITHOUT") && is_followed_by(at, "ROWID"))) {
      skips_ = !skips_; // Both words of it.
      return;
    }
    if (token.is("TEXT"))
      sql_ += "TEXT COLLATE \"C\"";
    else
      sql_ += type.empty() ? token.text : type;
    if (token.is("INTEGER") && is_followed_by(at, "PRIMARY", "KEY"))
      sql_ += " GENERATED BY DEFAULT AS IDENTITY";
  }

  [[nodiscard]] bool is_followed_by(std::size_t from,
                                    std::string_view word) const {
    const auto* next = following(from, 0);
    return next != nullptr && next->is(word);
  }

  const token_list* tokens_;
  std::string sql_;
  std::size_t parameter_count_ = 0;
  int depth_ = 0;
  bool defines_columns_ = false;
  bool is_name_ = false;
  bool was_as_ = false;
  bool skips_ = false;
};

store_failure refusal_of(std::string text) {
  return {store_error::bad_statement, std::move(text)};
}

/// Where the bracket that opens at `from` closes; the end if it does not.
std::size_t closing(const token_list& tokens, std::size_t from) {
  auto depth = 0;
  for (auto at = from; at < tokens.size(); ++at) {
    depth += tokens[at].is('(') ? 1 : 0;
    depth -= tokens[at].is(')') ? 1 : 0;
    if (depth == 0)
      return at;
  }
  return tokens.size();
}

/// INSERT INTO table (names) VALUES (expressions) rest, by position.
struct insert_parts {
  std::size_t values = 0;
  std::size_t end = 0; ///< Of the expressions: their closing bracket.
};

std::optional<insert_parts> parts_of(const token_list& meaning) {
  if (meaning.size() < 6 || !meaning[0].is("INSERT") || !meaning[1].is("INTO"))
    return std::nullopt;
  auto parts = insert_parts{};
  parts.values = meaning[3].is('(') ? closing(meaning, 3) + 1 : 3;
  if (parts.values + 1 >= meaning.size() || !meaning[parts.values].is("VALUES")
      || !meaning[parts.values + 1].is('('))
    return std::nullopt;
  parts.end = closing(meaning, parts.values + 1);
  if (parts.end == meaning.size())
    return std::nullopt;
  const auto is_done = parts.end + 1 == meaning.size();
  // An update could meet one row twice, which one statement must not.
  if (!is_done
      && (!meaning[parts.end + 1].is("ON") || !meaning.back().is("NOTHING")))
    return std::nullopt;
  const auto& table = meaning[2].text;
  for (auto at = parts.values; at < meaning.size(); ++at)
    if (meaning[at].text == table)
      return std::nullopt;
  return parts;
}

/// The columns as a table: "unnest($2::bigint[], ...) AS rows (p2, ...)".
std::string table_of(std::size_t first_parameter,
                     std::span<const std::string_view> types) {
  auto arrays = std::string{};
  auto names = std::string{};
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto number = std::to_string(first_parameter + i);
    const auto* const separator = i == 0 ? "" : ", ";
    arrays += separator + ("$" + number + "::");
    arrays += types[i];
    names += separator + ("p" + number);
  }
  return " FROM unnest(" + arrays + ") AS " + std::string{batch_name} + " ("
         + names + ")";
}

void add_to_batch(const sql_token& token, std::size_t first_parameter,
                  std::string& to) {
  if (token.type != token_kind::parameter) {
    to += token.text;
    return;
  }
  auto number = std::size_t{0};
  std::from_chars(token.text.data() + 1, token.text.data() + token.text.size(),
                  number);
  to += number < first_parameter ? "$" : std::string{batch_name} + ".p";
  to += std::to_string(number);
}

} // namespace

tl::expected<postgres_statement, store_failure>
to_postgres_statement(std::string_view sql) {
  auto tokens = split_sql(sql);
  const auto is_end = [](const sql_token& token) {
    return token.type == token_kind::space || token.is(';');
  };
  while (!tokens.empty() && is_end(tokens.back()))
    tokens.pop_back();
  const auto meaning = meaning_of(tokens);
  if (meaning.empty()
      || std::any_of(meaning.begin(), meaning.end(),
                     [](const sql_token& token) { return token.is(';'); }))
    return tl::unexpected{refusal_of("not exactly one SQL statement")};
  if (!is_permitted(meaning))
    return tl::unexpected{refusal_of(
      "not authorized: a statement may only read or change data or tables")};
  auto translator = statement_translator{tokens};
  auto result = postgres_statement{};
  result.sql = translator.translate();
  result.parameter_count = translator.parameter_count();
  result.is_schema_change = changes_schema(meaning);
  return result;
}

std::string to_postgres_schema(std::string_view script) {
  auto result = std::string{};
  auto statement = token_list{};
  for (const auto& token : split_sql(script)) {
    statement.push_back(token);
    if (!token.is(';'))
      continue;
    result += statement_translator{statement}.translate();
    statement.clear();
  }
  return result + statement_translator{statement}.translate();
}

std::optional<std::string>
to_postgres_batch(std::string_view sql, std::size_t first_parameter,
                  std::span<const std::string_view> types) {
  const auto tokens = split_sql(sql);
  auto meaning = meaning_of(tokens);
  while (!meaning.empty() && meaning.back().is(';'))
    meaning.pop_back();
  const auto parts = parts_of(meaning);
  if (!parts || types.empty())
    return std::nullopt;
  auto result = std::string{};
  auto at = std::size_t{0}; // Among those that mean something.
  for (const auto& token : tokens) {
    if (token.type == token_kind::space) {
      result += ' ';
      continue;
    }
    if (at == meaning.size())
      break;
    if (at == parts->values)
      result += "SELECT";
    else if (at == parts->values + 1)
      result += ' '; // The bracket that opens.
    else if (at == parts->end)
      result += table_of(first_parameter, types);
    else
      add_to_batch(token, first_parameter, result);
    ++at;
  }
  return result;
}

} // namespace troupe::runtime
