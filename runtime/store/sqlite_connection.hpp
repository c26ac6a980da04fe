#pragma once

#include "messages/column_block.hpp"
#include "messages/store.pb.h"
#include "runtime/problem.hpp"
#include "runtime/store/sql_row.hpp"
#include "runtime/store/store_connection.hpp"
#include "runtime/store/store_error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace troupe::runtime {

class sqlite_connection;

/// The row a statement stands on; valid until the statement steps.
using sqlite_row = sql_row;

/// A prepared statement on loan from its connection's cache, given back at the
/// end. Must not outlive the connection. Parameters count from 1.
class sqlite_statement {
public:
  sqlite_statement(sqlite_statement&& other) noexcept;
  sqlite_statement& operator=(sqlite_statement&& other) noexcept;
  sqlite_statement(const sqlite_statement&) = delete;
  sqlite_statement& operator=(const sqlite_statement&) = delete;
  ~sqlite_statement();

  [[nodiscard]] std::size_t parameter_count() const noexcept;

  /// Whether it leaves the database file as it is.
  [[nodiscard]] bool is_read_only() const noexcept;

  // Texts and blobs are not copied: they must live until the statement ends.
  // A NaN becomes NULL. An index out of range is `invalid_input`.
  [[nodiscard]] outcome<void> bind(std::size_t index, const sql_value& value);
  [[nodiscard]] outcome<void> bind(std::size_t index,
                                   const messages::SqlValue& value);
  /// Binds ?1, ?2, ...; there must be as many as the statement has.
  [[nodiscard]] outcome<void> bind(std::span<const sql_value> values);

  /// True if there is a row to look at, false at the end.
  [[nodiscard]] outcome<bool> step();

  /// Names and declared types of columns are there at any time; everything else
  /// requires that the last `step` was true.
  [[nodiscard]] sqlite_row row() const noexcept;

  /// Steps to the end. Returns the rows it changed itself, without those of
  /// triggers and foreign key actions.
  [[nodiscard]] outcome<std::int64_t> run();

  /// Runs once per row, the columns bound from `first_parameter` on; all must
  /// have the same size. Stops at the first error. Returns the rows changed.
  [[nodiscard]] outcome<std::int64_t>
  run_for_each(std::span<const messages::column> columns,
               std::size_t first_parameter);

private:
  friend class sqlite_connection;

  sqlite_statement(sqlite_connection* owner, std::string sql,
                   sqlite3_stmt* statement) noexcept;

  void give_back() noexcept;
  [[nodiscard]] outcome<void> check(int code) const;

  sqlite_connection* owner_;
  std::string sql_;
  sqlite3_stmt* statement_;
};

enum class open_mode {
  read_only,
  /// Read-only, and nobody else may write: needs no write access to the folder.
  immutable,
  read_write,
  /// As read_write; a missing file is created.
  create,
  /// A new file for `copy_to`; without a write-ahead log of its own.
  copy_target,
};

struct sqlite_options {
  open_mode mode = open_mode::read_only;
  std::size_t cache_bytes = 2U << 20;
  /// Prepared statements kept at most.
  std::size_t statements_max = 128;
  /// How long to wait for somebody else's lock.
  std::chrono::milliseconds busy_timeout{5'000};
};

/// One connection to a SQLite database; the only place that knows SQLite's own
/// interface. Not thread-safe, but may move to another thread. Stays at its
/// address once opened, as its statements point to it.
class sqlite_connection final : public store_connection {
public:
  /// Opens the file and reads from it, so that what is not a database is
  /// refused here (`invalid_input`). Writers get WAL mode with synchronous=FULL
  /// (a commit returns after fdatasync), foreign keys on, and a bounded WAL.
  [[nodiscard]] static outcome<std::unique_ptr<sqlite_connection>>
  open(const std::string& path, const sqlite_options& options);

  ~sqlite_connection() override;

  /// Prepares one statement, or takes it from the cache.
  [[nodiscard]] outcome<sqlite_statement> prepare(std::string_view sql);

  /// Runs any number of statements without parameters; rows are dropped.
  [[nodiscard]] outcome<void> execute(const std::string& script);

  /// The first column of the first row; NULL if there is none.
  [[nodiscard]] outcome<sql_value> query_value(std::string_view sql);

  /// From now on `prepare` refuses transaction control, ATTACH, DETACH and
  /// PRAGMA; `execute` does not.
  void restrict_statements();

  /// From now on a stop request ends a statement that runs, with an error.
  void interrupt_on(std::stop_token stop);

  /// From now on a `query` that takes longer ends with `timeout`; one within
  /// another has time of its own.
  void limit_queries(std::chrono::milliseconds longest);

  [[nodiscard]] bool is_read_only() const noexcept;
  [[nodiscard]] bool is_in_transaction() const noexcept override;

  /// Whether a COMMIT now would fail for a deferred foreign key.
  [[nodiscard]] bool has_deferred_violations() const noexcept;

  /// What the last call that failed has failed of.
  [[nodiscard]] store_error last_error() const noexcept {
    return last_error_;
  }

  // -- store_connection -------------------------------------------------------

  [[nodiscard]] outcome<void> query(std::string_view sql,
                                    std::span<const sql_value> parameters,
                                    const row_handler& handle) override;
  [[nodiscard]] outcome<void> change_schema(const std::string& script) override;
  [[nodiscard]] outcome<void> begin() override;
  [[nodiscard]] outcome<void> begin_snapshot() override;
  [[nodiscard]] outcome<void> commit() override;
  void roll_back() noexcept override;
  [[nodiscard]] outcome<bool> has_table(const std::string& name) override;
  [[nodiscard]] outcome<bool> is_empty() override;

  [[nodiscard]] bool is_postgres() const noexcept override {
    return false;
  }

  /// Copies the whole database as it is now into another one.
  [[nodiscard]] outcome<void> copy_to(sqlite_connection& target);

private:
  friend class sqlite_statement;
  struct statement_cache;

  sqlite_connection(std::string path, const sqlite_options& options);

  [[nodiscard]] outcome<void> open_file(open_mode mode);
  [[nodiscard]] outcome<void> configure(const sqlite_options& options);
  void watch_progress();
  [[nodiscard]] bool is_late() const;
  /// Takes back an idle statement.
  void keep(std::string sql, sqlite3_stmt* statement) noexcept;
  problem failure(int code);

  std::string path_;
  sqlite3* database_ = nullptr;
  store_error last_error_ = store_error::failed;
  bool is_restricted_ = false;
  std::stop_token stop_;
  std::optional<std::chrono::milliseconds> longest_query_;
  std::chrono::steady_clock::time_point query_end_
    = std::chrono::steady_clock::time_point::max();
  std::unique_ptr<statement_cache> cache_;
};

} // namespace troupe::runtime
