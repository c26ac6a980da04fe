#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3_stmt;

namespace troupe::runtime {

/// A value of a database; `std::monostate` is NULL, bytes are a BLOB.
using sql_value = std::variant<std::monostate, std::int64_t, double,
                               std::string, std::vector<std::uint8_t>>;

/// What a value is before any conversion.
enum class sqlite_type { null, integer, real, text, blob };

/// Where the cells of a row are, for databases other than SQLite. The same
/// promises as those of `sql_row`, which passes its calls on.
class row_cells {
public:
  row_cells() = default;
  row_cells(const row_cells&) = delete;
  row_cells& operator=(const row_cells&) = delete;
  virtual ~row_cells() = default;

  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual std::string_view name(std::size_t column) const = 0;
  [[nodiscard]] virtual sqlite_type type(std::size_t column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(std::size_t column) const = 0;
  [[nodiscard]] virtual double real(std::size_t column) const = 0;
  [[nodiscard]] virtual std::string_view text(std::size_t column) const = 0;
  [[nodiscard]] virtual std::span<const std::uint8_t>
  blob(std::size_t column) const = 0;
};

/// A row of an answer, whichever database gave it. A view: valid until its
/// statement goes on. A value of another type is converted as SQLite's CAST
/// does; NULL reads as zero or empty. Requires column < size().
class sql_row {
public:
  /// The cells must outlive the row.
  explicit sql_row(const row_cells& cells) noexcept : cells_{&cells} {}

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::string_view name(std::size_t column) const;
  /// The type that a table of SQLite declares for a column that comes from it;
  /// empty for an expression, and for other databases.
  [[nodiscard]] std::string_view declared_type(std::size_t column) const;
  [[nodiscard]] sqlite_type type(std::size_t column) const;
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  [[nodiscard]] std::string_view text(std::size_t column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(std::size_t column) const;
  [[nodiscard]] sql_value value(std::size_t column) const;

private:
  friend class sqlite_statement;

  explicit sql_row(sqlite3_stmt* statement) noexcept : statement_{statement} {}

  // One of them. SQLite's own cells are reached without a virtual call, as
  // there may be millions.
  sqlite3_stmt* statement_ = nullptr;
  const row_cells* cells_ = nullptr;
};

} // namespace troupe::runtime
