// Ranks three ideas that are only in memory, and says why.
#include <troupe/scoring.hpp>

#include <cstdio>
#include <utility>

using namespace troupe::scoring;

criterion make_criterion(const char* id, const char* category,
                         direction better) {
  auto made = criterion{};
  made.id = made.source = id;
  made.category = category;
  made.weight = 1.0;
  made.better = better;
  return made;
}

int main() {
  auto request = scoring_request{};
  request.configuration.categories = {{"value", 0.7}, {"cost", 0.3}};
  request.configuration.criteria
    = {make_criterion("revenue", "value", direction::higher_is_better),
       make_criterion("effort", "cost", direction::lower_is_better)};
  request.configuration.combination.mode = integration_mode::criteria_only;

  auto ideas = item_batch{};
  for (const auto* name : {"search", "export", "dark mode"})
    ideas.ids.add(name);
  ideas.rows = ideas.ids.size();
  ideas.values = {{120.0, 90.0, 10.0}, {8.0, 3.0, 2.0}}; // revenue, effort
  request.batches.push_back(std::move(ideas));

  auto troupe = scorer::create();
  if (!troupe)
    return static_cast<int>(troupe.error().kind);
  const auto result = troupe->score(std::move(request));
  if (!result) {
    std::fprintf(stderr, "%s\n", render(result.error()).c_str());
    return static_cast<int>(result.error().kind);
  }
  for (const auto& [batch, row] : best_items(result->batches, 3)) {
    const auto& from = result->batches[batch];
    const auto scores = scores_at(from, row);
    std::printf("%.2f  %s\n", scores.total, from.id(row).c_str());
    for (const auto& reason :
         top_reasons(contributions(result->plan, result->scales, scores), 2))
      std::printf("        %s\n", reason.c_str());
  }
}
