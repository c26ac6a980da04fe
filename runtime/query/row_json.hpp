#pragma once

#include "runtime/problem.hpp"
#include "runtime/tabular/jsonl_writer.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// Writes rows of named cells as JSON lines, all databases in the same way. A
/// cell that is not written is absent. The problems have name of the database,
/// number of the row, and column.
class row_json {
public:
  /// `database`: its name, for problems. Refuses a name of a column that is
  /// empty, occurs twice, or is not UTF-8.
  [[nodiscard]] static outcome<row_json>
  create(std::string database, std::vector<std::string> columns);

  row_json(row_json&&) noexcept;
  row_json& operator=(row_json&&) noexcept;
  ~row_json();

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept {
    return columns_;
  }

  /// Begins a row that is appended to the text.
  void begin(std::string& text);

  void integer(std::size_t column, std::int64_t value);
  void boolean(std::size_t column, bool value);
  /// Not finite: a text.
  void real(std::size_t column, double value);
  /// A decimal number as the database writes it; "NaN" and infinity as texts.
  [[nodiscard]] outcome<void> decimal(std::size_t column,
                                      std::string_view value);
  [[nodiscard]] outcome<void> text(std::size_t column, std::string_view value);
  /// A text that is one JSON value, which is embedded.
  [[nodiscard]] outcome<void> json(std::size_t column, std::string_view value);
  /// Bytes, which have no form in JSON.
  [[nodiscard]] outcome<void> bytes(std::size_t column) const;

  void end();

private:
  struct checker;

  row_json(std::string database, std::vector<std::string> columns);

  [[nodiscard]] tl::unexpected<problem>
  refuse(std::size_t column, std::string message, std::string hint) const;

  std::string database_;
  std::vector<std::string> columns_;
  std::uint64_t row_ = 0;
  std::optional<jsonl_writer> writer_;
  std::unique_ptr<checker> checker_;
};

} // namespace troupe::runtime
