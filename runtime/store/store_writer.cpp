#include "runtime/store/store_writer.hpp"

#include "runtime/crash_point.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

std::size_t size_bytes(const messages::column& values) {
  using kind = messages::column::kind;
  switch (values.type()) {
    case kind::doubles:
    case kind::integers:
      return values.size() * 8;
    case kind::counts:
      return values.size() * 4;
    case kind::bytes:
      return values.size();
    case kind::texts:
    case kind::blobs:
      break;
  }
  const auto offsets = values.text_offsets();
  return values.size() * 4 + offsets.back() - offsets.front();
}

/// The columns that take part, or what is wrong with the choice.
tl::expected<std::vector<messages::column>, store_failure>
choose_columns(const messages::SqlStatement& statement,
               const messages::column_block& rows) {
  auto chosen = std::vector<messages::column>{};
  if (statement.columns().empty())
    for (std::size_t i = 0; i < rows.size(); ++i)
      chosen.push_back(rows[i]);
  for (const auto index : statement.columns()) {
    if (index >= rows.size())
      return tl::unexpected{store_failure{store_error::bad_statement,
                                          "no column " + std::to_string(index)
                                            + " among "
                                            + std::to_string(rows.size())}};
    chosen.push_back(rows[index]);
  }
  const auto differs = [&](const messages::column& values) {
    return values.size() != chosen.front().size();
  };
  if (std::any_of(chosen.begin(), chosen.end(), differs))
    return tl::unexpected{
      store_failure{store_error::bad_statement, "the columns differ in size"}};
  return chosen;
}

store_failure wrong_count(std::size_t wanted, std::size_t given) {
  return {store_error::bad_statement,
          "the statement has " + std::to_string(wanted) + " parameters, but "
            + std::to_string(given) + " values came with it"};
}

} // namespace

std::size_t size_bytes(const write_request& request) {
  auto total = request.transaction.ByteSizeLong();
  for (std::size_t i = 0; i < request.rows.size(); ++i)
    total += size_bytes(request.rows[i]);
  return total;
}

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

store_writer::store_writer(std::optional<store_lock> lock,
                           std::unique_ptr<sqlite_connection> connection,
                           const std::string& path)
  : lock_{std::move(lock)}, connection_{std::move(connection)} {
  status_.set_path(path);
}

outcome<store_writer> store_writer::open(const store_options& options,
                                         const migration_list& schema,
                                         clock::wall_time now) {
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
  return store_writer{std::move(lock), std::move(*connection), options.path};
}

store_failure store_writer::failure_of(const problem& reason) const {
  return {connection_->last_error(), reason.message};
}

tl::expected<void, store_failure> store_writer::control(const char* sql) {
  if (const auto ok = connection_->execute(sql); !ok)
    return tl::unexpected{failure_of(ok.error())};
  return {};
}

tl::expected<std::int64_t, store_failure>
store_writer::run(const messages::SqlStatement& statement,
                  const messages::column_block& rows) {
  auto prepared = connection_->prepare(statement.sql());
  if (!prepared)
    return tl::unexpected{failure_of(prepared.error())};
  auto columns = std::vector<messages::column>{};
  if (statement.for_each_row()) {
    auto chosen = choose_columns(statement, rows);
    if (!chosen)
      return tl::unexpected{std::move(chosen.error())};
    columns = std::move(*chosen);
  }
  const auto fixed = static_cast<std::size_t>(statement.parameters_size());
  if (prepared->parameter_count() != fixed + columns.size())
    return tl::unexpected{
      wrong_count(prepared->parameter_count(), fixed + columns.size())};
  for (std::size_t i = 0; i < fixed; ++i)
    if (const auto ok
        = prepared->bind(i + 1, statement.parameters(static_cast<int>(i)));
        !ok)
      return tl::unexpected{failure_of(ok.error())};
  const auto changed = statement.for_each_row()
                         ? prepared->run_for_each(columns, fixed + 1)
                         : prepared->run();
  if (!changed)
    return tl::unexpected{failure_of(changed.error())};
  if (statement.has_expected_changes()
      && statement.expected_changes() != *changed)
    return tl::unexpected{
      store_failure{store_error::conflict,
                    std::to_string(*changed) + " rows changed instead of "
                      + std::to_string(statement.expected_changes())}};
  return *changed;
}

write_result store_writer::apply(const write_request& request) {
  auto committed = messages::TransactionCommitted{};
  for (const auto& statement : request.transaction.statements()) {
    const auto changed = run(statement, request.rows);
    if (!changed) {
      auto failure = changed.error();
      failure.text = request.transaction.label() + ", statement "
                     + std::to_string(committed.changes_size() + 1) + ": "
                     + failure.text;
      return tl::unexpected{std::move(failure)};
    }
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

write_result store_writer::apply_alone(const write_request& request) {
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
store_writer::apply_all(std::span<const write_request> group,
                        std::vector<write_result>& results) {
  if (auto ok = control("BEGIN IMMEDIATE"); !ok)
    return std::move(ok.error());
  crash_point("writer.begun");
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

std::vector<write_result>
store_writer::commit(std::span<const write_request> group) {
  auto results = std::vector<write_result>{};
  results.reserve(group.size());
  const auto failure = apply_all(group, results);
  if (failure) {
    if (connection_->is_in_transaction())
      static_cast<void>(connection_->execute("ROLLBACK"));
    // Also the refusals: they may be due to rows that are now undone.
    results.assign(group.size(), tl::unexpected{*failure});
    status_.set_is_full(failure->code == store_error::disk_full);
    status_.set_refused(status_.refused() + group.size());
    return results;
  }
  status_.set_is_full(false);
  const auto committed = static_cast<std::uint64_t>(
    std::count_if(results.begin(), results.end(),
                  [](const write_result& result) { return bool{result}; }));
  status_.set_commits(status_.commits() + (committed > 0 ? 1 : 0));
  status_.set_transactions(status_.transactions() + committed);
  status_.set_refused(status_.refused() + group.size() - committed);
  return results;
}

void store_writer::record_refusal() noexcept {
  status_.set_refused(status_.refused() + 1);
}

} // namespace troupe::runtime
