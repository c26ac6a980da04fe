#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// A piece of SQL as far as translating needs to tell pieces apart.
struct sql_token {
  enum class kind : std::uint8_t {
    space, ///< Also comments.
    word, ///< A key word, a name or a number.
    quoted, ///< 'text' or "name".
    parameter, ///< ?1, or ? alone.
    symbol, ///< Any other single byte.
  };

  kind type = kind::space;
  std::string_view text;

  /// Whether it is this word, in capitals, however it is written.
  [[nodiscard]] bool is(std::string_view word) const noexcept;
  [[nodiscard]] bool is(char symbol) const noexcept;
};

/// Splits SQL; the texts of the tokens, one after the other, are the SQL. What
/// is not closed reaches to the end.
[[nodiscard]] std::vector<sql_token> split_sql(std::string_view sql);

} // namespace troupe::runtime
