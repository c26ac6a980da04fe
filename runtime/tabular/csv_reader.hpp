#pragma once

#include "runtime/tabular/record_splitter.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// Reads the fields of a chunk row by row, strictly by RFC 4180. Problems
/// (invalid_input) have the physical line and the column in bytes: a row with
/// too many or too few fields, a quote inside an unquoted field, text after a
/// closing quote, an unclosed quote, a carriage return without line feed
/// outside quotes. An empty line is a row of one empty field.
class csv_rows {
public:
  /// The chunk must outlive the cursor and stay unchanged. `columns` 0: as many
  /// as the first row has.
  explicit csv_rows(const record_chunk& chunk, std::size_t columns = 0);

  /// Moves to the next row; false after the last. After a problem, stop.
  [[nodiscard]] outcome<bool> next();

  /// The fields of the row, unquoted; valid until the next call of next().
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept {
    return fields_;
  }

  /// Physical line on which the row begins, 1-based.
  [[nodiscard]] std::uint64_t line() const noexcept {
    return row_line_;
  }

  /// Number of the row in its file, 1-based.
  [[nodiscard]] std::uint64_t record() const noexcept {
    return record_;
  }

private:
  struct unescaped_field {
    std::size_t field;
    std::size_t offset;
    std::size_t size;
  };

  [[nodiscard]] outcome<void> read_row();

  const record_chunk* chunk_;
  std::size_t columns_;
  std::size_t at_ = 0;
  std::uint64_t line_;
  std::uint64_t row_line_ = 0;
  std::uint64_t record_;
  std::vector<std::string_view> fields_;
  std::string scratch_; // Fields that held doubled quotes.
  std::vector<unescaped_field> unescaped_;
};

/// What to do with a column of a table.
enum class column_use : std::uint8_t { skip, text, number };

/// Texts laid end to end: text i is characters[offsets[i], offsets[i+1]).
struct text_column {
  std::vector<std::uint32_t> offsets{0};
  std::string characters;

  [[nodiscard]] std::size_t size() const noexcept {
    return offsets.size() - 1;
  }

  [[nodiscard]] std::string_view operator[](std::size_t row) const {
    return std::string_view{characters}.substr(offsets[row],
                                               offsets[row + 1] - offsets[row]);
  }
};

/// Columns of a chunk, in the order of the file, each with `rows` entries.
struct column_set {
  std::size_t rows = 0;
  std::vector<text_column> texts;
  /// NaN: the field was empty.
  std::vector<std::vector<double>> numbers;
};

/// Parses a chunk straight into columns: `uses` has one entry per column of the
/// file. Same rules and problems as csv_rows, and a field of a number column
/// must be empty or a number (see parse_number). Replaces what `columns` held
/// and reuses its memory.
[[nodiscard]] outcome<void> read_columns(const record_chunk& chunk,
                                         std::span<const column_use> uses,
                                         column_set& columns);

/// A CSV file with a header row: the header at once, the rows in chunks.
class csv_reader {
public:
  /// Reads the header. Problems (invalid_input): no header (an empty file), a
  /// column without a name, two columns with one name, more than 65,536
  /// columns, and those of record_splitter and csv_rows.
  [[nodiscard]] static outcome<csv_reader> open(byte_source source,
                                                splitter_options options);

  [[nodiscard]] const std::vector<std::string>& header() const noexcept {
    return header_;
  }

  /// Position of a column.
  [[nodiscard]] std::optional<std::size_t>
  find_column(std::string_view name) const;

  /// Fills `chunk` with the next rows, numbered from 1; false at the end.
  [[nodiscard]] outcome<bool> next(record_chunk& chunk);

private:
  csv_reader(record_splitter splitter, std::vector<std::string> header)
    : splitter_{std::move(splitter)}, header_{std::move(header)} {}

  record_splitter splitter_;
  std::vector<std::string> header_;
};

} // namespace troupe::runtime
