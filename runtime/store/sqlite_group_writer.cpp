#include "runtime/store/sqlite_group_writer.hpp"

#include "runtime/crash_point.hpp"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

namespace fs = std::filesystem;

/// Refuses what is not ours before anything is written: a lock beside a file or
/// its journal mode, which is in the file, would already be too much.
outcome<void> check_existing(const std::string& path,
                             const migration_list& schema) {
  auto error = std::error_code{};
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.file = path;
  if (fs::is_directory(path, error)) {
    reason.message = "is a folder, not a store";
    reason.hint = "name a file in it";
    return fail(std::move(reason));
  }
  const auto is_new = fs::file_size(path, error) == 0 || error;
  // The file alone is not the whole store while it is in use, or after a crash.
  if (is_new || store_lock::is_held(path) || fs::exists(path + "-wal", error))
    return {};
  auto options = sqlite_options{};
  options.mode = open_mode::immutable;
  const auto opened = sqlite_connection::open(path, options);
  if (!opened)
    return opened.error().kind == problem_kind::invalid_input
             ? fail(opened.error())
             : outcome<void>{};
  const auto applied = read_applied_migrations(**opened);
  if (!applied) {
    reason = applied.error();
  } else {
    auto problems = find_schema_problems(schema, *applied);
    if (problems.empty())
      return {};
    reason = std::move(problems.front());
  }
  reason.file = path;
  return fail(std::move(reason));
}

} // namespace

sqlite_group_writer::sqlite_group_writer(
  std::optional<store_lock> lock, std::unique_ptr<sqlite_connection> connection,
  write_fence fence)
  : lock_{std::move(lock)},
    connection_{std::move(connection)}, fence_{std::move(fence)} {}

outcome<std::unique_ptr<group_writer>>
sqlite_group_writer::open(const store_options& options,
                          const migration_list& schema, clock::wall_time now) {
  auto lock = std::optional<store_lock>{};
  if (options.path != ":memory:") {
    if (auto checked = check_existing(options.path, schema); !checked)
      return fail(std::move(checked.error()));
    auto acquired = store_lock::acquire(options.path);
    if (!acquired)
      return fail(std::move(acquired.error()));
    lock = std::move(*acquired);
  }
  auto settings = sqlite_options{};
  settings.mode = open_mode::create;
  settings.cache_bytes = options.cache_bytes;
  auto connection = sqlite_connection::open(options.path, settings);
  if (!connection)
    return fail(std::move(connection.error()));
  if ((*connection)->is_read_only())
    return fail(to_problem({store_error::read_only, "the store is read-only"},
                           options.path));
  if (auto ok = apply_migrations(**connection, schema, now); !ok) {
    auto reason = std::move(ok.error());
    reason.file = options.path;
    return fail(std::move(reason));
  }
  (*connection)->restrict_statements();
  return std::unique_ptr<group_writer>{new sqlite_group_writer{
    std::move(lock), std::move(*connection), options.fence}};
}

store_failure sqlite_group_writer::failure_of(const problem& reason) const {
  return {connection_->last_error(), reason.message};
}

tl::expected<void, store_failure>
sqlite_group_writer::control(const char* sql) {
  if (const auto ok = connection_->execute(sql); !ok)
    return tl::unexpected{failure_of(ok.error())};
  return {};
}

std::optional<store_failure> sqlite_group_writer::check_fence() {
  if (fence_.sql.empty())
    return std::nullopt;
  auto rows = std::size_t{0};
  const auto asked = connection_->query(fence_.sql, fence_.parameters,
                                        [&](const sql_row&) { ++rows; });
  if (!asked)
    return failure_of(asked.error());
  return rows == 1 ? std::nullopt : std::optional{fenced_failure()};
}

tl::expected<std::int64_t, store_failure>
sqlite_group_writer::run(const messages::SqlStatement& statement,
                         const messages::column_block& rows) {
  auto prepared = connection_->prepare(statement.sql());
  if (!prepared)
    return tl::unexpected{failure_of(prepared.error())};
  const auto columns
    = choose_columns(statement, rows, prepared->parameter_count());
  if (!columns)
    return tl::unexpected{columns.error()};
  const auto fixed = static_cast<std::size_t>(statement.parameters_size());
  for (std::size_t i = 0; i < fixed; ++i)
    if (const auto ok
        = prepared->bind(i + 1, statement.parameters(static_cast<int>(i)));
        !ok)
      return tl::unexpected{failure_of(ok.error())};
  const auto changed = statement.for_each_row()
                         ? prepared->run_for_each(*columns, fixed + 1)
                         : prepared->run();
  if (!changed)
    return tl::unexpected{failure_of(changed.error())};
  if (auto expected = check_changes(statement, *changed); !expected)
    return tl::unexpected{std::move(expected.error())};
  return *changed;
}

write_result sqlite_group_writer::apply(const write_request& request) {
  auto committed = messages::TransactionCommitted{};
  for (const auto& statement : request.transaction.statements()) {
    const auto changed = run(statement, request.rows);
    if (!changed)
      return tl::unexpected{
        name_statement(request, committed.changes_size(), changed.error())};
    committed.add_changes(*changed);
  }
  // A deferred key would otherwise fail the commit of the whole group.
  if (connection_->has_deferred_violations())
    return tl::unexpected{
      store_failure{store_error::constraint,
                    request.transaction.label()
                      + ": a row refers to a row that does not exist"}};
  return committed;
}

write_result sqlite_group_writer::apply_alone(const write_request& request) {
  if (auto ok = control("SAVEPOINT one"); !ok)
    return tl::unexpected{std::move(ok.error())};
  auto result = apply(request);
  if (!connection_->is_in_transaction())
    return result;
  if (!result)
    if (auto ok = control("ROLLBACK TO one"); !ok)
      return tl::unexpected{std::move(ok.error())};
  if (auto ok = control("RELEASE one"); !ok)
    return tl::unexpected{std::move(ok.error())};
  return result;
}

/// Returns what failed the whole group.
std::optional<store_failure>
sqlite_group_writer::apply_all(std::span<const write_request> group,
                               std::vector<write_result>& results) {
  if (auto ok = control("BEGIN IMMEDIATE"); !ok)
    return std::move(ok.error());
  crash_point("writer.begun");
  if (auto refused = check_fence())
    return refused;
  for (const auto& request : group) {
    results.push_back(apply_alone(request));
    const auto& result = results.back();
    if (!result && !is_of_transaction(result.error().code))
      return result.error();
    if (!connection_->is_in_transaction())
      return store_failure{store_error::failed,
                           "a statement ended the transaction of its group"};
  }
  crash_point("writer.applied");
  if (auto ok = control("COMMIT"); !ok)
    return std::move(ok.error());
  return std::nullopt;
}

std::optional<store_failure>
sqlite_group_writer::commit(std::span<const write_request> group,
                            std::vector<write_result>& results) {
  auto failure = apply_all(group, results);
  if (failure)
    connection_->roll_back();
  return failure;
}

} // namespace troupe::runtime
