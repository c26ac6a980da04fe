#include "runtime/store/snapshot_reader.hpp"

#include "runtime/store/migrations.hpp"
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/store_lock.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

/// Whether all commits are in the main file, and nobody is about to add some.
bool is_at_rest(const std::string& path) {
  auto error = std::error_code{};
  const auto log = path + "-wal";
  if (std::filesystem::exists(log, error)
      && std::filesystem::file_size(log, error) != 0)
    return false;
  return !error && !store_lock::is_held(path);
}

tl::unexpected<problem> no_such_store(const std::string& name) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "no such store";
  reason.file = name;
  reason.hint = "check the path; a store is made by the first run";
  return fail(std::move(reason));
}

outcome<std::unique_ptr<store_connection>>
open_postgres_for_reading(const std::string& text, read_patience patience) {
  const auto address = find_postgres_address(text);
  if (!address)
    return fail(address.error());
  auto times = postgres_times{};
  times.statement_timeout = patience.longest.value_or(times.statement_timeout);
  auto connection = postgres_connection::open(
    *address, postgres_connection::access::read, times);
  if (!connection)
    return fail(std::move(connection.error()));
  const auto is_store = (*connection)->has_table("troupe_schema");
  if (!is_store)
    return fail(is_store.error());
  if (!*is_store)
    return no_such_store(address->name);
  return std::unique_ptr<store_connection>{std::move(*connection)};
}

} // namespace

outcome<std::unique_ptr<sqlite_connection>>
open_database_for_reading(const std::string& path) {
  auto opened = sqlite_connection::open(path, {});
  if (opened || opened.error().kind == problem_kind::invalid_input
      || !is_at_rest(path))
    return opened;
  // A read-only folder has no room for the shared memory of WAL.
  auto options = sqlite_options{};
  options.mode = open_mode::immutable;
  return sqlite_connection::open(path, options);
}

outcome<std::unique_ptr<sqlite_connection>>
open_for_reading(const std::string& path) {
  auto ignored = std::error_code{};
  if (!std::filesystem::exists(path, ignored))
    return no_such_store(path);
  auto connection = open_database_for_reading(path);
  if (!connection)
    return connection;
  const auto applied = read_applied_migrations(**connection);
  if (!applied) {
    auto reason = applied.error();
    reason.file = path;
    return fail(std::move(reason));
  }
  return connection;
}

snapshot_reader::snapshot_reader(std::unique_ptr<store_connection> connection)
  : connection_{std::move(connection)} {}

outcome<snapshot_reader> snapshot_reader::open(const std::string& path,
                                               read_patience patience) {
  if (is_postgres_address(path)) {
    auto connection = open_postgres_for_reading(path, patience);
    if (!connection)
      return fail(std::move(connection.error()));
    return snapshot_reader{std::move(*connection)};
  }
  auto connection = open_for_reading(path);
  if (!connection)
    return fail(std::move(connection.error()));
  if (patience.longest)
    (*connection)->limit_queries(*patience.longest);
  return snapshot_reader{std::move(*connection)};
}

outcome<void> snapshot_reader::query(std::string_view sql,
                                     std::span<const sql_value> parameters,
                                     const row_handler& handle) {
  auto done = connection_->query(sql, parameters, handle);
  if (!done && done.error().kind == problem_kind::timeout)
    done.error().hint
      = "the database is busy: try again later, or ask for less";
  return done;
}

outcome<bool> snapshot_reader::has_table(const std::string& name) {
  return connection_->has_table(name);
}

outcome<void> snapshot_reader::begin_snapshot() {
  end_snapshot();
  return connection_->begin_snapshot();
}

void snapshot_reader::end_snapshot() {
  if (connection_->is_in_transaction())
    static_cast<void>(connection_->commit());
}

} // namespace troupe::runtime
