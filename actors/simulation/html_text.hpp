#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Text that means itself in HTML and SVG, between tags and in quoted
/// attributes. What is not UTF-8, and control characters but LF and tab, become
/// U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

/// A table whose first column names its rows. All texts are escaped.
struct html_table {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  /// A last row of sums; empty: none.
  std::vector<std::string> foot;
};

/// In a frame that scrolls sideways where the page is too narrow.
[[nodiscard]] std::string render_html(const html_table& table);

} // namespace troupe::simulation
