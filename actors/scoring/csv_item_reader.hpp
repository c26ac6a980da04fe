#pragma once

#include "actors/scoring/item_layout.hpp"
#include "runtime/tabular/csv_reader.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::scoring {

/// The names in a CSV header record. Problems (`invalid_input`): none at all, a
/// name that occurs twice, broken quoting.
[[nodiscard]] runtime::outcome<std::vector<std::string>>
parse_csv_header(std::string_view record, const std::string& file);

/// Reads items from CSV records. A column belongs to the place whose spelling
/// is its name; "custom_fields.x" and "/x" also to a column "x". Columns
/// "financial.KEY" are the item's financial record. Immutable.
class csv_item_reader {
public:
  /// Fails if the header is bad, or lacks the id, the column of a criterion
  /// whose missing values are errors, or the columns of all criteria.
  [[nodiscard]] static runtime::outcome<csv_item_reader>
  create(item_layout layout);

  /// As item_reader::read.
  [[nodiscard]] runtime::outcome<item_reading>
  read(const runtime::record_chunk& chunk) const;

private:
  explicit csv_item_reader(item_layout layout) : layout_{std::move(layout)} {}

  [[nodiscard]] runtime::outcome<void>
  fill(std::span<const std::string_view> cells, bool is_utf8,
       item_row& row) const;
  [[nodiscard]] runtime::outcome<void>
  read_rows(const runtime::record_chunk& chunk, item_reading& reading) const;
  void find_plain_columns();
  /// Straight into columns; nothing if the chunk has to be read field by field.
  [[nodiscard]] std::optional<item_reading>
  read_plain(const runtime::record_chunk& chunk) const;
  void read_one_by_one(const runtime::record_chunk& chunk,
                       item_reading& reading) const;

  item_layout layout_;
  std::size_t columns_ = 0;
  /// (column, slot)
  std::vector<std::pair<std::size_t, std::size_t>> cells_;
  /// (column, key of the financial record)
  std::vector<std::pair<std::size_t, std::string>> financial_cells_;
  /// Set where items are an id and numbers: what to do with each column, and
  /// which number column each criterion is.
  std::vector<runtime::column_use> plain_uses_;
  std::vector<std::size_t> plain_numbers_;
};

} // namespace troupe::scoring
