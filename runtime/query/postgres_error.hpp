#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// An error as PostgreSQL reports it.
struct postgres_error {
  /// Five characters, see "PostgreSQL Error Codes"; empty: there was no answer.
  std::string state;
  std::string message;
  /// Character of the query, from 1; 0: unknown.
  std::size_t position = 0;
};

/// Reads a message in libpq's verbose form, "FATAL:  28P01: words" and lines
/// with details, whatever language the server speaks.
[[nodiscard]] postgres_error read_verbose_error(std::string_view text);

/// The error as a problem, without the database's name. `sql` turns the
/// position into line and column of the query.
[[nodiscard]] problem to_problem(const postgres_error& error,
                                 std::string_view sql);

} // namespace troupe::runtime
