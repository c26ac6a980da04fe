#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/sqlite_connection.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Opens any SQLite file for reading, also where nothing may be written, as
/// long as nobody writes to it. Errors are those of sqlite_connection::open.
[[nodiscard]] outcome<std::unique_ptr<sqlite_connection>>
open_database_for_reading(const std::string& path);

/// Opens the store in the file for reading, as `snapshot_reader::open` does.
[[nodiscard]] outcome<std::unique_ptr<sqlite_connection>>
open_for_reading(const std::string& path);

/// How long a reader waits for the answer to one query, and looks at its rows:
/// `timeout` then. Without it, a server's statement has 10 minutes, and a file
/// is read to its end.
struct read_patience {
  std::optional<std::chrono::milliseconds> longest;
};

/// Reads a store, also while a process (this one or another) writes to it. Not
/// thread-safe; every reader opens its own.
class snapshot_reader {
public:
  using row_handler = store_connection::row_handler;

  /// Opens a file, or an address as in `store_options::path`. Errors:
  /// `not_found` when there is no such file, or no store in the database;
  /// `invalid_input` when it is not a store. Where nothing may be written (a
  /// read-only mount), a store that was closed cleanly can be read as long as
  /// nobody opens it.
  [[nodiscard]] static outcome<snapshot_reader>
  open(const std::string& path, read_patience patience = {});

  /// Hands out each row. Outside of a snapshot each query sees the newest
  /// commit.
  [[nodiscard]] outcome<void> query(std::string_view sql,
                                    std::span<const sql_value> parameters,
                                    const row_handler& handle);

  /// Whether the store has a table or view of this name; a store lacks those of
  /// subsystems that never ran.
  [[nodiscard]] outcome<bool> has_table(const std::string& name);

  /// From now on all queries see the store as it is at this moment. Keep it
  /// short: meanwhile nothing that is replaced can be cleaned up. A query that
  /// fails may end the snapshot (PostgreSQL).
  [[nodiscard]] outcome<void> begin_snapshot();

  void end_snapshot();

private:
  explicit snapshot_reader(std::unique_ptr<store_connection> connection);

  std::unique_ptr<store_connection> connection_;
};

} // namespace troupe::runtime
