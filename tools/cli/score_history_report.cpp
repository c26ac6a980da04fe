#include "tools/cli/score_history_report.hpp"

#include "runtime/instant.hpp"
#include "runtime/utf8.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_history_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace troupe::tools {

namespace {

constexpr std::size_t title_bytes_max = 60;
constexpr std::size_t parts_shown = 3;

double seconds_of(const scoring::stored_run& run) {
  return std::chrono::duration<double>(run.finished_at - run.started_at)
    .count();
}

void print_runs_as_text(const std::vector<scoring::stored_run>& runs) {
  if (runs.empty()) {
    std::puts("no runs are stored yet");
    return;
  }
  std::printf("%5s  %-20s  %-11s  %-8s  %10s  %10s  %8s  %8s  %s\n", "run",
              "stored at", "mode", "rules", "items", "rescored", "left out",
              "seconds", "source");
  for (const auto& run : runs)
    std::printf("%5lld  %-20s  %-11s  %-8s  %10s  %10s  %8s  %8.3f  %s%s%s\n",
                static_cast<long long>(run.number),
                render_instant(run.finished_at).c_str(), run.mode.c_str(),
                run.rules.c_str(), with_separators(run.items).c_str(),
                with_separators(run.rescored).c_str(),
                with_separators(run.left_out).c_str(), seconds_of(run),
                run.source.c_str(), run.case_name.empty() ? "" : " case ",
                run.case_name.c_str());
}

void print_history_as_text(const std::string& item,
                           const std::vector<scoring::item_point>& points) {
  std::printf("%s\n%5s  %-20s  %8s  %8s  %18s  %8s\n", item.c_str(), "run",
              "stored at", "total", "change", "rank", "complete");
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& point = points[i];
    // Newest first: the one before in time is the next in the list.
    auto change = std::string{};
    if (i + 1 < points.size()) {
      auto text = std::array<char, 32>{};
      std::snprintf(text.data(), text.size(), "%+.4f",
                    point.total - points[i + 1].total);
      change = text.data();
    }
    const auto rank = with_separators(point.ranks.overall) + " of "
                      + with_separators(point.run.ranked_among);
    std::printf("%5lld  %-20s  %8.4f  %8s  %18s  %6.0f %%\n",
                static_cast<long long>(point.run.number),
                render_instant(point.run.finished_at).c_str(), point.total,
                change.c_str(), rank.c_str(), point.completeness * 100.0);
  }
}

/// Whether an amount shows with four decimals.
bool is_visible(double amount) {
  return std::abs(amount) >= 0.00005;
}

/// What a change comes from, where that is not the value alone.
std::string origin_of(const scoring::part_change& part) {
  const auto has_weight = part.kind == scoring::contribution_kind::criterion
                          || part.kind == scoring::contribution_kind::financial;
  if (!has_weight || !is_visible(part.from_weights))
    return {};
  if (!is_visible(part.from_values))
    return "  (its weight)";
  auto text = std::array<char, 80>{};
  std::snprintf(text.data(), text.size(), "  (value %+.4f, weight %+.4f)",
                part.from_values, part.from_weights);
  return text.data();
}

void print_parts(const scoring::item_move& move) {
  for (std::size_t i = 0; i < std::min(parts_shown, move.parts.size()); ++i)
    if (const auto& part = move.parts[i]; is_visible(part.change))
      std::printf("%16s%+.4f  %s%s\n", "", part.change, part.label.c_str(),
                  origin_of(part).c_str());
}

void print_moves(const char* heading,
                 const std::vector<scoring::item_move>& moves) {
  if (moves.empty())
    return;
  std::printf("\n%s\n", heading);
  for (const auto& move : moves) {
    std::printf("  %-12s  %.4f -> %.4f (%+.4f)  rank %s -> %s  %s\n",
                move.id.c_str(), move.total_before, move.total_after,
                move.total_after - move.total_before,
                with_separators(move.rank_before).c_str(),
                with_separators(move.rank_after).c_str(),
                clip_title(move.title).c_str());
    print_parts(move);
  }
}

void print_lone(const char* heading, std::uint64_t count,
                const std::vector<scoring::lone_item>& items) {
  if (count == 0)
    return;
  std::printf("\n%s (%s)\n", heading, with_separators(count).c_str());
  for (const auto& item : items)
    std::printf("  %-12s  %.4f  rank %s  %s\n", item.id.c_str(), item.total,
                with_separators(item.rank).c_str(),
                clip_title(item.title).c_str());
}

