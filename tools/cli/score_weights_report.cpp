#include "tools/cli/score_weights_report.hpp"

#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_history_json.hpp"
#include "tools/cli/score_history_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

/// "1 item", "2 items".
std::string counted(std::uint64_t count, std::string_view noun) {
  return with_separators(count) + " " + std::string{noun}
         + (count == 1 ? "" : "s");
}

// -- stability ----------------------------------------------------------------

std::string_view verdict_name(scoring::sensitivity verdict) {
  switch (verdict) {
    case scoring::sensitivity::low:
      return "low";
    case scoring::sensitivity::medium:
      return "medium";
    case scoring::sensitivity::high:
      break;
  }
  return "high";
}

std::size_t top_of(const stability_report& report) {
  return report.items.size() - report.result.contenders.size();
}

void print_stable_item(const stability_report::item& item) {
  std::printf("%5s  %-12s  %9.2f  %6.1f %%  %s\n",
              with_separators(item.rank).c_str(), item.name.id.c_str(),
              item.mean_move, item.top_probability * 100.0,
              clip_title(item.name.title).c_str());
}

void print_stability_as_text(const stability_report& report) {
  const auto& options = report.options;
  const auto top = top_of(report);
  const auto top_name = "top " + with_separators(top);
  std::printf("%s: %s up to %g %% off, %s, seed %llu\n\n",
              name_of(report.run).c_str(),
              counted(report.criteria, "weight").c_str(),
              options.spread * 100.0,
              counted(options.iterations, "draw").c_str(),
              static_cast<unsigned long long>(options.seed));
  std::printf("%5s  %-12s  %9s  %8s  %s\n", "rank", "item", "mean move",
              "in top", "title");
  for (std::size_t i = 0; i < top; ++i)
    print_stable_item(report.items[i]);
  if (top < report.items.size()) {
    std::printf("\nwho else comes into the %s\n", top_name.c_str());
    for (auto i = top; i < report.items.size(); ++i)
      print_stable_item(report.items[i]);
  }
  const auto& result = report.result;
  std::printf(
    "\n%s sensitivity: an item moves by %.1f places on average among "
    "the best %s; %s of the %s stay there in at least 9 of 10 draws\n",
    std::string{verdict_name(result.verdict)}.c_str(), result.mean_move,
    with_separators(result.rows.size()).c_str(),
    with_separators(result.steady).c_str(), top_name.c_str());
}

json stable_item_json(const stability_report::item& item, bool is_in_top) {
  return {
    {"rank", item.rank},           {"work_item_id", item.name.id},
    {"title", item.name.title},    {"in_top", is_in_top},
    {"mean_move", item.mean_move}, {"top_probability", item.top_probability},
  };
}

void print_stability_as_json(const stability_report& report,
                             output_format output) {
  auto items = json::array();
  auto contenders = json::array();
  for (std::size_t i = 0; i < report.items.size(); ++i) {
    const auto is_in_top = i < top_of(report);
    (is_in_top ? items : contenders)
      .push_back(stable_item_json(report.items[i], is_in_top));
  }
  if (output == output_format::jsonl) {
    for (const auto* list : {&items, &contenders})
      for (const auto& item : *list)
        print_json(item);
    return;
  }
  const auto& result = report.result;
  print_json({
    {"run", run_json(report.run)},
    {"iterations", report.options.iterations},
    {"seed", report.options.seed},
    {"spread", report.options.spread},
    {"top", report.options.top},
    {"examined", result.rows.size()},
    {"mean_move", result.mean_move},
    {"stability", result.stability},
    {"sensitivity", verdict_name(result.verdict)},
    {"steady", result.steady},
    {"items", std::move(items)},
    {"contenders", std::move(contenders)},
  });
}

// -- what if ------------------------------------------------------------------

void print_weight(double before, double after, const std::string& name,
                  bool is_given) {
  std::printf("  %.4f -> %.4f  %s%s\n", before, after, name.c_str(),
              is_given ? "  (given)" : "");
}

/// Categories, and the criteria of those within which something was changed.
void print_weights(const what_if_report& report) {
  const auto& plan = report.plan;
  const auto before
    = scoring::category_weights(plan, report.result.weights_before);
  const auto after
    = scoring::category_weights(plan, report.result.weights_after);
  std::puts("weights of categories");
  for (std::size_t k = 0; k < plan.categories.size(); ++k) {
    const auto& id = plan.categories[k].id;
    print_weight(before[k], after[k], id,
                 report.change.categories.contains(id));
  }
  auto is_changed = std::vector<bool>(plan.categories.size());
  const auto is_given = [&](std::size_t j) {
    return report.change.criteria.contains(plan.criteria[j].definition.id);
  };
  for (std::size_t j = 0; j < plan.criteria.size(); ++j)
    if (is_given(j))
      is_changed[plan.criteria[j].category] = true;
  const auto shares_before
    = scoring::shares_within_categories(plan, report.result.weights_before);
  const auto shares_after
    = scoring::shares_within_categories(plan, report.result.weights_after);
  for (std::size_t k = 0; k < plan.categories.size(); ++k) {
    if (!is_changed[k])
      continue;
    std::printf("weights within %s\n", plan.categories[k].id.c_str());
    for (std::size_t j = 0; j < plan.criteria.size(); ++j)
      if (plan.criteria[j].category == k)
        print_weight(shares_before[j], shares_after[j],
                     plan.criteria[j].definition.id, is_given(j));
  }
}

