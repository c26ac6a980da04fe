#include "tools/cli/score_report.hpp"

#include "actors/scoring/value_rules.hpp"
#include "tools/activities/score_output.hpp"
#include "tools/cli/progress_bar.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t problems_shown = 10;

void print_as_json(const scoring::scoring_result& result, std::size_t top,
                   double seconds, const std::string& store) {
  auto output = score_output(result, top);
  auto to = json{};
  for (auto& [key, value] : output.items()) {
    if (key == "top") {
      to["seconds"] = seconds;
      to["store"] = store.empty() ? json{} : json(store);
    }
    to[key] = std::move(value);
  }
  print_json(to);
}

void print_best(const std::vector<best_item>& best) {
  std::printf("%5s  %-12s %7s  %s\n", "rank", "item", "total", "title");
  for (const auto& item : best) {
    std::printf("%5u  %-12s %7.4f  %.60s\n", item.rank, item.id.c_str(),
                item.total, item.title.c_str());
    for (const auto& reason : item.reasons)
      std::printf("%29s%s\n", "", reason.c_str());
  }
}

/// A bar chart of totals in tenths.
void print_distribution(const std::vector<scoring::scored_batch>& batches) {
  auto counts = std::array<std::uint64_t, 10>{};
  for (const auto& batch : batches)
    for (const auto total : batch.totals.total.doubles())
      ++counts[static_cast<std::size_t>(
        std::clamp(static_cast<int>(total * 10.0), 0, 9))];
  const auto most = *std::max_element(counts.begin(), counts.end());
  std::puts("\ndistribution of totals");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto width
      = most == 0
          ? 0
          : static_cast<std::size_t>((counts[i] * 40 + most - 1) / most);
    std::printf("  %.1f-%.1f  %-40s %s\n", static_cast<double>(i) / 10.0,
                static_cast<double>(i + 1) / 10.0,
                std::string(width, '#').c_str(),
                with_separators(counts[i]).c_str());
  }
}

void print_summary(const std::string& text) {
  const auto summary = json::parse(text, nullptr, false);
  if (!summary.is_object())
    return;
  const auto quality = summary.value("scoring_quality", json::object());
  if (quality.contains("quality_assessment"))
    std::printf(
      "\nquality: %s (%.2f); financial data for %.0f %% of the items; "
      "consistency ratio %.3f\n",
      quality["quality_assessment"].get<std::string>().c_str(),
      quality.value("overall_quality_score", 0.0),
      quality.value("financial_coverage", 0.0) * 100.0,
      quality.value("consistency_ratio", 0.0));
}

void print_problems(const scoring::scoring_result& result) {
  for (const auto& warning : result.warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  for (std::size_t i = 0; i < result.problems.size(); ++i) {
    if (i == problems_shown) {
      std::fprintf(stderr, "left out: %zu more; see --output json\n",
                   result.problems.size() - i);
      break;
    }
    const auto& entry = result.problems[i];
    std::fprintf(stderr, "left out: item \"%s\" (line %llu): %s\n",
                 entry.item().c_str(),
                 static_cast<unsigned long long>(entry.line()),
                 entry.reason().c_str());
  }
}

} // namespace

void print_score_report(const scoring::scoring_result& result, std::size_t top,
                        double seconds, const std::string& store,
                        output_format output) {
  if (output != output_format::text) {
    print_as_json(result, top, seconds, store);
    return;
  }
  print_problems(result);
  print_best(best_of(result, top));
  if (result.base_run.empty()) {
    print_distribution(result.batches);
    print_summary(result.summary_json);
  } else {
    std::printf("\nranks are those among the %s items of run %s\n",
                with_separators(result.base_items).c_str(),
                result.base_run.c_str());
  }
  std::printf("\n%s items in %.3f s (%s items/s)\n",
              with_separators(result.items).c_str(), seconds,
              with_separators(static_cast<std::uint64_t>(
                                static_cast<double>(result.items) / seconds))
                .c_str());
  if (!result.reason.empty())
    std::printf("rescored %s: %s\n", with_separators(result.rescored).c_str(),
                result.reason.c_str());
  if (!store.empty())
    std::printf("stored as run %s in %s\n", result.run.c_str(), store.c_str());
}

runtime::outcome<runtime::clock::wall_time>
parse_instant(const std::string& text) {
  if (text.empty())
    return runtime::real_clock{}.now();
  if (const auto instant = scoring::parse_instant(text))
    return *instant;
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = "\"" + text + "\" is not an instant";
  reason.key = "--as-of";
  reason.hint = "write it as 2026-01-31 or 2026-01-31T09:30:00+01:00";
  return runtime::fail(std::move(reason));
}

} // namespace troupe::tools
