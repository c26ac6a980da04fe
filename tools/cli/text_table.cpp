#include "tools/cli/text_table.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::tools {

namespace {

/// In characters: continuation bytes of UTF-8 take no place.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char each) {
    return (static_cast<unsigned char>(each) & 0xc0) != 0x80;
  }));
}

void append_line(std::string& text, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths,
                 std::size_t left_columns) {
  for (auto i = std::size_t{0}; i < cells.size(); ++i) {
    const auto spaces = widths[i] - width_of(cells[i]);
    if (i != 0)
      text += "  ";
    if (i >= left_columns)
      text.append(spaces, ' ');
    text += cells[i];
    if (i < left_columns)
      text.append(spaces, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

} // namespace

std::string render(const text_table& table) {
  auto widths = std::vector<std::size_t>{};
  for (const auto& name : table.head)
    widths.push_back(width_of(name));
  for (const auto& cells : table.rows)
    for (auto i = std::size_t{0}; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], width_of(cells[i]));
  auto text = std::string{};
  append_line(text, table.head, widths, table.left_columns);
  for (const auto& cells : table.rows)
    append_line(text, cells, widths, table.left_columns);
  return text;
}

} // namespace troupe::tools
