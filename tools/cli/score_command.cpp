#include "actors/scoring/items_address.hpp"
#include "runtime/config/text_file.hpp"
#include "runtime/instant.hpp"
#include "runtime/query/postgres_address.hpp"
#include "tools/activities/score_arguments.hpp"
#include "tools/cli/command_run.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/heap.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_hierarchy_command.hpp"
#include "tools/cli/score_history_command.hpp"
#include "tools/cli/score_report.hpp"
#include "tools/cli/score_run.hpp"
#include "tools/cli/score_weights_command.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// What was typed after `troupe score`.
struct score_flags {
  std::string items;
  std::string format;
  std::string query;
  std::string query_file;
  std::string token;
  std::string endpoint;
  std::string financials;
  std::string config;
  std::string preset = "default";
  std::string case_name;
  std::string rules;
  std::string custom_fields;
  std::string mode = "full";
  std::string ids;
  std::string base;
  std::string on_bad_item = "refuse";
  std::string as_of;
  std::string out;
  std::string scores;
  int decimals = -1;
  std::size_t top = 10;
  bool no_store = false;
  bool no_details = false;
};

constexpr auto score_examples = R"(Examples:
  troupe score --items portfolio.jsonl --config qvf.yaml
  troupe score --items portfolio.jsonl --preset agile --out results
  troupe score --items items.csv --config qvf.yaml --scores ranks.csv --decimals 6
  troupe score --items portfolio.jsonl --config qvf.yaml --mode incremental
  troupe score --items portfolio.jsonl --mode incremental --base 3
  troupe score --items sqlite:plans.db --query "SELECT id AS work_item_id, * FROM items"
  troupe score --items postgresql://me@db.example.org/plans --query-file items.sql
  troupe score --items azure-devops:contoso/Shop
  troupe score --items azure-devops:contoso/Shop --query "[System.State] = 'New'"
  troupe score explain 1042
  troupe score diff 3 4)";

void declare_queries(CLI::App& app, score_flags& flags) {
  app
    .add_option("--query", flags.query,
                "what to read: SQL of one SELECT for a database; for Azure "
                "DevOps what follows WHERE (default: what is not done)")
    ->type_name("TEXT");
  app.add_option("--query-file", flags.query_file, "file with the query")
    ->type_name("FILE");
  app
    .add_option("--token", flags.token,
                "where the token for Azure DevOps is (default: "
                "secret://env/ADO_PAT); also secret://file/PATH")
    ->type_name("REFERENCE");
  app
    .add_option("--endpoint", flags.endpoint,
                "server of Azure DevOps (default: https://dev.azure.com)")
    ->type_name("URL");
}

void declare(CLI::App& app, score_flags& flags) {
  app
    .add_option("--items", flags.items,
                "file of work items (.jsonl, .ndjson, .csv), - for standard "
                "input, sqlite:FILE, postgresql://USER@HOST/DATABASE, or "
                "azure-devops:ORGANIZATION/PROJECT")
    ->type_name("FILE");
  declare_queries(app, flags);
  app.add_option("--format", flags.format, "format of the items")
    ->check(CLI::IsMember({"jsonl", "csv"}));
  app
    .add_option("--financials", flags.financials,
                "file of financial records by work_item_id, if not within the "
                "items")
    ->type_name("FILE");
  app
    .add_option("--config", flags.config,
                "configuration of criteria and weights (YAML or JSON)")
    ->type_name("FILE");
  app
    .add_option("--preset", flags.preset,
                "configuration to use where --config is absent: default, "
                "agile, enterprise, startup")
    ->type_name("{default,agile,enterprise,startup}");
  app.add_option("--case", flags.case_name, "case of the configuration");
  app.add_option("--rules", flags.rules, "standard or compat")
    ->check(CLI::IsMember({"standard", "compat"}));
  app
    .add_option("--custom-fields", flags.custom_fields,
                "what custom_fields.x reads under compat")
    ->check(CLI::IsMember({"resolved", "shipped"}));
  app.add_option("--mode", flags.mode, "what to score")
    ->check(CLI::IsMember({"full", "batch", "incremental", "real_time"}));
  app.add_option("--ids", flags.ids,
                 "ids to score with --mode real_time, separated by commas");
  app.add_option("--base", flags.base,
                 "run that --mode incremental or real_time builds on (default: "
                 "the newest with the same configuration)");
  app
    .add_option("--on-bad-item", flags.on_bad_item,
                "refuse: stop at the first bad item; isolate: leave it out "
                "and say so")
    ->check(CLI::IsMember({"refuse", "isolate"}));
  app.add_option("--as-of", flags.as_of,
                 "instant that dates are aged against, 2026-01-31T00:00:00Z "
                 "(default: now)");
  app
    .add_option("--out", flags.out,
                "folder for totals.csv, categories.csv, criteria.csv, "
                "financial.csv, summary.json")
    ->type_name("FOLDER");
  app
    .add_option("--scores", flags.scores,
                "file for id, category contributions, total and rank")
    ->type_name("FILE");
  app
    .add_option("--decimals", flags.decimals,
                "fixed decimals of numbers in files (default: as many as "
                "needed)")
    ->check(CLI::Range(0, 9));
  app.add_option("--top", flags.top, "how many of the best to print");
  app.add_flag("--no-store", flags.no_store, "do not store the run");
  app.add_flag("--no-details", flags.no_details,
               "totals and overall ranks only: faster; implies --no-store");
}

