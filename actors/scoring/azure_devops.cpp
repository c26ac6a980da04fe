#include "actors/scoring/azure_devops.hpp"

#include "actors/scoring/azure_devops_item.hpp"
#include "actors/scoring/refusal.hpp"
#include "runtime/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

namespace troupe::scoring {

using nlohmann::json;
using runtime::fail;
using runtime::http_reply;
using runtime::http_request;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

using namespace std::chrono_literals;

constexpr auto public_endpoint = std::string_view{"https://dev.azure.com"};
/// Of the text of a query, in characters.
constexpr std::size_t query_max = 32'000;
constexpr std::size_t message_bytes_max = 500;
constexpr auto token_hint = std::string_view{
  "check that the token is right, has not expired, and may read work items"};

problem make_problem(problem_kind kind, const azure_devops_project& project,
                     std::string message, std::string_view hint) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.file = project.name;
  reason.hint = hint;
  return reason;
}

auto not_understood(const azure_devops_project& project, std::string what) {
  return fail(
    make_problem(problem_kind::failed, project,
                 "the server's answer is not understood: " + std::move(what),
                 "check --endpoint; the server has to speak version "
                 "7.1 of the work item REST API"));
}

http_request make_request(const azure_devops_project& project,
                          std::string_view path, std::string_view options,
                          const json& body) {
  auto request = http_request{};
  request.method = runtime::http_method::post;
  request.url = project.url + "/_apis/wit/" + std::string{path}
                + "?api-version=7.1" + std::string{options};
  request.headers = {
    {"Accept", "application/json"},
    {"Content-Type", "application/json"},
    // 401 instead of a page to sign in.
    {"X-TFS-FedAuthRedirect", "Suppress"},
  };
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  // Queries may take 30 s, and busy servers delay them by as much.
  request.timeout = 120s;
  request.response_bytes_max = std::size_t{128} << 20;
  return request;
}

