#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::tools {

/// Rows of cells below a head, for a terminal.
struct text_table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  /// So many columns are aligned to the left, the others to the right.
  std::size_t left_columns = 1;
};

/// Each column as wide as its widest cell, two spaces between; no spaces at the
/// end of a line. Rows may have fewer cells than the head, but no more.
[[nodiscard]] std::string render(const text_table& table);

} // namespace troupe::tools
