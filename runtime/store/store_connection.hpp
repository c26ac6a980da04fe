#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/sql_row.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// What migrations and readers need of a database, whichever it is. SQL is
/// written once, in SQLite's words that PostgreSQL shares: `?1`, `?2`, ... for
/// parameters. Not thread-safe.
class store_connection {
public:
  using row_handler = std::function<void(const sql_row&)>;

  store_connection() = default;
  store_connection(const store_connection&) = delete;
  store_connection& operator=(const store_connection&) = delete;
  virtual ~store_connection() = default;

  /// Hands out each row of one statement. There must be as many parameters as
  /// it has. The handler may ask the next query.
  [[nodiscard]] virtual outcome<void>
  query(std::string_view sql, std::span<const sql_value> parameters,
        const row_handler& handle)
    = 0;

  /// Runs the statements of a migration.
  [[nodiscard]] virtual outcome<void> change_schema(const std::string& script)
    = 0;

  /// Begins a transaction that writes; nobody else writes meanwhile.
  [[nodiscard]] virtual outcome<void> begin() = 0;
  /// Begins one that reads the database as it is at this moment.
  [[nodiscard]] virtual outcome<void> begin_snapshot() = 0;
  [[nodiscard]] virtual outcome<void> commit() = 0;
  /// Undoes the transaction, if there is one.
  virtual void roll_back() noexcept = 0;
  [[nodiscard]] virtual bool is_in_transaction() const noexcept = 0;

  /// Whether there is a table or view of this name.
  [[nodiscard]] virtual outcome<bool> has_table(const std::string& name) = 0;
  /// Whether there is no table, view or index at all.
  [[nodiscard]] virtual outcome<bool> is_empty() = 0;

  /// Whether migrations are to be written in PostgreSQL's words where they
  /// have such.
  [[nodiscard]] virtual bool is_postgres() const noexcept = 0;
};

} // namespace troupe::runtime
