#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "runtime/store/store_check.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iterator>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;
using runtime::problem;

namespace {

constexpr int exit_damaged = 1;

constexpr auto examples = R"(Examples:
  troupe doctor
  troupe doctor --store backup.db --output json

Changes nothing. Exit code: 0 all is well, 1 something is damaged.)";

void print_as_json(const std::string& store, const scoring::check_result& found,
                   bool is_lines) {
  auto problems = json::array();
  for (const auto& reason : found.problems)
    problems.push_back(
      json::parse(runtime::render_json(reason), nullptr, false));
  if (is_lines) {
    for (const auto& reason : problems)
      print_json(reason);
    return;
  }
  const auto to = json{
    {"store", store},       {"clean", problems.empty()}, {"runs", found.runs},
    {"items", found.items}, {"problems", problems},
  };
  print_json(to);
}

void print_as_text(const std::string& store,
                   const scoring::check_result& found) {
  for (const auto& reason : found.problems)
    std::printf("%s\n", runtime::render(reason).c_str());
  std::printf("%s: %s (%s runs, %s items)\n", store.c_str(),
              found.problems.empty()
                ? "all is well"
                : (std::to_string(found.problems.size()) + " problems").c_str(),
              with_separators(found.runs).c_str(),
              with_separators(found.items).c_str());
}

int examine(const invocation& with) {
  const auto& store = with.settings.store_path;
  auto damages = runtime::check_store(store, scoring::scoring_schema());
  // There is nothing to examine.
  if (damages.size() == 1
      && damages.front().kind != runtime::problem_kind::failed)
    return report(damages.front(), with.output);
  auto found = scoring::check_scorings(store);
  damages.insert(damages.end(), std::make_move_iterator(found.problems.begin()),
                 std::make_move_iterator(found.problems.end()));
  found.problems = std::move(damages);
  if (with.output == output_format::text)
    print_as_text(store, found);
  else
    print_as_json(store, found, with.output == output_format::jsonl);
  return found.problems.empty() ? 0 : exit_damaged;
}

} // namespace

void add_doctor_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "doctor", "Examine the store: the file, its schema, the scorings in it");
  app->footer(examples);
  app->callback([&line] { line.chosen = examine; });
}

} // namespace troupe::tools
