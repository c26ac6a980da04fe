#include "tools/cli/score_history_json.hpp"

#include "tools/cli/score_history_report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

/// A list as the member `name` of `head`, or by lines.
void print_list(json head, const char* name, json list, output_format output) {
  if (output == output_format::jsonl) {
    for (const auto& element : list)
      print_json(element);
    return;
  }
  head[name] = std::move(list);
  print_json(head);
}

/// A rank; null where there is none.
json rank_json(std::uint64_t rank) {
  return rank == 0 ? json{} : json(rank);
}

json ranks_json(const scoring::item_ranks& ranks) {
  return {
    {"overall", rank_json(ranks.overall)},
    {"financial", rank_json(ranks.financial)},
    {"strategic", rank_json(ranks.strategic)},
  };
}

std::string_view kind_name(scoring::contribution_kind kind) {
  using enum scoring::contribution_kind;
  switch (kind) {
    case criterion:
      return "criterion";
    case financial:
      return "financial";
    case leaning:
      return "leaning";
    case limit:
      return "limit";
    case risk:
      break;
  }
  return "risk";
}

json move_json(const scoring::item_move& move) {
  auto parts = json::array();
  for (const auto& part : move.parts)
    parts.push_back({
      {"part", part.label},
      {"kind", kind_name(part.kind)},
      {"before", part.before},
      {"after", part.after},
      {"change", part.change},
      {"from_values", part.from_values},
      {"from_weights", part.from_weights},
    });
  return {
    {"work_item_id", move.id},           {"title", move.title},
    {"total_before", move.total_before}, {"total_after", move.total_after},
    {"rank_before", move.rank_before},   {"rank_after", move.rank_after},
    {"parts", std::move(parts)},
  };
}

json lone_json(const scoring::lone_item& item) {
  return {
    {"work_item_id", item.id},
    {"title", item.title},
    {"total", item.total},
    {"rank", item.rank},
  };
}

template <class Elements, class Convert>
json list_of(const Elements& elements, Convert convert) {
  auto list = json::array();
  for (const auto& element : elements)
    list.push_back(convert(element));
  return list;
}

void print_lines(const char* change, const json& list) {
  for (const auto& element : list) {
    auto line = json{{"change", change}};
    line.update(element);
    print_json(line);
  }
}

} // namespace

json run_json(const scoring::stored_run& run) {
  auto digest = std::array<char, 20>{};
  std::snprintf(digest.data(), digest.size(), "%016llx",
                static_cast<unsigned long long>(run.configuration_digest));
  return {
    {"number", run.number},
    {"run", run.id},
    {"mode", run.mode},
    {"rules", run.rules},
    {"case", run.case_name},
    {"source", run.source},
    {"base_run", run.base_run},
    {"started_at", render_instant(run.started_at)},
    {"finished_at", render_instant(run.finished_at)},
    {"seconds",
     std::chrono::duration<double>(run.finished_at - run.started_at).count()},
    {"items", run.items},
    {"rescored", run.rescored},
    {"left_out", run.left_out},
    {"reason", run.reason},
    {"configuration_digest", digest.data()},
  };
}

void print_runs_as_json(const std::vector<scoring::stored_run>& runs,
                        output_format output) {
  print_list(json::object(), "runs", list_of(runs, run_json), output);
}

void print_history_as_json(const std::string& item,
                           const std::vector<scoring::item_point>& points,
                           output_format output) {
  auto list = list_of(points, [](const scoring::item_point& point) {
    return json{
      {"number", point.run.number},
      {"run", point.run.id},
      {"finished_at", render_instant(point.run.finished_at)},
      {"total", point.total},
      {"completeness", point.completeness},
      {"ranks", ranks_json(point.ranks)},
      {"of", point.run.ranked_among},
    };
  });
  print_list({{"work_item_id", item}}, "history", std::move(list), output);
}

void print_difference_as_json(const scoring::run_difference& difference,
                              output_format output) {
  const auto by_total = list_of(difference.by_total, move_json);
  const auto by_rank = list_of(difference.by_rank, move_json);
  const auto added = list_of(difference.added_items, lone_json);
  const auto removed = list_of(difference.removed_items, lone_json);
  if (output == output_format::jsonl) {
    print_lines("total", by_total);
    print_lines("rank", by_rank);
    print_lines("added", added);
    print_lines("removed", removed);
    return;
  }
  auto configuration = list_of(difference.configuration,
                               [](const scoring::configuration_change& change) {
                                 return json{{"key", change.key},
                                             {"before", change.before},
                                             {"after", change.after}};
                               });
  print_json({
    {"before", run_json(difference.before)},
    {"after", run_json(difference.after)},
    {"configuration", std::move(configuration)},
    {"shared", difference.shared},
    {"changed", difference.changed},
    {"risen", difference.risen},
    {"fallen", difference.fallen},
    {"added", difference.added},
    {"removed", difference.removed},
    {"mean_change", difference.mean_change},
    {"mean_absolute_change", difference.mean_absolute_change},
    {"by_total", by_total},
    {"by_rank", by_rank},
    {"added_items", added},
    {"removed_items", removed},
  });
}

void print_explanation_as_json(const scoring::item_explanation& explanation) {
  const auto& item = explanation.item;
  auto lines
    = list_of(explanation.contributions, [](const scoring::contribution& line) {
        return json{{"part", line.label},
                    {"kind", kind_name(line.kind)},
                    {"value", line.value},
                    {"weight", line.weight},
                    {"amount", line.amount}};
      });
  auto categories = list_of(
    explanation.categories, [](const scoring::category_score& category) {
      return json{{"category", category.id},
                  {"weight", category.weight},
                  {"contribution", category.contribution},
                  {"score", category.score}};
    });
  print_json({
    {"work_item_id", item.id},
    {"title", item.title},
    {"run", run_json(explanation.run)},
    {"ranks", ranks_json(item.ranks)},
    {"of", explanation.run.ranked_among},
    {"total", item.scores.item.total},
    {"strategic", item.scores.item.strategic},
    {"financial", item.scores.item.financial},
    {"penalty", item.scores.item.penalty},
    {"completeness", item.scores.completeness},
    {"reasons", explanation.reasons},
    {"contributions", std::move(lines)},
    {"categories", std::move(categories)},
  });
}

} // namespace troupe::tools
