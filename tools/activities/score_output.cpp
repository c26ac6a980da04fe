#include "tools/activities/score_output.hpp"

#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scored_item.hpp"

#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t reasons_shown = 3;

json problem_json(const messages::ItemProblem& entry) {
  auto to = json{};
  to["item"] = entry.item();
  if (entry.line() != 0)
    to["line"] = entry.line();
  if (!entry.key().empty())
    to["key"] = entry.key();
  to["reason"] = entry.reason();
  return to;
}

json item_json(const best_item& item) {
  auto to = json{};
  to["rank"] = item.rank;
  to["work_item_id"] = item.id;
  if (!item.title.empty())
    to["title"] = item.title;
  to["total"] = item.total;
  to["reasons"] = item.reasons;
  return to;
}

} // namespace

std::vector<best_item> best_of(const scoring::scoring_result& result,
                               std::size_t top) {
  auto best = std::vector<best_item>{};
  for (const auto& [at, row] : scoring::best_items(result.batches, top)) {
    const auto& batch = result.batches[at];
    auto item = best_item{};
    item.rank = batch.overall_ranks.counts()[row];
    item.id = batch.id(row);
    if (batch.items.titles.size() != 0)
      item.title = batch.items.titles.text(row);
    item.total = batch.totals.total.doubles()[row];
    if (!batch.strategic.values.empty())
      item.reasons = scoring::top_reasons(
        scoring::contributions(result.plan, result.scales,
                               scoring::scores_at(batch, row)),
        reasons_shown);
    best.push_back(std::move(item));
  }
  return best;
}

json score_output(const scoring::scoring_result& result, std::size_t top) {
  auto to = json{};
  to["run"] = result.run;
  to["items"] = result.items;
  to["rescored"] = result.rescored;
  if (!result.reason.empty())
    to["reason"] = result.reason;
  if (!result.base_run.empty()) {
    to["base_run"] = result.base_run;
    to["base_items"] = result.base_items;
  }
  to["top"] = json::array();
  for (const auto& item : best_of(result, top))
    to["top"].push_back(item_json(item));
  to["left_out"] = json::array();
  for (const auto& entry : result.problems)
    to["left_out"].push_back(problem_json(entry));
  to["warnings"] = result.warnings;
  if (!result.summary_json.empty())
    to["summary"] = json::parse(result.summary_json, nullptr, false);
  return to;
}

} // namespace troupe::tools