std::vector<std::string> split(const std::string& list) {
  auto parts = std::vector<std::string>{};
  for (std::size_t at = 0; at <= list.size();) {
    const auto comma = std::min(list.find(',', at), list.size());
    if (comma > at)
      parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

/// The query, wherever it was given.
outcome<std::string> read_query(const score_flags& flags) {
  constexpr auto bytes_max = std::size_t{1} << 20;
  if (flags.query_file.empty())
    return flags.query;
  auto reason = runtime::problem{};
  reason.kind = problem_kind::invalid_input;
  reason.key = "--query-file";
  if (!flags.query.empty()) {
    reason.message = "there are two queries";
    reason.hint = "leave out --query or --query-file";
    return fail(std::move(reason));
  }
  auto text = runtime::read_text_file(flags.query_file, bytes_max);
  if (!text || text->find_first_not_of(" \t\r\n") != std::string::npos)
    return text;
  reason.message = "the file has no query";
  reason.file = flags.query_file;
  reason.hint = "write the query into it";
  return fail(std::move(reason));
}

/// Secrets are neither stored nor shown: one in an address goes to the
/// environment, references stay what they are.
outcome<void> hide_secrets(score_flags& flags, invocation& with) {
  if (auto address = scoring::parse_items_address(flags.items); !address)
    return fail(address.error());
  if (runtime::is_postgres_address(flags.items)) {
    auto address
      = runtime::parse_postgres_address(flags.items, with.environment);
    if (!address)
      return fail(address.error());
    flags.items = runtime::take_password_out(
      flags.items, "TROUPE_ITEMS_PASSWORD", with.environment);
  }
  if (flags.token.empty())
    return {};
  auto token = runtime::parse_secret_reference(flags.token);
  if (token)
    return {};
  token.error().key = "--token";
  return fail(token.error());
}

/// What was typed, as the arguments of the activity `score`.
outcome<json> arguments_of(const score_flags& flags, const invocation& with) {
  auto query = read_query(flags);
  if (!query)
    return fail(query.error());
  auto arguments = json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      arguments[key] = value;
  };
  add("items", flags.items);
  add("format", flags.format);
  add("query", *query);
  add("token", flags.token);
  add("endpoint", flags.endpoint);
  add("financials", flags.financials);
  add("config", flags.config);
  add("preset", flags.config.empty() ? flags.preset : "");
  add("case", flags.case_name);
  add("rules", flags.rules);
  add("custom_fields", flags.custom_fields);
  add("mode", flags.mode);
  if (!flags.ids.empty())
    arguments["ids"] = split(flags.ids);
  add("base", flags.base);
  add("on_bad_item", flags.on_bad_item);
  add("out", flags.out);
  add("scores", flags.scores);
  if (flags.decimals >= 0)
    arguments["decimals"] = flags.decimals;
  if (flags.no_details)
    arguments["details"] = false;
  // However often it is tried, dates are aged against the same instant.
  const auto as_of = parse_instant(flags.as_of);
  if (!as_of)
    return fail(as_of.error());
  arguments["as_of"] = runtime::to_string(*as_of);
  if (const auto size = batch_size_of(with.settings); size != 0)
    arguments["batch_size"] = size;
  return arguments;
}

progress_report ask_progress(const scoring::scoring_progress& progress) {
  using stage = scoring::scoring_run::stage;
  auto report = progress_report{};
  report.unit = "items";
  const auto read = progress.rows_read.load();
  report.done = read;
  switch (progress.stage.load()) {
    case stage::read:
      report.stage = "reading";
      report.share = progress.source.load();
      return report;
    case stage::sort:
    case stage::score:
    case stage::combine:
      report.stage = "scoring";
      report.done = progress.rows_scored.load();
      report.share = read == 0 ? -1.0
                               : static_cast<double>(report.done)
                                   / static_cast<double>(read);
      return report;
    case stage::rank:
    case stage::rank_others:
      report.stage = "ranking";
      report.share = -1.0;
      return report;
    case stage::output:
    case stage::done:
      break;
  }
  report.stage = "writing";
  report.share = -1.0;
  return report;
}

/// A bar that shows nothing before the scoring begins.
class score_bar {
public:
  explicit score_bar(bool is_shown) {
    if (is_shown)
      bar_.emplace([this] {
        const auto progress = progress_.load();
        return progress ? ask_progress(*progress) : progress_report{};
      });
  }

  void show(std::shared_ptr<const scoring::scoring_progress> progress) {
    progress_.store(std::move(progress));
  }

  void end() {
    bar_.reset();
  }

private:
  std::atomic<std::shared_ptr<const scoring::scoring_progress>> progress_;
  std::optional<progress_bar> bar_;
};

/// Without a store there is no run that could be found again.
outcome<scoring::scoring_result> score_here(scoring::scoring_request request,
                                            const invocation& with,
                                            const std::stop_token& stop,
                                            score_bar& bar) {
  auto scorer = scoring::scorer::create(scorer_settings(with.settings));
  if (!scorer)
    return fail(scorer.error());
  const auto progress = std::make_shared<scoring::scoring_progress>();
  bar.show(progress);
  return scorer->score(std::move(request), progress, stop);
}

int run_score(score_flags flags, invocation with) {
  prepare_heap_for_columns();
  if (flags.items.empty()) {
    auto reason = runtime::problem{};
    reason.kind = problem_kind::invalid_input;
    reason.message = "there are no items to score";
    reason.key = "--items";
    reason.hint = "troupe score --items FILE; see troupe score --help";
    return report(reason, with.output);
  }
  if (auto hidden = hide_secrets(flags, with); !hidden)
    return report(hidden.error(), with.output);
  const auto arguments = arguments_of(flags, with);
  if (!arguments)
    return report(arguments.error(), with.output);
  auto surroundings = score_surroundings{};
  surroundings.environment = with.environment;
  surroundings.may_read_standard_input = true;
  // What is wrong already is refused before there is a run.
  auto plan = plan_score(*arguments, {}, surroundings);
  if (!plan)
    return report(as_flag(plan.error()), with.output);
  const auto is_stored = !flags.no_store && !flags.no_details;
  const auto stop = interruption{};
  const auto start = std::chrono::steady_clock::now();
  auto bar = score_bar{with.show_progress};
  auto result
    = is_stored
        ? score_as_run(*arguments, with, stop.token(),
                       [&](auto progress) { bar.show(std::move(progress)); })
        : score_here(std::move(plan->request), with, stop.token(), bar);
  bar.end();
  if (!result)
    return report(result.error(), with.output);
  const auto elapsed
    = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
  print_score_report(*result, flags.top, elapsed.count(),
                     is_stored ? with.settings.store_path : "", with.output);
  return 0;
}

} // namespace

void add_score_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "score", "Score and rank a portfolio of work items");
  app->footer(score_examples);
  const auto flags = std::make_shared<score_flags>();
  declare(*app, *flags);
  app->require_subcommand(0, 1);
  add_score_history_commands(*app, line);
  add_score_weights_commands(*app, line);
  add_score_hierarchy_command(*app, line);
  app->callback([app, flags, &line] {
    if (app->get_subcommands().empty())
      line.chosen
        = [flags](const invocation& with) { return run_score(*flags, with); };
  });
}

} // namespace troupe::tools
