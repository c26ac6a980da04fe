#include "tests/support/azure_devops_double.hpp"

#include <regex>
#include <utility>

namespace troupe::tests {

using nlohmann::json;
using runtime::http_header;
using runtime::http_reply;
using runtime::http_request;

namespace {

/// The number behind some text; the default if there is none.
std::int64_t number_after(const std::string& text, const std::string& pattern,
                          std::int64_t otherwise) {
  auto found = std::smatch{};
  return std::regex_search(text, found, std::regex{pattern + "(\\d+)"})
           ? std::stoll(found[1])
           : otherwise;
}

/// The states that a query leaves out: NOT IN ('a', 'b').
std::set<std::string> excluded_states(const std::string& query) {
  auto found = std::smatch{};
  auto states = std::set<std::string>{};
  if (!std::regex_search(query, found,
                         std::regex{R"(\[System\.State\] NOT IN \(([^)]*)\))"}))
    return states;
  const auto list = found[1].str();
  const auto word = std::regex{"'([^']*)'"};
  for (auto at = std::sregex_iterator{list.begin(), list.end(), word};
       at != std::sregex_iterator{}; ++at)
    states.insert((*at)[1]);
  return states;
}

std::string header_of(const http_request& request, const std::string& name) {
  for (const auto& header : request.headers)
    if (header.name == name)
      return header.value;
  return {};
}

} // namespace

http_reply json_reply(int status, const json& body,
                      std::vector<http_header> headers) {
  auto reply = http_reply{};
  reply.status = status;
  reply.headers = std::move(headers);
  reply.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
  reply.body = body.dump();
  return reply;
}

http_reply error_reply(int status, const std::string& message,
                       std::vector<http_header> headers) {
  return json_reply(status,
                    {{"$id", "1"},
                     {"innerException", nullptr},
                     {"message", message},
                     {"errorCode", 0},
                     {"eventId", 3000}},
                    std::move(headers));
}

http_reply sign_in_page(int status) {
  auto reply = http_reply{};
  reply.status = status;
  reply.headers = {{"Content-Type", "text/html; charset=utf-8"}};
  reply.body = "<html><body>Sign in to your account</body></html>";
  return reply;
}

http_reply azure_devops_double::answer(const http_request& request) {
  const auto lock = std::lock_guard{mutex_};
  requests_.push_back(request);
  if (const auto found = troubles.find(requests_.size());
      found != troubles.end())
    return found->second;
  const auto expected = runtime::basic_authorization("", token);
  if (!token.empty() && header_of(request, "Authorization") != expected)
    return header_of(request, "X-TFS-FedAuthRedirect") == "Suppress"
             ? error_reply(401, "TF400813: The user is not authorized")
             : sign_in_page(203);
  if (request.url.find("api-version=7.1") == std::string::npos)
    return error_reply(400, "VssVersionNotSpecifiedException");
  if (request.url.find("/_apis/wit/wiql?") != std::string::npos)
    return list(request);
  if (request.url.find("/_apis/wit/workitemsbatch?") != std::string::npos)
    return read(request);
  return error_reply(404, "The controller is not found");
}

http_reply azure_devops_double::list(const http_request& request) {
  const auto query = json::parse(request.body).at("query").get<std::string>();
  const auto after = number_after(query, R"(\[System\.Id\] > )", -1);
  const auto last = number_after(query, R"(\[System\.Id\] <= )", 1LL << 40);
  const auto top = number_after(request.url, "\\$top=", 1LL << 40);
  const auto states = excluded_states(query);
  auto found = json::array();
  auto matches = std::size_t{0};
  for (auto at = items.upper_bound(after);
       at != items.end() && at->first <= last; ++at) {
    if (states.count(at->second.value("System.State", "")) != 0)
      continue;
    ++matches;
    if (static_cast<std::int64_t>(found.size()) < top)
      found.push_back({{"id", at->first}, {"url", "https://example.org"}});
  }
  if ((top_counts ? found.size() : matches) > ids_listed_max)
    return error_reply(400, "VS402337: The number of work items returned "
                            "exceeds the size limit of "
                              + std::to_string(ids_listed_max));
  return json_reply(200, {{"queryType", "flat"},
                          {"queryResultType", "workItem"},
                          {"workItems", std::move(found)}});
}

http_reply azure_devops_double::read(const http_request& request) {
  const auto body = json::parse(request.body);
  const auto ids = body.at("ids").get<std::vector<std::int64_t>>();
  if (ids.size() > 200)
    return error_reply(400, "VS403474: You requested too many work items");
  auto values = json::array();
  // The last first: nobody may rely on an order.
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const auto found = items.find(*id);
    if (found == items.end() || gone.count(*id) != 0) {
      if (body.value("errorPolicy", "fail") != "omit")
        return error_reply(404, "TF401232: Work item does not exist");
      if (*id % 2 == 0)
        values.push_back(nullptr);
      continue;
    }
    values.push_back({{"id", *id}, {"rev", 1}, {"fields", found->second}});
  }
  const auto count = values.size();
  return json_reply(200, {{"count", count}, {"value", std::move(values)}});
}

std::vector<http_request> azure_devops_double::requests() const {
  const auto lock = std::lock_guard{mutex_};
  return requests_;
}

json fields_of(const json& item) {
  auto fields = json::object();
  const auto copy = [&](const char* key, const std::string& name) {
    if (item.contains(key) && !item.at(key).is_null())
      fields[name] = item.at(key);
  };
  copy("work_item_id", "System.Id");
  copy("title", "System.Title");
  copy("work_item_type", "System.WorkItemType");
  copy("state", "System.State");
  copy("parent_id", "System.Parent");
  copy("business_value_raw", "Microsoft.VSTS.Common.BusinessValue");
  copy("story_points", "Microsoft.VSTS.Scheduling.StoryPoints");
  for (const auto* key :
       {"complexity_score", "risk_score", "strategy_pillar", "effort_hours"})
    copy(key, "Custom." + std::string{key});
  for (const auto& [key, value] : item.at("custom_fields").items())
    if (!value.is_null())
      fields["Custom." + key] = value;
  return fields;
}

} // namespace troupe::tests
