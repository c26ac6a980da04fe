#pragma once

#include "runtime/problem.hpp"
#include "runtime/tabular/byte_source.hpp"

#include <string>
#include <vector>

namespace troupe::runtime {

/// What is asked of a database, and how its answer is written.
struct row_query {
  /// One statement that only reads.
  std::string sql;
  /// Columns whose texts are JSON, beside those that are declared so.
  std::vector<std::string> json_columns;
};

/// The answer to a query, as it comes: JSON objects keyed by the names of the
/// columns, one row a line, in the order of the query. NULL is an absent key;
/// integers and decimals keep all digits, doubles have their shortest form, not
/// finite ones are texts; dates and times are texts.
///
/// Problems name the database, without its password. invalid_input: the query
/// is not one statement, does not only read, has parameters, a column name
/// twice or without a name, bytes, bad UTF-8 or bad JSON; or the database says
/// that it is wrong. denied: no permission. unavailable: no connection, or a
/// lost one. timeout; interrupted by a stop request.
struct query_rows {
  std::vector<std::string> columns;
  /// Also after an error at some row; holds the connection.
  byte_source lines;
};

} // namespace troupe::runtime
