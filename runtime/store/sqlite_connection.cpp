#include "runtime/store/sqlite_connection.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <list>
#include <unordered_map>
#include <utility>

namespace troupe::runtime {

namespace {

/// Longer statements are prepared each time, which keeps the cache small.
constexpr std::size_t cached_sql_bytes_max = 64U << 10;

store_error classify(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return store_error::disk_full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_error == ENOSPC || system_error == EDQUOT)
        return store_error::disk_full;
      if (system_error == EROFS || system_error == EACCES)
        return store_error::read_only;
      return store_error::failed;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return store_error::busy;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return store_error::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return store_error::corrupt;
    case SQLITE_CONSTRAINT:
      return store_error::constraint;
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_SCHEMA:
      return store_error::bad_statement;
    default:
      return store_error::failed;
  }
}

/// Refuses what would break a transaction or the settings of its connection.
// NOLINTNEXTLINE(readability-function-size): SQLite dictates the parameters.
int authorize(void* restricts, int action, const char*, const char*,
              const char*, const char*) {
  if (!*static_cast<const bool*>(restricts))
    return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_PRAGMA:
      return SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

/// The path as a URI, for options that exist only there.
std::string to_immutable_uri(const std::string& path) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto uri = std::string{"file:"};
  for (const auto character : path) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '?' || character == '#' || character == '%') {
      uri += '%';
      uri += digits[byte >> 4];
      uri += digits[byte & 15];
    } else {
      uri += character;
    }
  }
  return uri + "?immutable=1";
}

int to_flags(open_mode mode) {
  switch (mode) {
    case open_mode::immutable:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case open_mode::read_write:
      return SQLITE_OPEN_READWRITE;
    case open_mode::create:
    case open_mode::copy_target:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case open_mode::read_only:
      break;
  }
  return SQLITE_OPEN_READONLY;
}

} // namespace

/// Idle statements, the most recently used first.
struct sqlite_connection::statement_cache {
  struct entry {
    std::string sql;
    sqlite3_stmt* statement = nullptr;
  };

  std::size_t statements_max = 0;
  std::list<entry> entries;
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_sql;

  ~statement_cache() {
    for (auto& idle : entries)
      sqlite3_finalize(idle.statement);
  }

  sqlite3_stmt* take(std::string_view sql) {
    const auto found = by_sql.find(sql);
    if (found == by_sql.end())
      return nullptr;
    const auto position = found->second;
    auto* statement = position->statement;
    by_sql.erase(found);
    entries.erase(position);
    return statement;
  }

  void put(std::string sql, sqlite3_stmt* statement) {
    if (sql.size() > cached_sql_bytes_max || by_sql.contains(sql)) {
      sqlite3_finalize(statement);
      return;
    }
    entries.push_front({std::move(sql), statement});
    by_sql.emplace(entries.front().sql, entries.begin());
    if (entries.size() <= statements_max)
      return;
    sqlite3_finalize(entries.back().statement);
    by_sql.erase(entries.back().sql);
    entries.pop_back();
  }
};

sqlite_connection::sqlite_connection(std::string path,
                                     const sqlite_options& options)
  : path_{std::move(path)}, cache_{std::make_unique<statement_cache>()} {
  cache_->statements_max = options.statements_max;
}

sqlite_connection::~sqlite_connection() {
  cache_.reset();
  sqlite3_close_v2(database_);
}

outcome<std::unique_ptr<sqlite_connection>>
sqlite_connection::open(const std::string& path,
                        const sqlite_options& options) {
  auto opened
    = std::unique_ptr<sqlite_connection>{new sqlite_connection{path, options}};
  if (auto ok = opened->open_file(options.mode); !ok)
    return fail(std::move(ok.error()));
  if (auto ok = opened->configure(options); !ok)
    return fail(std::move(ok.error()));
  return opened;
}

outcome<void> sqlite_connection::open_file(open_mode mode) {
  const auto name
    = mode == open_mode::immutable ? to_immutable_uri(path_) : path_;
  const auto code = sqlite3_open_v2(
    name.c_str(), &database_,
    to_flags(mode) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK)
    return fail(failure(code));
  return {};
}

outcome<void> sqlite_connection::configure(const sqlite_options& options) {
  const auto wait_ms = static_cast<int>(options.busy_timeout.count());
  sqlite3_busy_timeout(database_, wait_ms);
  auto settings = "PRAGMA cache_size=-"
                  + std::to_string(options.cache_bytes / 1024 + 1)
                  + "; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
                    "PRAGMA foreign_keys=ON; SELECT count(*) FROM "
                    "sqlite_master;";
  const auto writes = options.mode == open_mode::read_write
                      || options.mode == open_mode::create;
  if (writes && !is_read_only())
    settings += "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA wal_autocheckpoint=1000;"
                "PRAGMA journal_size_limit=16777216;";
  if (auto ok = execute(settings); !ok || !writes || is_read_only())
    return ok;
  // A file system that cannot share memory keeps the old mode, silently.
  const auto mode = query_value("PRAGMA journal_mode");
  if (!mode)
    return fail(mode.error());
  if (*mode == sql_value{"wal"} || *mode == sql_value{"memory"})
    return {};
  last_error_ = store_error::failed;
  return fail(
    to_problem({last_error_, "its file system does not support WAL"}, path_));
}

void sqlite_connection::keep(std::string sql,
                             sqlite3_stmt* statement) noexcept {
  cache_->put(std::move(sql), statement);
}

