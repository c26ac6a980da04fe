#pragma once

#include "runtime/store/store_error.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// A statement in PostgreSQL's words.
struct postgres_statement {
  /// With $1, $2, ... for parameters.
  std::string sql;
  std::size_t parameter_count = 0;
  /// Whether it changes the schema.
  bool is_schema_change = false;
};

/// Translates a statement of a transaction or a query. `bad_statement` for what
/// is not exactly one statement, and for what would control transactions,
/// settings or other sessions.
[[nodiscard]] tl::expected<postgres_statement, store_failure>
to_postgres_statement(std::string_view sql);

/// Translates the statements of a migration: types, keys that count by
/// themselves, and texts ordered by their bytes, as SQLite orders them.
[[nodiscard]] std::string to_postgres_schema(std::string_view script);

/// The INSERT of one row as one of many: parameters from `first_parameter` on,
/// one for each of `types` (of arrays, such as "bigint[]"), are columns.
/// Nothing if the statement has another form, or one whose rows may depend on
/// those before them: then it has to run once per row.
[[nodiscard]] std::optional<std::string>
to_postgres_batch(std::string_view sql, std::size_t first_parameter,
                  std::span<const std::string_view> types);

} // namespace troupe::runtime
