#include "actors/scoring/item_feed.hpp"

#include "actors/scoring/azure_devops_source.hpp"
#include "actors/scoring/item_layout.hpp"
#include "actors/scoring/items_address.hpp"
#include "actors/scoring/refusal.hpp"
#include "runtime/logging/logging.hpp"
#include "runtime/query/postgres_query.hpp"
#include "runtime/query/sqlite_query.hpp"
#include "runtime/tabular/file_problem.hpp"
#include "runtime/tabular/input_file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace troupe::scoring {

namespace fs = std::filesystem;

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

constexpr auto token_default = "secret://env/ADO_PAT";

outcome<item_format> format_of(const scoring_request& request) {
  if (request.format)
    return *request.format;
  auto ignored = std::error_code{};
  if (fs::is_directory(request.items, ignored))
    return fail(runtime::file_problem(EISDIR, request.items));
  const auto ending = fs::path{request.items}.extension().string();
  if (ending == ".csv")
    return item_format::csv;
  if (ending == ".jsonl" || ending == ".ndjson")
    return item_format::jsonl;
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = "cannot tell the format of the items";
  reason.file = request.items;
  reason.hint = "name it: --format jsonl or --format csv";
  return fail(std::move(reason));
}

outcome<item_feed> open_file(const scoring_request& request,
                             std::stop_token stop) {
  const auto format = format_of(request);
  if (!format)
    return fail(format.error());
  auto file = runtime::input_file::open(request.items);
  if (!file)
    return fail(file.error());
  auto feed = item_feed{};
  feed.name = file->name();
  feed.format = *format;
  feed.size_bytes = file->size_bytes();
  feed.ranges = file->ranges();
  feed.bytes = std::move(*file).into_source(std::move(stop));
  return feed;
}

/// What the plan reads and the columns do not have.
outcome<void> check_columns(const scoring_request& request,
                            const scoring_plan& plan, const std::string& name,
                            const std::vector<std::string>& columns) {
  auto options = item_reader_options{};
  options.as_of = request.as_of;
  options.file = name;
  const auto layout = item_layout::create(plan, options);
  if (!layout)
    return fail(layout.error());
  auto is_present = std::vector<bool>{};
  for (const auto& place : layout->places())
    is_present.push_back(
      std::find(columns.begin(), columns.end(), place.keys.front())
      != columns.end());
  auto reason = layout->check_presence(is_present);
  if (!reason)
    return {};
  reason->hint = "name the column in the query: SELECT ... AS "
                 + reason->key.substr(0, reason->key.find('.'));
  return fail(std::move(*reason));
}

outcome<item_feed> open_database(const scoring_request& request,
                                 const scoring_plan& plan,
                                 const items_address& address,
                                 std::stop_token stop) {
  if (request.query.empty())
    return refuse("there is no query for the database", "--query",
                  "add --query \"SELECT id AS work_item_id, ...\"");
  const auto query
    = runtime::row_query{request.query, {"custom_fields", "financial"}};
  auto feed = item_feed{};
  auto rows = outcome<runtime::query_rows>{};
  if (address.place == items_place::sqlite) {
    feed.name = "sqlite:" + address.what;
    rows = runtime::query_sqlite(address.what, query, std::move(stop));
  } else {
    const auto database
      = runtime::parse_postgres_address(address.what, request.environment);
    if (!database)
      return fail(database.error());
    runtime::hide_in_logs(database->password.reveal());
    feed.name = database->name;
    rows = runtime::query_postgres(*database, query, std::move(stop));
  }
  if (!rows)
    return fail(rows.error());
  if (auto checked = check_columns(request, plan, feed.name, rows->columns);
      !checked)
    return fail(checked.error());
  feed.bytes = std::move(rows->lines);
  return feed;
}

outcome<runtime::secret> find_token(const scoring_request& request,
                                    const std::string& name) {
  const auto is_given = !request.token.empty();
  auto found
    = runtime::parse_secret_reference(is_given ? request.token : token_default)
        .and_then([&](const auto& reference) {
          return runtime::resolve_secret(reference, request.environment);
        });
  if (found)
    return found;
  auto reason = found.error();
  if (reason.file.empty())
    reason.file = name;
  reason.key = "--token";
  if (reason.hint.empty())
    reason.hint = "put a personal access token with the scope Work Items: Read "
                  "there, or name another place: --token secret://env/NAME";
  return fail(std::move(reason));
}

outcome<item_feed> open_project(const scoring_request& request,
                                const items_address& address,
                                std::stop_token stop) {
  auto question = azure_devops_question{};
  auto project = find_azure_devops_project(address.what, address.project,
                                           request.endpoint);
  if (!project)
    return fail(project.error());
  question.project = std::move(*project);
  if (!request.query.empty())
    question.condition = request.query;
  if (auto checked = check_azure_devops_condition(question.condition); !checked)
    return fail(checked.error());
  const auto token = find_token(request, question.project.name);
  if (!token)
    return fail(token.error());
  runtime::hide_in_logs(token->reveal());
  auto feed = item_feed{};
  feed.name = question.project.name;
  auto bytes = open_azure_devops(std::move(question), *token, std::move(stop));
  if (!bytes)
    return fail(bytes.error());
  feed.bytes = std::move(*bytes);
  return feed;
}

/// Refuses what does not belong to this kind of place.
outcome<void> check_settings(const scoring_request& request,
                             items_place place) {
  const auto is_file = place == items_place::file;
  if (!is_file && request.format)
    return refuse("only files have a format", "--format", "leave it out");
  if (is_file && !request.query.empty())
    return refuse("a file cannot be queried", "--query",
                  "leave it out, or name a database: --items sqlite:FILE");
  if (place == items_place::azure_devops)
    return {};
  if (!request.token.empty())
    return refuse("only Azure DevOps asks for a token", "--token",
                  "leave it out");
  if (!request.endpoint.empty())
    return refuse("only Azure DevOps has an endpoint", "--endpoint",
                  "leave it out");
  return {};
}

} // namespace

outcome<item_feed> open_item_feed(const scoring_request& request,
                                  const scoring_plan& plan,
                                  std::stop_token stop) {
  const auto address = parse_items_address(request.items);
  if (!address)
    return fail(address.error());
  if (auto checked = check_settings(request, address->place); !checked)
    return fail(checked.error());
  switch (address->place) {
    case items_place::file:
      return open_file(request, std::move(stop));
    case items_place::azure_devops:
      return open_project(request, *address, std::move(stop));
    case items_place::sqlite:
    case items_place::postgres:
      break;
  }
  return open_database(request, plan, *address, std::move(stop));
}

} // namespace troupe::scoring
