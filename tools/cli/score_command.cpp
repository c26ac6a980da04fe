#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scorer.hpp"
#include "runtime/config/text_file.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/score_hierarchy_command.hpp"
#include "tools/cli/score_history_command.hpp"
#include "tools/cli/score_report.hpp"
#include "tools/cli/score_weights_command.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace troupe::tools {

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

constexpr auto examples = R"(Examples:
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

outcome<scoring::scoring_configuration> load(const score_flags& flags) {
  auto configuration = flags.config.empty()
                         ? scoring::preset_configuration(flags.preset)
                         : scoring::read_configuration(flags.config);
  if (!configuration) {
    if (flags.config.empty())
      configuration.error().key = "--preset";
    return configuration;
  }
  if (!flags.case_name.empty())
    if (auto chosen = scoring::select_case(*configuration, flags.case_name);
        !chosen) {
      chosen.error().key = "--case";
      chosen.error().file = flags.config;
      return chosen;
    }
  if (!flags.rules.empty())
    configuration->rules = flags.rules == "compat"
                             ? scoring::rule_set::compat
                             : scoring::rule_set::standard;
  if (!flags.custom_fields.empty())
    configuration->dotted = flags.custom_fields == "shipped"
                              ? scoring::dotted_sources::shipped
                              : scoring::dotted_sources::resolved;
  return configuration;
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

/// Where the items are and what is asked there.
outcome<void> add_source(const score_flags& flags, const invocation& with,
                         scoring::scoring_request& request) {
  request.items = flags.items;
  if (!flags.format.empty())
    request.format = flags.format == "csv" ? scoring::item_format::csv
                                           : scoring::item_format::jsonl;
  auto query = read_query(flags);
  if (!query)
    return fail(query.error());
  request.query = std::move(*query);
  request.token = flags.token;
  request.endpoint = flags.endpoint;
  request.environment = with.environment;
  return {};
}

outcome<scoring::scoring_request> make_request(const score_flags& flags,
                                               const invocation& with) {
  auto configuration = load(flags);
  if (!configuration)
    return fail(configuration.error());
  auto request = scoring::scoring_request{};
  request.configuration = std::move(*configuration);
  request.case_name = flags.case_name;
  request.mode = scoring::parse_scoring_mode(flags.mode).value();
  if (auto added = add_source(flags, with, request); !added)
    return fail(added.error());
  request.financials = flags.financials;
  request.on_bad_item = flags.on_bad_item == "isolate"
                          ? scoring::bad_item::isolate
                          : scoring::bad_item::refuse;
  request.ids = split(flags.ids);
  request.base = flags.base;
  const auto is_default = with.settings.origins.at("scoring.batch_items").source
                          == runtime::setting_source::fallback;
  if (!is_default)
    request.batch_size
      = static_cast<std::size_t>(with.settings.scoring_batch_items);
  auto as_of = parse_instant(flags.as_of);
  if (!as_of)
    return fail(as_of.error());
  request.as_of = *as_of;
  request.out = flags.out;
  request.scores = flags.scores;
  if (flags.decimals >= 0)
    request.decimals = flags.decimals;
  request.details = !flags.no_details;
  return request;
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

int run_score(const score_flags& flags, const invocation& with) {
  if (flags.items.empty()) {
    auto reason = runtime::problem{};
    reason.kind = problem_kind::invalid_input;
    reason.message = "there are no items to score";
    reason.key = "--items";
    reason.hint = "troupe score --items FILE; see troupe score --help";
    return report(reason, with.output);
  }
  auto request = make_request(flags, with);
  if (!request)
    return report(request.error(), with.output);
  auto options = scoring::scorer_options{};
  options.workers = static_cast<std::size_t>(with.settings.workers);
  options.store_queue_max
    = static_cast<std::size_t>(with.settings.store_queue_max);
  options.store_cache_bytes = with.settings.store_cache_bytes;
  options.shutdown_timeout = with.settings.shutdown_timeout;
  if (!flags.no_store && !flags.no_details)
    options.store = with.settings.store_path;
  const auto stop = interruption{};
  const auto start = std::chrono::steady_clock::now();
  auto scorer = scoring::scorer::create(options);
  if (!scorer)
    return report(scorer.error(), with.output);
  const auto progress = std::make_shared<scoring::scoring_progress>();
  auto bar = std::optional<progress_bar>{};
  if (with.show_progress)
    bar.emplace([progress] { return ask_progress(*progress); });
  auto result = scorer->score(std::move(*request), progress, stop.token());
  bar.reset();
  if (!result)
    return report(result.error(), with.output);
  const auto elapsed
    = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
  print_score_report(*result, flags.top, elapsed.count(), options.store,
                     with.output);
  return 0;
}

} // namespace

void add_score_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "score", "Score and rank a portfolio of work items");
  app->footer(examples);
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
