#include "runtime/store/sqlite_connection.hpp"

#include <sqlite3.h>

#include <utility>

// Rows and statements of sqlite_connection.hpp.

namespace troupe::runtime {

namespace {

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
    case kind::blobs:
      return bind_blob(statement, index, values.text(row).data(),
                       values.text(row).size());
  }
  return SQLITE_MISMATCH;
}

int to_index(std::size_t position) {
  return static_cast<int>(position);
}

} // namespace

// -- sql_row ------------------------------------------------------------------

std::size_t sql_row::size() const noexcept {
  if (cells_ != nullptr)
    return cells_->size();
  return static_cast<std::size_t>(sqlite3_column_count(statement_));
}

std::string_view sql_row::name(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->name(column);
  const auto* name = sqlite3_column_name(statement_, to_index(column));
  return name == nullptr ? std::string_view{} : name;
}

std::string_view sql_row::declared_type(std::size_t column) const {
  if (cells_ != nullptr)
    return {};
  const auto* type = sqlite3_column_decltype(statement_, to_index(column));
  return type == nullptr ? std::string_view{} : type;
}

sqlite_type sql_row::type(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->type(column);
  switch (sqlite3_column_type(statement_, to_index(column))) {
    case SQLITE_INTEGER:
      return sqlite_type::integer;
    case SQLITE_FLOAT:
      return sqlite_type::real;
    case SQLITE_TEXT:
      return sqlite_type::text;
    case SQLITE_BLOB:
      return sqlite_type::blob;
    default:
      return sqlite_type::null;
  }
}

bool sql_row::is_null(std::size_t column) const {
  return type(column) == sqlite_type::null;
}

std::int64_t sql_row::integer(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->integer(column);
  return sqlite3_column_int64(statement_, to_index(column));
}

double sql_row::real(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->real(column);
  return sqlite3_column_double(statement_, to_index(column));
}

std::string_view sql_row::text(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->text(column);
  // In this order: asking for text may convert, which sets the size.
  const auto* text = sqlite3_column_text(statement_, to_index(column));
  const auto size = sqlite3_column_bytes(statement_, to_index(column));
  if (text == nullptr)
    return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::span<const std::uint8_t> sql_row::blob(std::size_t column) const {
  if (cells_ != nullptr)
    return cells_->blob(column);
  const auto* bytes = sqlite3_column_blob(statement_, to_index(column));
  const auto size = sqlite3_column_bytes(statement_, to_index(column));
  if (bytes == nullptr)
    return {};
  return {static_cast<const std::uint8_t*>(bytes),
          static_cast<std::size_t>(size)};
}

sql_value sql_row::value(std::size_t column) const {
  switch (type(column)) {
    case sqlite_type::integer:
      return integer(column);
    case sqlite_type::real:
      return real(column);
    case sqlite_type::text:
      return std::string{text(column)};
    case sqlite_type::blob: {
      const auto bytes = blob(column);
      return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    }
    case sqlite_type::null:
      break;
  }
  return std::monostate{};
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
  owner_->keep(std::move(sql_), statement_);
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

bool sqlite_statement::is_read_only() const noexcept {
  return sqlite3_stmt_readonly(statement_) != 0;
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

} // namespace troupe::runtime
