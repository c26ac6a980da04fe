#include "tools/cli/score_hierarchy_command.hpp"

#include "actors/scoring/hierarchy_order.hpp"
#include "actors/scoring/stored_hierarchy.hpp"
#include "tools/cli/score_hierarchy_report.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace troupe::tools {

using runtime::fail;
using runtime::outcome;
using scoring::scoring_history;

namespace {

constexpr std::size_t lines_shown = 50;

constexpr auto score_hierarchy_examples = R"(Examples:
  troupe score hierarchy
  troupe score hierarchy 1000 --depth 2
  troupe score hierarchy --order source --limit 20
  troupe score hierarchy --run 3 --output jsonl
  troupe score hierarchy --csv hierarchy.csv

Sums are over an item and all that is below it; risk and complexity are means
over what is known. Done are the points of Closed and Resolved items.
A run is named by its number, its id or the beginning of that, or "last".)";

struct hierarchy_flags {
  std::string item;
  std::string run = "last";
  std::optional<std::uint32_t> depth;
  std::optional<std::size_t> limit;
  std::string order = "score";
  std::string csv;
};

outcome<hierarchy_report> make_report(const hierarchy_flags& flags,
                                      const invocation& with) {
  auto history = scoring_history::open(with.settings.store_path);
  if (!history)
    return fail(history.error());
  auto found = scoring::load_hierarchy(*history, flags.run);
  if (!found)
    return fail(found.error());
  auto choice = scoring::hierarchy_choice{};
  if (flags.depth)
    choice.depth_max = *flags.depth;
  if (flags.order == "score")
    choice.ranks = found->ranks;
  if (!flags.item.empty()) {
    const auto row = scoring::find_row(*history, *found, flags.item);
    if (!row)
      return fail(row.error());
    choice.top = *row;
  }
  auto report = hierarchy_report{};
  report.places = scoring::order_hierarchy(found->links, choice);
  report.chosen = report.places.size();
  // A table is for programs, which want all of it.
  const auto is_read = with.output == output_format::text && flags.csv.empty();
  const auto limit
    = flags.limit.value_or(is_read ? lines_shown : report.chosen);
  if (limit < report.chosen)
    report.places.resize(limit);
  report.from = std::move(*found);
  return report;
}

int run_hierarchy(const hierarchy_flags& flags, const invocation& with) {
  const auto made = make_report(flags, with);
  if (!made)
    return report(made.error(), with.output);
  print_hierarchy_warnings(*made);
  if (flags.csv.empty()) {
    print_hierarchy(*made, with.output);
    return 0;
  }
  const auto written = write_hierarchy_csv(*made, flags.csv);
  if (written || (flags.csv == "-" && is_stdout_closed()))
    return 0;
  return report(written.error(), with.output);
}

} // namespace

void add_score_hierarchy_command(CLI::App& score, command_line& line) {
  auto* app = score.add_subcommand(
    "hierarchy", "Show the items below their parents, summed upwards");
  const auto flags = std::make_shared<hierarchy_flags>();
  app->add_option("ITEM", flags->item,
                  "id of an item: only this and what is below it");
  app->add_option("--run", flags->run, "which run (default: the last)");
  app
    ->add_option("--depth", flags->depth,
                 "how many levels to show below the top (default: all)")
    ->type_name("NUMBER");
  app
    ->add_option("--limit", flags->limit,
                 "how many items to show (default: 50 as text, else all)")
    ->type_name("NUMBER");
  app
    ->add_option("--order", flags->order,
                 "score: siblings with the best total first; source: in the "
                 "order of the file")
    ->check(CLI::IsMember({"score", "source"}))
    ->capture_default_str();
  app
    ->add_option("--csv", flags->csv,
                 "file to write as a table instead; - is standard output")
    ->type_name("FILE");
  app->footer(score_hierarchy_examples);
  app->callback([&line, flags] {
    line.chosen
      = [flags](const invocation& with) { return run_hierarchy(*flags, with); };
  });
}

} // namespace troupe::tools
