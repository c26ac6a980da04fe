#include "tools/cli/engine_setup.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/retention_report.hpp"
#include "tools/cli/store_examination.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr int exit_damaged = 1;

constexpr auto doctor_examples = R"(Examples:
  troupe doctor
  troupe doctor --store backup.db --output json

Changes nothing. Exit code: 0 all is well, 1 something is damaged.)";

/// The rule, and what it applies to; nothing for a store without runs.
using retention
  = std::optional<std::pair<engine::run_retention, engine::retention_figures>>;

retention look_at_retention(const invocation& with) {
  auto runs = engine::retained_runs::open(with.settings.store_path);
  if (!runs)
    return std::nullopt;
  const auto keep = retention_of(with.settings);
  const auto figures = runs->figures(keep, runtime::real_clock{}.now());
  // What is wrong is among the problems.
  if (!figures)
    return std::nullopt;
  return std::pair{keep, *figures};
}

void print_as_json(const std::string& store, const store_examination& found,
                   const retention& kept, bool is_lines) {
  auto problems = json::array();
  for (const auto& reason : found.problems)
    problems.push_back(
      json::parse(runtime::render_json(reason), nullptr, false));
  if (is_lines) {
    for (const auto& reason : problems)
      print_json(reason);
    return;
  }
  auto to = json{
    {"store", store},
    {"clean", problems.empty()},
    {"runs", found.scorings.runs},
    {"items", found.scorings.items},
    {"workflow_runs", found.runs.runs},
    {"events", found.runs.events},
    {"deadlines",
     {{"near", found.runs.deadlines.near},
      {"overdue", found.runs.deadlines.overdue},
      {"missed", found.runs.deadlines.missed}}},
    {"simulations",
     {{"runs", found.simulations.runs},
      {"years", found.simulations.years},
      {"rows", found.simulations.rows}}},
    {"problems", problems},
  };
  if (kept)
    to["retention"] = retention_json(kept->first, kept->second);
  print_json(to);
}

void print_as_text(const std::string& store, const store_examination& found,
                   const retention& kept) {
  for (const auto& reason : found.problems)
    std::printf("%s\n", runtime::render(reason).c_str());
  std::printf("%s: %s (%s scorings of %s items, %s runs of workflows with %s "
              "events)\n",
              store.c_str(),
              found.problems.empty()
                ? "all is well"
                : (std::to_string(found.problems.size()) + " problems").c_str(),
              with_separators(found.scorings.runs).c_str(),
              with_separators(found.scorings.items).c_str(),
              with_separators(found.runs.runs).c_str(),
              with_separators(found.runs.events).c_str());
  if (const auto& simulated = found.simulations; simulated.runs != 0)
    std::printf("simulations: %s runs with %s years and %s rows of people\n",
                with_separators(simulated.runs).c_str(),
                with_separators(simulated.years).c_str(),
                with_separators(simulated.rows).c_str());
  const auto& deadlines = found.runs.deadlines;
  if (deadlines.near + deadlines.missed != 0)
    std::printf("deadlines: %lld open runs are near theirs, %lld are past it; "
                "%lld runs missed theirs\n",
                static_cast<long long>(deadlines.near),
                static_cast<long long>(deadlines.overdue),
                static_cast<long long>(deadlines.missed));
  if (kept)
    std::fputs(render_retention(kept->first, kept->second).c_str(), stdout);
}

int examine(const invocation& with) {
  const auto& store = with.settings.store_path;
  const auto found = examine_store(store);
  // There is nothing to examine.
  if (found.problems.size() == 1
      && found.problems.front().kind != runtime::problem_kind::failed)
    return report(found.problems.front(), with.output);
  if (with.output == output_format::text)
    print_as_text(store, found, look_at_retention(with));
  else
    print_as_json(store, found, look_at_retention(with),
                  with.output == output_format::jsonl);
  return found.problems.empty() ? 0 : exit_damaged;
}

} // namespace

void add_doctor_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "doctor", "Examine the store: the file, its schema, what is in it");
  app->footer(doctor_examples);
  app->callback([&line] { line.chosen = examine; });
}

} // namespace troupe::tools
