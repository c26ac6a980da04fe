#include "actors/scoring/azure_devops.hpp"
#include "tests/support/azure_devops_double.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;
using nlohmann::json;
using runtime::problem_kind;

namespace {

const auto project
  = find_azure_devops_project("contoso", "Shop Floor", "").value();
const auto ids = std::vector<std::int64_t>{41'201, 41'205, 41'207};

runtime::outcome<std::vector<std::int64_t>> read(const json& body) {
  return read_ids(project, json_reply(200, body), {100, 200});
}

json listed(const std::vector<int>& some) {
  auto items = json::array();
  for (const auto id : some)
    items.push_back({{"id", id}});
  return {{"workItems", items}};
}

} // namespace

TEST_CASE("a project has an address") {
  CHECK(project.name == "azure-devops:contoso/Shop Floor");
  CHECK(project.url == "https://dev.azure.com/contoso/Shop%20Floor");
  CHECK(find_azure_devops_project("tfs", "P", "https://h.example.org/a/")->url
        == "https://h.example.org/a/tfs/P");
  CHECK(find_azure_devops_project("o", "P", "http://127.0.0.1:80"));
  for (const auto* endpoint :
       {"http://example.org", "http://127.0.0.1.example.org", "ftp://h",
        "example.org", "https://u:p@h", "https://h?x=1"}) {
    const auto refused = find_azure_devops_project("o", "P", endpoint);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(refused.error().key == "--endpoint");
  }
}

TEST_CASE("ids are asked for by windows in ascending order") {
  const auto request
    = make_id_request(project, "[System.State] = 'New'", {7, 90}, 20'000);
  CHECK(request.method == runtime::http_method::post);
  CHECK(request.url
        == "https://dev.azure.com/contoso/Shop%20Floor/_apis/wit/wiql"
           "?api-version=7.1&$top=20000");
  CHECK(json::parse(request.body)
        == json{{"query",
                 "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] "
                 "= @project AND [System.Id] > 7 AND [System.Id] <= 90 AND "
                 "([System.State] = 'New') ORDER BY [System.Id]"}});
  CHECK(request.redirects_max == 0);
  const auto open = make_id_request(project, "x", {0, std::nullopt}, 1);
  CHECK(open.body.find("<=") == std::string::npos);
  for (const auto& name : {"X-TFS-FedAuthRedirect", "Content-Type"})
    CHECK(std::any_of(request.headers.begin(), request.headers.end(),
                      [&](const auto& header) { return header.name == name; }));
}

TEST_CASE("items are asked for by their ids") {
  const auto request = make_item_request(project, ids);
  CHECK(request.url.find("/_apis/wit/workitemsbatch?api-version=7.1")
        != std::string::npos);
  CHECK(json::parse(request.body)
        == json{{"ids", ids}, {"errorPolicy", "omit"}});
}

TEST_CASE("a condition stays within its brackets") {
  for (const auto* text : {"[System.Title] = 'a (b'", "[A] = \"it's\"",
                           "([A] = 1 OR [B] = 2)", "[A] = 'it''s'"})
    CHECK(check_azure_devops_condition(text));
  for (const auto* text :
       {"", "  ", "[A] = 1) OR (1 = 1", "[A] = 'x", "([A] = 1",
        "SELECT [System.Id] FROM WorkItems", "where [A] = 1"}) {
    const auto refused = check_azure_devops_condition(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().key == "--query");
  }
  CHECK_FALSE(check_azure_devops_condition(std::string(31'001, 'x')));
}

TEST_CASE("refusals say who is to act") {
  const auto cases = std::vector<std::pair<runtime::http_reply, problem_kind>>{
    {sign_in_page(200), problem_kind::denied},
    {sign_in_page(203), problem_kind::denied},
    {sign_in_page(302), problem_kind::denied},
    {error_reply(401, ""), problem_kind::denied},
    {error_reply(403, ""), problem_kind::denied},
    {error_reply(404, "TF200016"), problem_kind::not_found},
    {error_reply(400, "TF51005"), problem_kind::invalid_input},
    {error_reply(429, ""), problem_kind::unavailable},
    {error_reply(503, ""), problem_kind::unavailable},
    {error_reply(405, ""), problem_kind::failed},
    {runtime::http_reply{204, {}, {}}, problem_kind::denied},
  };
  for (const auto& [reply, kind] : cases) {
    CAPTURE(reply.status);
    const auto refusal = find_refusal(project, reply);
    REQUIRE(refusal);
    CHECK(refusal->kind == kind);
    CHECK(refusal->file == project.name);
    CHECK_FALSE(refusal->hint.empty());
  }
  CHECK_FALSE(find_refusal(project, json_reply(200, json::object())));
  const auto worded
    = find_refusal(project, error_reply(400, "TF51005: no field\r\n[X]"));
  CHECK(worded->message
        == "the server refuses the query: TF51005: no field  [X]");
  CHECK(is_too_many_ids(error_reply(400, "VS402337: too many")));
  CHECK_FALSE(is_too_many_ids(error_reply(400, "TF51005")));
  CHECK_FALSE(is_too_many_ids(error_reply(500, "VS402337")));
}

TEST_CASE("ids have to be those that were asked for, in order") {
  CHECK(read(listed({101, 150, 200})).value()
        == std::vector<std::int64_t>{101, 150, 200});
  CHECK(read(listed({})).value().empty());
  for (const auto& body :
       {listed({100}), listed({201}), listed({150, 101}), listed({150, 150}),
        json::array(), json::object(), json{{"workItems", 1}},
        json{{"workItems", {{{"id", "101"}}}}}, json{{"workItems", {1}}},
        json{{"workItemRelations", json::array()}}}) {
    const auto refused = read(body);
    CAPTURE(body.dump());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::failed);
  }
  auto cut = json_reply(200, listed({101}));
  cut.body.pop_back();
  CHECK_FALSE(read_ids(project, cut, {100, 200}));
}

TEST_CASE("items come in the order of their ids, without those that are gone") {
  auto lines = std::string{};
  const auto body
    = json{{"value",
            {{{"id", 41'207}, {"fields", {{"System.Title", "b"}}}},
             nullptr,
             {{"id", 41'201}, {"fields", {{"System.Title", "a"}}}},
             {{"id", 99}, {"fields", {{"System.Title", "not asked for"}}}}}}};
  CHECK(append_items(project, json_reply(200, body), ids, lines).value() == 1);
  CHECK(lines
        == "{\"work_item_id\":41201,\"title\":\"a\",\"custom_fields\":{}}\n"
           "{\"work_item_id\":41207,\"title\":\"b\",\"custom_fields\":{}}\n");
  for (const auto& bad :
       {json::object(), json{{"values", json::array()}}, json{{"value", {7}}},
        json{{"value", {{{"id", 41'201}}}}},
        json{{"value", {{{"id", "1"}, {"fields", json::object()}}}}}}) {
    CAPTURE(bad.dump());
    CHECK(append_items(project, json_reply(200, bad), ids, lines).error().kind
          == problem_kind::failed);
  }
}