void print_rows(const what_if_report& report, const std::string& heading,
                const std::vector<std::uint32_t>& rows) {
  std::printf("\n%s%s\n", heading.c_str(), rows.empty() ? ": nobody" : "");
  const auto& result = report.result;
  for (const auto row : rows) {
    const auto& name = report.names.at(row);
    std::printf("  %-12s  %.4f -> %.4f (%+.4f)  rank %s -> %s  %s\n",
                name.id.c_str(), result.totals_before[row],
                result.totals_after[row],
                result.totals_after[row] - result.totals_before[row],
                with_separators(result.ranks_before[row]).c_str(),
                with_separators(result.ranks_after[row]).c_str(),
                clip_title(name.title).c_str());
  }
}

void print_what_if_as_text(const what_if_report& report) {
  const auto& moves = report.moves;
  const auto top = with_separators(report.top);
  std::printf("%s\n", name_of(report.run).c_str());
  print_weights(report);
  std::printf("\n%s would rise, %s would fall\n",
              counted(moves.risen, "item").c_str(),
              with_separators(moves.fallen).c_str());
  print_rows(report, "into the top " + top, moves.entered);
  print_rows(report, "out of the top " + top, moves.left);
  print_rows(report, "furthest moves", moves.largest);
}

json rows_json(const what_if_report& report, const char* change,
               const std::vector<std::uint32_t>& rows) {
  auto list = json::array();
  const auto& result = report.result;
  for (const auto row : rows) {
    const auto& name = report.names.at(row);
    list.push_back({
      {"change", change},
      {"work_item_id", name.id},
      {"title", name.title},
      {"total_before", result.totals_before[row]},
      {"total_after", result.totals_after[row]},
      {"rank_before", result.ranks_before[row]},
      {"rank_after", result.ranks_after[row]},
    });
  }
  return list;
}

json weights_json(const what_if_report& report) {
  const auto& plan = report.plan;
  const auto& result = report.result;
  const auto before = scoring::category_weights(plan, result.weights_before);
  const auto after = scoring::category_weights(plan, result.weights_after);
  auto categories = json::array();
  for (std::size_t k = 0; k < before.size(); ++k)
    categories.push_back({{"category", plan.categories[k].id},
                          {"before", before[k]},
                          {"after", after[k]}});
  const auto shares_before
    = scoring::shares_within_categories(plan, result.weights_before);
  const auto shares_after
    = scoring::shares_within_categories(plan, result.weights_after);
  auto criteria = json::array();
  for (std::size_t j = 0; j < plan.criteria.size(); ++j) {
    criteria.push_back(
      {{"criterion", plan.criteria[j].definition.id},
       {"category", plan.categories[plan.criteria[j].category].id},
       {"before", result.weights_before[j]},
       {"after", result.weights_after[j]},
       {"in_category_before", shares_before[j]},
       {"in_category_after", shares_after[j]}});
  }
  return {{"categories", std::move(categories)},
          {"criteria", std::move(criteria)}};
}

void print_what_if_as_json(const what_if_report& report, output_format output) {
  const auto& moves = report.moves;
  auto entered = rows_json(report, "entered", moves.entered);
  auto left = rows_json(report, "left", moves.left);
  auto moved = rows_json(report, "moved", moves.largest);
  if (output == output_format::jsonl) {
    for (const auto* list : {&entered, &left, &moved})
      for (const auto& item : *list)
        print_json(item);
    return;
  }
  print_json({
    {"run", run_json(report.run)},
    {"weights", weights_json(report)},
    {"top", report.top},
    {"risen", moves.risen},
    {"fallen", moves.fallen},
    {"entered", std::move(entered)},
    {"left", std::move(left)},
    {"moved", std::move(moved)},
  });
}

} // namespace

void print_stability(const stability_report& report, output_format output) {
  if (output == output_format::text)
    print_stability_as_text(report);
  else
    print_stability_as_json(report, output);
}

void print_what_if(const what_if_report& report, output_format output) {
  if (output == output_format::text)
    print_what_if_as_text(report);
  else
    print_what_if_as_json(report, output);
}

} // namespace troupe::tools