problem sqlite_connection::failure(int code) {
  const auto system_error
    = database_ == nullptr ? 0 : sqlite3_system_errno(database_);
  auto result = store_failure{};
  result.code = classify(code, system_error);
  // Misuse found by ourselves is unknown to the connection.
  const auto known = database_ != nullptr
                     && (sqlite3_errcode(database_) & 0xff) == (code & 0xff);
  result.text = known ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
  if (result.code == store_error::disk_full)
    result.text = "the disk is full";
  last_error_ = result.code;
  auto reason = to_problem(result, path_);
  if ((code & 0xff) == SQLITE_INTERRUPT && !stop_.stop_requested()
      && is_late()) {
    reason.kind = problem_kind::timeout;
    reason.message = "the query took longer than "
                     + std::to_string(longest_query_->count()) + " ms";
  }
  return reason;
}

outcome<sqlite_statement> sqlite_connection::prepare(std::string_view sql) {
  if (auto* cached = cache_->take(sql))
    return sqlite_statement{this, std::string{sql}, cached};
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const auto code
    = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (code != SQLITE_OK)
    return fail(failure(code));
  auto result = sqlite_statement{this, std::string{sql}, statement};
  const auto tail = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  if (statement == nullptr
      || tail.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    sqlite3_finalize(std::exchange(result.statement_, nullptr));
    last_error_ = store_error::bad_statement;
    return fail(problem_kind::invalid_input, "not exactly one SQL statement");
  }
  return result;
}

outcome<void> sqlite_connection::execute(const std::string& script) {
  const auto restricted = std::exchange(is_restricted_, false);
  const auto code
    = sqlite3_exec(database_, script.c_str(), nullptr, nullptr, nullptr);
  is_restricted_ = restricted;
  if (code != SQLITE_OK)
    return fail(failure(code));
  return {};
}

outcome<sql_value> sqlite_connection::query_value(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement)
    return fail(std::move(statement.error()));
  const auto found = statement->step();
  if (!found)
    return fail(found.error());
  return *found ? statement->row().value(0) : sql_value{};
}

void sqlite_connection::restrict_statements() {
  is_restricted_ = true;
  sqlite3_set_authorizer(database_, authorize, &is_restricted_);
}

void sqlite_connection::interrupt_on(std::stop_token stop) {
  stop_ = std::move(stop);
  watch_progress();
}

void sqlite_connection::limit_queries(std::chrono::milliseconds longest) {
  longest_query_ = longest;
  watch_progress();
}

bool sqlite_connection::is_late() const {
  return longest_query_ && std::chrono::steady_clock::now() > query_end_;
}

void sqlite_connection::watch_progress() {
  // Often enough to end soon, seldom enough to cost nothing.
  constexpr auto steps = 1'000;
  const auto ask = [](void* of) {
    const auto& self = *static_cast<const sqlite_connection*>(of);
    return self.stop_.stop_requested() || self.is_late() ? 1 : 0;
  };
  sqlite3_progress_handler(database_, steps, ask, this);
}

bool sqlite_connection::is_read_only() const noexcept {
  return sqlite3_db_readonly(database_, "main") == 1;
}

bool sqlite_connection::is_in_transaction() const noexcept {
  return sqlite3_get_autocommit(database_) == 0;
}

bool sqlite_connection::has_deferred_violations() const noexcept {
  auto current = 0;
  auto highest = 0;
  sqlite3_db_status(database_, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest,
                    0);
  return current != 0;
}

outcome<void> sqlite_connection::query(std::string_view sql,
                                       std::span<const sql_value> parameters,
                                       const row_handler& handle) {
  auto statement = prepare(sql);
  if (!statement)
    return fail(std::move(statement.error()));
  if (auto bound = statement->bind(parameters); !bound)
    return bound;
  if (longest_query_)
    query_end_ = std::chrono::steady_clock::now() + *longest_query_;
  while (true) {
    const auto more = statement->step();
    if (!more)
      return fail(more.error());
    if (!*more)
      return {};
    handle(statement->row());
  }
}

outcome<void> sqlite_connection::change_schema(const std::string& script) {
  return execute(script);
}

outcome<void> sqlite_connection::begin() {
  return execute("BEGIN IMMEDIATE");
}

outcome<void> sqlite_connection::begin_snapshot() {
  // BEGIN alone is lazy: the first read chooses the moment.
  return execute("BEGIN; SELECT 1 FROM sqlite_master LIMIT 1;");
}

outcome<void> sqlite_connection::commit() {
  return execute("COMMIT");
}

void sqlite_connection::roll_back() noexcept {
  if (is_in_transaction())
    static_cast<void>(execute("ROLLBACK"));
}

outcome<bool> sqlite_connection::has_table(const std::string& name) {
  auto found = false;
  const auto parameters = std::vector<sql_value>{name};
  const auto done
    = query("SELECT 1 FROM sqlite_master WHERE name = ?1 AND type IN "
            "('table', 'view')",
            parameters, [&](const sql_row&) { found = true; });
  if (!done)
    return fail(done.error());
  return found;
}

outcome<bool> sqlite_connection::is_empty() {
  const auto count = query_value("SELECT count(*) FROM sqlite_master");
  if (!count)
    return fail(count.error());
  return *count == sql_value{std::int64_t{0}};
}

outcome<void> sqlite_connection::copy_to(sqlite_connection& target) {
  auto* const backup
    = sqlite3_backup_init(target.database_, "main", database_, "main");
  if (backup == nullptr)
    return fail(target.failure(sqlite3_extended_errcode(target.database_)));
  const auto code = sqlite3_backup_step(backup, -1);
  const auto finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE)
    return fail(target.failure(finished == SQLITE_OK ? code : finished));
  return {};
}

} // namespace troupe::runtime