/// What the server says is wrong, on one line; empty if it does not.
std::string message_of(const http_reply& reply) {
  const auto body = json::parse(reply.body, nullptr, false);
  const auto found = body.is_object() ? body.find("message") : body.end();
  if (!body.is_object() || found == body.end() || !found->is_string())
    return {};
  auto message = std::string{
    runtime::clip_utf8(found->get<std::string>(), message_bytes_max)};
  std::replace_if(
    message.begin(), message.end(),
    [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return message;
}

bool is_json(const http_reply& reply) {
  const auto type = reply.header("Content-Type");
  if (type.find("json") != std::string_view::npos)
    return true;
  const auto first = reply.body.find_first_not_of(" \t\r\n");
  return type.empty() && first != std::string::npos && reply.body[first] == '{';
}

std::string with_message(std::string text, const http_reply& reply) {
  const auto message = message_of(reply);
  return message.empty() ? text : std::move(text) + ": " + message;
}

/// Whether quotes and brackets are in pairs, so that the condition stays one.
bool is_balanced(std::string_view condition) {
  auto depth = 0;
  auto quote = '\0';
  for (const auto c : condition) {
    if (quote != '\0') {
      quote = c == quote ? '\0' : quote;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth < 0) {
      return false;
    }
  }
  return depth == 0 && quote == '\0';
}

std::string_view trim(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

outcome<azure_devops_project>
find_azure_devops_project(std::string_view organization,
                          std::string_view project, std::string_view endpoint) {
  auto found = azure_devops_project{};
  found.name
    = "azure-devops:" + std::string{organization} + "/" + std::string{project};
  if (endpoint.empty())
    endpoint = public_endpoint;
  constexpr auto key = "--endpoint";
  const auto origin = runtime::origin_of(endpoint);
  if (!origin || endpoint.find_first_of("?#") != std::string_view::npos)
    return refuse("not the address of a server", key,
                  "write https://HOST or https://HOST/PATH, nothing more");
  if (!origin->is_encrypted && !origin->is_loopback())
    return refuse("the token would travel unencrypted", key,
                  "write https:// in place of http://");
  while (endpoint.ends_with('/'))
    endpoint.remove_suffix(1);
  found.url = std::string{endpoint} + "/"
              + runtime::percent_encode(organization) + "/"
              + runtime::percent_encode(project);
  return found;
}

outcome<void> check_azure_devops_condition(std::string_view condition) {
  constexpr auto key = "--query";
  const auto text = trim(condition);
  auto begin = std::string{text.substr(0, 6)};
  std::transform(begin.begin(), begin.end(), begin.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (text.empty() || begin == "SELECT" || begin.starts_with("WHERE"))
    return refuse("not a condition of the work item query language", key,
                  "write what follows WHERE: [System.State] = 'Active'");
  if (!is_balanced(text))
    return refuse("a quote or a bracket is not closed", key,
                  "in a text write '' for a quote");
  // The rest of the query takes less than a thousand.
  if (text.size() > query_max - 1'000)
    return refuse("the condition is longer than 31,000 bytes", key,
                  "shorten it");
  return {};
}

http_request make_id_request(const azure_devops_project& project,
                             std::string_view condition,
                             const id_window& window, std::size_t ids_max) {
  auto query = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = "
               "@project AND [System.Id] > "
               + std::to_string(window.after);
  if (window.last)
    query += " AND [System.Id] <= " + std::to_string(*window.last);
  query += " AND (" + std::string{condition} + ") ORDER BY [System.Id]";
  return make_request(project, "wiql", "&$top=" + std::to_string(ids_max),
                      {{"query", query}});
}

http_request make_item_request(const azure_devops_project& project,
                               std::span<const std::int64_t> ids) {
  return make_request(
    project, "workitemsbatch", "",
    {{"ids", std::vector<std::int64_t>(ids.begin(), ids.end())},
     // An item that was deleted meanwhile must not fail the others.
     {"errorPolicy", "omit"}});
}

std::optional<problem> find_refusal(const azure_devops_project& project,
                                    const http_reply& reply) {
  const auto refuse
    = [&](problem_kind kind, std::string message, std::string_view hint) {
        return make_problem(kind, project,
                            with_message(std::move(message), reply), hint);
      };
  if (reply.status >= 200 && reply.status < 300 && is_json(reply))
    return std::nullopt;
  if (reply.status < 400)
    return refuse(problem_kind::denied,
                  "the server asks to sign in: the token is not accepted",
                  token_hint);
  switch (reply.status) {
    case 401:
      return refuse(problem_kind::denied, "the token is not accepted",
                    token_hint);
    case 403:
      return refuse(problem_kind::denied,
                    "the token may not read these work items",
                    "give it the scope vso.work (Work Items: Read), and its "
                    "owner access to the project");
    case 404:
      return refuse(problem_kind::not_found, "no such project",
                    "check organization and project");
    case 400: {
      auto reason
        = refuse(problem_kind::invalid_input, "the server refuses the query",
                 "correct the condition; it is what follows WHERE");
      reason.key = "--query";
      return reason;
    }
    default:
      break;
  }
  const auto is_later = reply.status == 429 || reply.status >= 500;
  return refuse(is_later ? problem_kind::unavailable : problem_kind::failed,
                "the server answers with status "
                  + std::to_string(reply.status),
                is_later ? "try again later" : "check --endpoint");
}

bool is_too_many_ids(const http_reply& reply) {
  return reply.status == 400 && message_of(reply).starts_with("VS402337");
}

outcome<std::vector<std::int64_t>> read_ids(const azure_devops_project& project,
                                            const http_reply& reply,
                                            const id_window& window) {
  const auto body = json::parse(reply.body, nullptr, false);
  if (!body.is_object())
    return not_understood(project, "no JSON object");
  const auto items = body.find("workItems");
  if (items == body.end() || !items->is_array())
    return not_understood(project, "no list of work items");
  auto ids = std::vector<std::int64_t>{};
  auto before = window.after;
  for (const auto& item : *items) {
    const auto id = item.is_object() ? item.find("id") : item.end();
    if (!item.is_object() || id == item.end() || !id->is_number_integer())
      return not_understood(project, "a work item without an id");
    const auto value = id->get<std::int64_t>();
    if (value <= before || (window.last && value > *window.last))
      return not_understood(project, "ids that were not asked for, or not in "
                                     "ascending order");
    before = value;
    ids.push_back(value);
  }
  return ids;
}

outcome<std::size_t> append_items(const azure_devops_project& project,
                                  const http_reply& reply,
                                  std::span<const std::int64_t> ids,
                                  std::string& lines) {
  const auto body = json::parse(reply.body, nullptr, false);
  if (!body.is_object())
    return not_understood(project, "no JSON object");
  const auto items = body.find("value");
  if (items == body.end() || !items->is_array())
    return not_understood(project, "no list of values");
  auto fields = std::unordered_map<std::int64_t, const json*>{};
  for (const auto& item : *items) {
    if (item.is_null()) // In place of an item that is not there.
      continue;
    const auto is_whole = item.is_object() && item.contains("id")
                          && item["id"].is_number_integer()
                          && item.contains("fields")
                          && item["fields"].is_object();
    if (!is_whole)
      return not_understood(project, "a work item without id or fields");
    fields.emplace(item["id"].get<std::int64_t>(), &item["fields"]);
  }
  auto missing = std::size_t{0};
  for (const auto id : ids) {
    const auto found = fields.find(id);
    if (found == fields.end())
      ++missing;
    else
      append_azure_devops_item(id, *found->second, lines);
  }
  return missing;
}

} // namespace troupe::scoring
