#include "actors/simulation/html_text.hpp"

#include "runtime/utf8.hpp"

namespace troupe::simulation {

namespace {

/// So few would be too far apart over the whole width.
constexpr auto narrow_columns_max = std::size_t{5};

/// "&amp;" for "&"; empty if the character stands for itself.
std::string_view entity_of(std::uint32_t code) {
  switch (code) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(std::uint32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t')
         || (code >= 0x7f && code < 0xa0);
}

void append_row(std::string& html, const std::vector<std::string>& cells) {
  html += "<tr>";
  for (const auto& text : cells)
    html += &text == &cells.front()
              ? "<th scope=\"row\">" + escape_html(text) + "</th>"
              : "<td>" + escape_html(text) + "</td>";
  html += "</tr>\n";
}

} // namespace

std::string escape_html(std::string_view text) {
  auto escaped = std::string{};
  escaped.reserve(text.size());
  while (!text.empty()) {
    const auto each = runtime::first_utf8_character(text);
    if (!each.is_valid || is_control(each.code))
      escaped += "\xef\xbf\xbd";
    else if (const auto entity = entity_of(each.code); !entity.empty())
      escaped += entity;
    else
      escaped += text.substr(0, each.length);
    text.remove_prefix(each.length);
  }
  return escaped;
}

std::string render_html(const html_table& table) {
  const auto caption = escape_html(table.caption);
  auto html = std::string{"<div class=\""};
  html += table.head.size() <= narrow_columns_max ? "scroll narrow" : "scroll";
  html += "\" role=\"region\" tabindex=\"0\" aria-label=\"" + caption
          + "\">\n<table>\n<caption>" + caption + "</caption>\n<thead><tr>";
  for (const auto& name : table.head)
    html += "<th scope=\"col\">" + escape_html(name) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& cells : table.rows)
    append_row(html, cells);
  html += "</tbody>\n";
  if (!table.foot.empty()) {
    html += "<tfoot>";
    append_row(html, table.foot);
    html += "</tfoot>\n";
  }
  return html + "</table>\n</div>\n";
}

} // namespace troupe::simulation
