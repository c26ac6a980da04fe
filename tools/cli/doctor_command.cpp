#include "cluster/certificates/certificate_folder.hpp"
#include "runtime/clock.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/retention_report.hpp"
#include "tools/cli/store_examination.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr int exit_damaged = 1;

constexpr auto doctor_examples = R"(Examples:
  troupe doctor
  troupe doctor --store backup.db --output json
  troupe doctor --certificates certs

Changes nothing. With --certificates it examines those instead of the store:
what is wrong with the files of nodes, and what ends within 30 days. Exit code:
0 all is well, 1 something is damaged or ends soon.)";

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

json problems_json(const std::vector<runtime::problem>& reasons) {
  auto problems = json::array();
  for (const auto& reason : reasons)
    problems.push_back(
      json::parse(runtime::render_json(reason), nullptr, false));
  return problems;
}

void print_lines(const json& problems) {
  for (const auto& reason : problems)
    print_json(reason);
}

void print_as_json(const std::string& store, const store_examination& found,
                   const retention& kept, bool is_lines) {
  const auto problems = problems_json(found.problems);
  if (is_lines)
    return print_lines(problems);
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

void print_certificates(const std::string& folder,
                        const cluster::examined_certificates& found) {
  for (const auto& [node, until] : found.nodes)
    std::printf("node %s: until %s\n", node.c_str(),
                runtime::to_string(until).c_str());
  for (const auto& reason : found.problems)
    std::printf("%s\n", runtime::render(reason).c_str());
  std::printf(
    "%s: %s\n", folder.c_str(),
    found.problems.empty()
      ? "all is well"
      : (std::to_string(found.problems.size()) + " problems").c_str());
}

int examine_folder(const std::string& folder, const invocation& with) {
  const auto found
    = cluster::examine_certificates(folder, runtime::real_clock{}.now());
  if (!found)
    return report(found.error(), with.output);
  if (with.output == output_format::text) {
    print_certificates(folder, *found);
  } else if (with.output == output_format::jsonl) {
    print_lines(problems_json(found->problems));
  } else {
    auto nodes = json::array();
    for (const auto& [node, until] : found->nodes)
      nodes.push_back({{"name", node}, {"until", runtime::to_string(until)}});
    print_json({{"certificates", folder},
                {"clean", found->problems.empty()},
                {"nodes", nodes},
                {"problems", problems_json(found->problems)}});
  }
  return found->problems.empty() ? 0 : exit_damaged;
}

} // namespace

void add_doctor_command(command_line& line) {
  const auto folder = std::make_shared<std::string>();
  auto* app = line.app.add_subcommand(
    "doctor", "Examine the store: the file, its schema, what is in it");
  app->footer(doctor_examples);
  app
    ->add_option("--certificates", *folder,
                 "Examine this folder of certificates instead")
    ->type_name("FOLDER");
  app->callback([folder, &line] {
    line.chosen = [folder](const invocation& with) {
      return folder->empty() ? examine(with) : examine_folder(*folder, with);
    };
  });
}

} // namespace troupe::tools
