#include "tools/cli/run_prune_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/store_pruning.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/retention_report.hpp"
#include "tools/cli/server_connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tools {

using engine::engine_client;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using json = nlohmann::ordered_json;

namespace {

constexpr auto run_prune_examples = R"(Examples:
  troupe run prune --dry-run
  troupe run prune --older-than 7d

Deletes runs that are over, with their histories, as a server does by itself: as
the settings runs.keep_* say, or all that ended so long ago. The newest run
stays, and so do runs whose parent stays. With a server, it deletes; without
one, this command. What is in use elsewhere is refused.)";

/// Printed at most by a dry run as text.
constexpr auto printed_max = std::size_t{20};

struct prune_flags {
  bool dry_run = false;
  std::string older_than;
};

using age = std::optional<std::chrono::milliseconds>;

outcome<age> age_of(const prune_flags& flags) {
  if (flags.older_than.empty())
    return age{};
  auto span = runtime::parse_duration(flags.older_than);
  if (!span) {
    span.error().key = "--older-than";
    return fail(span.error());
  }
  return age{*span};
}

json to_json(const engine::surplus_run& run) {
  return {{"run_id", run.run_id},
          {"number", run.number},
          {"workflow", run.workflow_id},
          {"status", run.status},
          {"ended_at", runtime::to_string(run.ended_at)}};
}

int show(const std::vector<engine::surplus_run>& runs, const invocation& with) {
  if (with.output == output_format::text) {
    for (std::size_t i = 0; i < std::min(runs.size(), printed_max); ++i)
      std::printf("%s  %s  %s  %s\n", runs[i].run_id.c_str(),
                  runtime::to_string(runs[i].ended_at).c_str(),
                  runs[i].status.c_str(), runs[i].workflow_id.c_str());
    if (runs.size() > printed_max)
      std::printf("... and %zu more\n", runs.size() - printed_max);
    std::printf("%zu runs would be deleted\n", runs.size());
    return 0;
  }
  auto all = json::array();
  for (const auto& run : runs)
    if (with.output == output_format::jsonl)
      print_json(to_json(run));
    else
      all.push_back(to_json(run));
  if (with.output == output_format::json)
    print_json({{"dry_run", true}, {"runs", all}});
  return 0;
}

int rehearse(const age& older_than, const invocation& with) {
  auto stored = engine::retained_runs::open(with.settings.store_path);
  if (!stored)
    return report(stored.error(), with.output);
  auto keep = retention_of(with.settings);
  if (older_than)
    keep.keep_for = keep.keep_failed_for = *older_than;
  constexpr auto all = std::size_t{std::numeric_limits<std::int32_t>::max()};
  const auto runs = stored->surplus(keep, runtime::real_clock{}.now(), all);
  if (!runs)
    return report(runs.error(), with.output);
  return show(*runs, with);
}

/// Through the server of the store.
outcome<engine::pruned> ask(engine_client& client, const age& older_than) {
  auto wanted = messages::PruneRuns{};
  if (older_than)
    wanted.set_older_than_ms(static_cast<std::uint64_t>(older_than->count()));
  auto total = engine::pruned{};
  for (auto has_more = true; has_more;) {
    const auto done = client.prune(wanted);
    if (!done)
      return fail(done.error());
    total.runs += done->runs();
    total.rows += done->rows();
    has_more = done->has_more();
  }
  return total;
}

int prune(const prune_flags& flags, const invocation& with) {
  const auto older_than = age_of(flags);
  if (!older_than)
    return report(older_than.error(), with.output);
  if (flags.dry_run)
    return rehearse(*older_than, with);
  const auto& store = with.settings.store_path;
  auto client = connect_server(with.settings);
  if (!client && client.error().kind != problem_kind::unavailable)
    return report(client.error(), with.output);
  const auto done
    = client
        ? ask(*client, *older_than)
        : engine::prune_store(store, retention_of(with.settings), *older_than);
  if (!done)
    return report(done.error(), with.output);
  if (with.output == output_format::text)
    std::printf("%llu runs deleted, with %llu rows of history\n",
                static_cast<unsigned long long>(done->runs),
                static_cast<unsigned long long>(done->rows));
  else
    print_json({{"runs", done->runs}, {"rows", done->rows}});
  return 0;
}

} // namespace

void add_run_prune_command(CLI::App& run, command_line& line) {
  auto* app
    = run.add_subcommand("prune", "Delete runs that were kept long enough");
  app->footer(run_prune_examples);
  const auto flags = std::make_shared<prune_flags>();
  app->add_flag("--dry-run", flags->dry_run, "only say which ones");
  app
    ->add_option("--older-than", flags->older_than,
                 "those that ended so long ago, failed or not, for example 7d")
    ->type_name("DURATION");
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return prune(*flags, with); };
  });
}

} // namespace troupe::tools
