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

/// SQLite takes a null pointer for NULL, also if the size is zero.
int bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  return sqlite3_bind_text64(statement, index,
                             text.data() == nullptr ? "" : text.data(),
                             text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

int bind_blob(sqlite3_stmt* statement, int index, const void* bytes,
              std::size_t size) {
  return sqlite3_bind_blob64(statement, index, bytes == nullptr ? "" : bytes,
                             size, SQLITE_STATIC);
}

int bind_cell(sqlite3_stmt* statement, int index,
              const messages::column& values, std::size_t row) {
  using kind = messages::column::kind;
  switch (values.type()) {
    case kind::doubles:
      return sqlite3_bind_double(statement, index, values.doubles()[row]);
    case kind::integers:
      return sqlite3_bind_int64(statement, index, values.integers()[row]);
    case kind::counts:
      return sqlite3_bind_int64(statement, index, values.counts()[row]);
    case kind::bytes:
      return sqlite3_bind_int64(statement, index, values.bytes()[row]);
    case kind::texts:
      return bind_text(statement, index, values.text(row));
  }
  return SQLITE_MISMATCH;
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

int to_index(std::size_t position) {
  return static_cast<int>(position);
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

// -- sqlite_row ---------------------------------------------------------------

std::size_t sqlite_row::size() const noexcept {
  return static_cast<std::size_t>(sqlite3_column_count(statement_));
}

std::string_view sqlite_row::name(std::size_t column) const {
  const auto* name = sqlite3_column_name(statement_, to_index(column));
  return name == nullptr ? std::string_view{} : name;
}

bool sqlite_row::is_null(std::size_t column) const {
  return sqlite3_column_type(statement_, to_index(column)) == SQLITE_NULL;
}

std::int64_t sqlite_row::integer(std::size_t column) const {
  return sqlite3_column_int64(statement_, to_index(column));
}

double sqlite_row::real(std::size_t column) const {
  return sqlite3_column_double(statement_, to_index(column));
}

std::string_view sqlite_row::text(std::size_t column) const {
  // In this order: asking for text may convert, which sets the size.
  const auto* text = sqlite3_column_text(statement_, to_index(column));
  const auto size = sqlite3_column_bytes(statement_, to_index(column));
  if (text == nullptr)
    return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::span<const std::uint8_t> sqlite_row::blob(std::size_t column) const {
  const auto* bytes = sqlite3_column_blob(statement_, to_index(column));
  const auto size = sqlite3_column_bytes(statement_, to_index(column));
  if (bytes == nullptr)
    return {};
  return {static_cast<const std::uint8_t*>(bytes),
          static_cast<std::size_t>(size)};
}

sql_value sqlite_row::value(std::size_t column) const {
  switch (sqlite3_column_type(statement_, to_index(column))) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return real(column);
    case SQLITE_TEXT:
      return std::string{text(column)};
    case SQLITE_BLOB: {
      const auto bytes = blob(column);
      return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    }
    default:
      return std::monostate{};
  }
}

// -- sqlite_statement ---------------------------------------------------------

sqlite_statement::sqlite_statement(sqlite_connection* owner, std::string sql,
                                   sqlite3_stmt* statement) noexcept
  : owner_{owner}, sql_{std::move(sql)}, statement_{statement} {}

sqlite_statement::sqlite_statement(sqlite_statement&& other) noexcept
  : owner_{other.owner_}, sql_{std::move(other.sql_)},
    statement_{std::exchange(other.statement_, nullptr)} {}

sqlite_statement&
sqlite_statement::operator=(sqlite_statement&& other) noexcept {
  if (this != &other) {
    give_back();
    owner_ = other.owner_;
    sql_ = std::move(other.sql_);
    statement_ = std::exchange(other.statement_, nullptr);
  }
  return *this;
}

sqlite_statement::~sqlite_statement() {
  give_back();
}

void sqlite_statement::give_back() noexcept {
  if (statement_ == nullptr)
    return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  owner_->cache_->put(std::move(sql_), statement_);
  statement_ = nullptr;
}

outcome<void> sqlite_statement::check(int code) const {
  if (code == SQLITE_OK)
    return {};
  return fail(owner_->failure(code));
}

std::size_t sqlite_statement::parameter_count() const noexcept {
  return static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_));
}

outcome<void> sqlite_statement::bind(std::size_t index,
                                     const sql_value& value) {
  const auto at = to_index(index);
  const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return check(sqlite3_bind_int64(statement_, at, *integer));
  if (const auto* real = std::get_if<double>(&value))
    return check(sqlite3_bind_double(statement_, at, *real));
  if (const auto* text = std::get_if<std::string>(&value))
    return check(bind_text(statement_, at, *text));
  if (bytes != nullptr)
    return check(bind_blob(statement_, at, bytes->data(), bytes->size()));
  return check(sqlite3_bind_null(statement_, at));
}

outcome<void> sqlite_statement::bind(std::size_t index,
                                     const messages::SqlValue& value) {
  const auto at = to_index(index);
  switch (value.value_case()) {
    case messages::SqlValue::kInteger:
      return check(sqlite3_bind_int64(statement_, at, value.integer()));
    case messages::SqlValue::kReal:
      return check(sqlite3_bind_double(statement_, at, value.real()));
    case messages::SqlValue::kText:
      return check(bind_text(statement_, at, value.text()));
    case messages::SqlValue::kBlob:
      return check(
        bind_blob(statement_, at, value.blob().data(), value.blob().size()));
    case messages::SqlValue::VALUE_NOT_SET:
      break;
  }
  return check(sqlite3_bind_null(statement_, at));
}

outcome<void> sqlite_statement::bind(std::span<const sql_value> values) {
  if (values.size() != parameter_count())
    return check(SQLITE_RANGE);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (auto bound = bind(i + 1, values[i]); !bound)
      return bound;
  return {};
}

outcome<bool> sqlite_statement::step() {
  const auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  return fail(owner_->failure(code));
}

sqlite_row sqlite_statement::row() const noexcept {
  return sqlite_row{statement_};
}

outcome<std::int64_t> sqlite_statement::run() {
  // Without this, a statement that changes no rows by nature would report the
  // changes of the one before it.
  auto* const database = owner_->database_;
  const auto before = sqlite3_total_changes64(database);
  auto code = sqlite3_step(statement_);
  while (code == SQLITE_ROW)
    code = sqlite3_step(statement_);
  if (code != SQLITE_DONE)
    return fail(owner_->failure(code));
  return sqlite3_total_changes64(database) == before
           ? 0
           : sqlite3_changes64(database);
}

outcome<std::int64_t>
sqlite_statement::run_for_each(std::span<const messages::column> columns,
                               std::size_t first_parameter) {
  const auto rows = columns.empty() ? 0 : columns.front().size();
  for (const auto& values : columns)
    if (values.size() != rows)
      return fail(owner_->failure(SQLITE_MISMATCH));
  auto changed = std::int64_t{0};
  for (std::size_t row = 0; row < rows; ++row) {
    auto index = to_index(first_parameter);
    for (const auto& values : columns)
      if (const auto code = bind_cell(statement_, index++, values, row);
          code != SQLITE_OK)
        return fail(owner_->failure(code));
    auto result = run();
    if (!result)
      return result;
    changed += *result;
    sqlite3_reset(statement_);
  }
  return changed;
}

// -- sqlite_connection --------------------------------------------------------

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
  return to_problem(result, path_);
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
