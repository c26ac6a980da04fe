#include "tools/cli/score_hierarchy_report.hpp"

#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/jsonl_writer.hpp"
#include "runtime/tabular/output_file.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_history_json.hpp"
#include "tools/cli/score_history_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using scoring::hierarchy_place;

namespace {

constexpr std::size_t warnings_shown = 10;
/// Deeper levels are not indented further.
constexpr std::uint32_t indents_max = 20;
/// Rows are handed on in pieces of this size.
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

/// All that is told of one item.
struct tree_row {
  std::string_view id;
  std::string_view title;
  std::string_view parent; ///< Empty: none that is known.
  std::string_view type;
  std::string_view state;
  std::uint32_t depth = 0;
  std::uint32_t rank = 0;
  double total = 0.0;
  scoring::rolled_up sums;
};

std::string_view text_at(const scoring::text_list& texts, std::size_t row) {
  return scoring::text_view{texts.offsets, texts.characters}[row];
}

tree_row row_of(const hierarchy_report& report, const hierarchy_place& place) {
  const auto& items = report.from.items;
  const auto parent = report.from.links.parents[place.row];
  auto row = tree_row{};
  row.id = text_at(items.ids, place.row);
  row.title = text_at(items.titles, place.row);
  if (parent != scoring::no_parent)
    row.parent = text_at(items.ids, parent);
  row.type = scoring::to_string(
    static_cast<scoring::work_item_type>(items.types[place.row]));
  row.state = scoring::to_string(
    static_cast<scoring::work_item_state>(items.states[place.row]));
  row.depth = place.depth;
  row.rank = report.from.ranks[place.row];
  row.total = report.from.totals[place.row];
  row.sums = report.from.links.sums[place.row];
  return row;
}

/// A mean with one decimal; blank where nothing is known.
std::string mean_text(double mean) {
  auto text = std::array<char, 32>{};
  if (!std::isnan(mean))
    std::snprintf(text.data(), text.size(), "%.1f", mean);
  return text.data();
}

/// "    17 (Feature)  Its title"
std::string label_of(const tree_row& row) {
  auto label = std::string(std::min(row.depth, indents_max) * 2, ' ');
  label += row.id;
  if (!row.type.empty())
    label += " (" + std::string{row.type} + ")";
  if (!row.title.empty())
    label += "  " + clip_title(row.title);
  return label;
}

void print_tree(const hierarchy_report& report) {
  std::printf("%s\n\n", name_of(report.from.run).c_str());
  std::printf("%8s  %8s  %6s  %6s  %10s  %6s  %7s  %6s  %s\n", "points", "done",
              "done %", "risk", "complexity", "below", "total", "rank", "item");
  for (const auto& place : report.places) {
    const auto row = row_of(report, place);
    std::printf("%8.1f  %8.1f  %4.0f %%  %6s  %10s  %6s  %7.4f  %6s  %s\n",
                row.sums.story_points, row.sums.completed,
                row.sums.completion_percent,
                mean_text(row.sums.mean_risk).c_str(),
                mean_text(row.sums.mean_complexity).c_str(),
                with_separators(row.sums.descendants).c_str(), row.total,
                with_separators(row.rank).c_str(), label_of(row).c_str());
  }
  if (const auto more = report.chosen - report.places.size(); more != 0)
    std::printf("\n%s more; see --limit, --depth, or name an item\n",
                with_separators(more).c_str());
}

void append_object(const tree_row& row, std::string& to) {
  auto writer = runtime::jsonl_writer{to};
  writer.text("work_item_id", row.id);
  if (row.parent.empty())
    writer.null("parent_id");
  else
    writer.text("parent_id", row.parent);
  writer.integer("depth", row.depth)
    .text("title", row.title)
    .text("type", row.type)
    .text("state", row.state)
    .integer("rank", row.rank)
    .number("total", row.total)
    .integer("descendants", row.sums.descendants)
    .number("story_points", row.sums.story_points)
    .number("completed", row.sums.completed)
    .number("cancelled", row.sums.cancelled)
    .number("completion_percent", row.sums.completion_percent)
    .number("mean_risk", row.sums.mean_risk)
    .number("mean_complexity", row.sums.mean_complexity)
    .end_object();
}

void print_text(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// The items as objects, with this after each but the last.
void print_objects(const hierarchy_report& report, char separator) {
  auto text = std::string{};
  for (const auto& place : report.places) {
    append_object(row_of(report, place), text);
    // In place of the end of the line.
    text.back() = separator;
    if (&place == &report.places.back())
      text.pop_back();
    if (text.size() < piece_bytes)
      continue;
    print_text(text);
    text.clear();
  }
  print_text(text);
}

std::string_view kind_name(scoring::hierarchy_warning::kind what) {
  using enum scoring::hierarchy_warning::kind;
  switch (what) {
    case unknown_parent:
      return "unknown_parent";
    case wrong_parent_type:
      return "wrong_parent_type";
    case cycle:
      break;
  }
  return "cycle";
}

json warnings_json(const hierarchy_report& report) {
  auto list = json::array();
  for (const auto& warning : report.from.links.warnings) {
    auto items = json::array();
    for (const auto row : warning.rows)
      items.push_back(std::string{text_at(report.from.items.ids, row)});
    list.push_back({{"kind", kind_name(warning.what)},
                    {"items", std::move(items)},
                    {"message", warning.message}});
  }
  return list;
}

/// The items do not become a tree of JSON values: there may be millions.
void print_object(const hierarchy_report& report) {
  const auto head = json{{"run", run_json(report.from.run)},
                         {"warnings", warnings_json(report)},
                         {"left_out", report.chosen - report.places.size()}};
  auto text = head.dump(-1, ' ', false, json::error_handler_t::replace);
  text.back() = ',';
  print_text(text + "\"items\":[");
  print_objects(report, ',');
  print_text("]}\n");
}

void append_table_row(const tree_row& row, std::string& to) {
  auto writer = runtime::csv_writer{to};
  const auto number = [&](double value) {
    if (std::isnan(value))
      writer.empty();
    else
      writer.number(value);
  };
  writer.text(row.id)
    .text(row.parent)
    .integer(row.depth)
    .text(row.title)
    .text(row.type)
    .text(row.state)
    .integer(row.rank);
  number(row.total);
  writer.integer(row.sums.descendants);
  for (const auto value : {row.sums.story_points, row.sums.completed,
                           row.sums.cancelled, row.sums.completion_percent,
                           row.sums.mean_risk, row.sums.mean_complexity})
    number(value);
  writer.end_row();
}

} // namespace

void print_hierarchy(const hierarchy_report& report, output_format output) {
  if (output == output_format::text)
    print_tree(report);
  else if (output == output_format::json)
    print_object(report);
  else if (!report.places.empty()) {
    print_objects(report, '\n');
    print_text("\n");
  }
}

runtime::outcome<void> write_hierarchy_csv(const hierarchy_report& report,
                                           const std::string& file) {
  auto to = runtime::output_file::create(file);
  if (!to)
    return runtime::fail(to.error());
  auto text = std::string{
    "work_item_id,parent_id,depth,title,type,state,overall_rank,total_score,"
    "descendants,story_points,completed,cancelled,completion_percent,"
    "mean_risk,mean_complexity\n"};
  for (const auto& place : report.places) {
    append_table_row(row_of(report, place), text);
    if (text.size() < piece_bytes)
      continue;
    if (auto written = to->write(text); !written)
      return written;
    text.clear();
  }
  if (auto written = to->write(text); !written)
    return written;
  return to->commit();
}

void print_hierarchy_warnings(const hierarchy_report& report) {
  const auto& warnings = report.from.links.warnings;
  const auto shown = std::min(warnings.size(), warnings_shown);
  for (std::size_t i = 0; i < shown; ++i)
    std::fprintf(stderr, "warning: %s\n", warnings[i].message.c_str());
  if (shown < warnings.size())
    std::fprintf(stderr, "warning: %s more; see --output json\n",
                 with_separators(warnings.size() - shown).c_str());
}

} // namespace troupe::tools