void print_difference_as_text(const scoring::run_difference& difference) {
  std::printf("%s -> %s\n", name_of(difference.before).c_str(),
              name_of(difference.after).c_str());
  std::puts(difference.configuration.empty() ? "the same configuration"
                                             : "configuration");
  for (const auto& change : difference.configuration)
    std::printf("  %s: %s -> %s\n", change.key.c_str(),
                change.before.empty() ? "none" : change.before.c_str(),
                change.after.empty() ? "none" : change.after.c_str());
  std::printf("%s items in both: %s changed (mean %+.4f, mean size %.4f), "
              "%s rose, %s fell; %s added, %s removed\n",
              with_separators(difference.shared).c_str(),
              with_separators(difference.changed).c_str(),
              difference.mean_change, difference.mean_absolute_change,
              with_separators(difference.risen).c_str(),
              with_separators(difference.fallen).c_str(),
              with_separators(difference.added).c_str(),
              with_separators(difference.removed).c_str());
  print_moves("largest changes of the total", difference.by_total);
  print_moves("largest changes of the rank", difference.by_rank);
  print_lone("added", difference.added, difference.added_items);
  print_lone("removed", difference.removed, difference.removed_items);
}

/// The lines of a sum that show, the largest first.
std::vector<scoring::contribution>
sorted_lines(const std::vector<scoring::contribution>& all) {
  auto lines = std::vector<scoring::contribution>{};
  std::copy_if(all.begin(), all.end(), std::back_inserter(lines),
               [](const auto& line) { return is_visible(line.amount); });
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& left, const auto& right) {
                     return std::abs(left.amount) > std::abs(right.amount);
                   });
  return lines;
}

void print_sum(const scoring::item_explanation& explanation) {
  std::printf("\n%9s  %7s  %7s\n", "amount", "value", "weight");
  for (const auto& line : sorted_lines(explanation.contributions)) {
    const auto has_value = line.kind == scoring::contribution_kind::criterion
                           || line.kind == scoring::contribution_kind::financial
                           || line.kind == scoring::contribution_kind::risk;
    if (has_value)
      std::printf("%+9.4f  %7.4f  %7.4f  %s\n", line.amount, line.value,
                  line.weight, line.label.c_str());
    else
      std::printf("%+9.4f  %7s  %7s  %s\n", line.amount, "", "",
                  line.label.c_str());
  }
  std::printf("%9.4f  %7s  %7s  total\n", explanation.item.scores.item.total,
              "", "");
  for (const auto& line : explanation.contributions)
    if (line.kind == scoring::contribution_kind::criterion
        && std::isnan(line.value))
      std::printf("%9s  %7s  %7s  %s: no value\n", "", "", "",
                  line.label.c_str());
}

void print_explanation_as_text(const scoring::item_explanation& explanation) {
  const auto& item = explanation.item;
  std::printf("%s  %s\n", item.id.c_str(), clip_title(item.title).c_str());
  std::printf("rank %s of %s, total %.4f, %.0f %% complete; %s, %s rules\n",
              with_separators(item.ranks.overall).c_str(),
              with_separators(explanation.run.ranked_among).c_str(),
              item.scores.item.total, item.scores.completeness * 100.0,
              name_of(explanation.run).c_str(), explanation.run.rules.c_str());
  for (const auto& reason : explanation.reasons)
    std::printf("  %s\n", reason.c_str());
  print_sum(explanation);
  std::printf("\n%9s  %7s  %7s\n", "category", "score", "weight");
  for (const auto& category : explanation.categories)
    std::printf("%9s  %7.4f  %7.4f  %s\n", "", category.score, category.weight,
                category.id.c_str());
}

} // namespace

std::string render_instant(runtime::clock::wall_time instant) {
  return runtime::to_string(std::chrono::floor<std::chrono::seconds>(instant));
}

std::string name_of(const scoring::stored_run& run) {
  return "run " + std::to_string(run.number) + " ("
         + render_instant(run.finished_at) + ", " + with_separators(run.items)
         + " items)";
}

std::string clip_title(std::string_view title) {
  return std::string{runtime::clip_utf8(title, title_bytes_max)};
}

void print_runs(const std::vector<scoring::stored_run>& runs,
                output_format output) {
  if (output == output_format::text)
    print_runs_as_text(runs);
  else
    print_runs_as_json(runs, output);
}

void print_history(const std::string& item,
                   const std::vector<scoring::item_point>& points,
                   output_format output) {
  if (output == output_format::text)
    print_history_as_text(item, points);
  else
    print_history_as_json(item, points, output);
}

void print_difference(const scoring::run_difference& difference,
                      output_format output) {
  if (output == output_format::text)
    print_difference_as_text(difference);
  else
    print_difference_as_json(difference, output);
}

void print_explanation(const scoring::item_explanation& explanation,
                       output_format output) {
  if (output == output_format::text)
    print_explanation_as_text(explanation);
  else
    print_explanation_as_json(explanation);
}

} // namespace troupe::tools
