#include "tests/tools/api/served_api.hpp"
#include "tools/api/api.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using namespace troupe::tests;

using nlohmann::json;
using runtime::http_method;

namespace {

constexpr auto asked = R"(apiVersion: troupe/v1
kind: Workflow
id: team/asked
inputs: {n: {type: integer, default: 1}}
steps:
- {id: a, activity: noop, with: {n: "${inputs.n}"}}
- {id: ok, needs: [a], activity: approval, with: {roles: [operator]}}
)";

constexpr auto quick = R"(apiVersion: troupe/v1
kind: Workflow
id: quick
steps:
- {id: a, activity: noop}
)";

void apply(const served_api& with, const char* text) {
  REQUIRE(with.ask(http_method::post, "/v1/workflows", text, "application/yaml")
            .status
          == 200);
}

std::string submit(const served_api& with, const char* workflow) {
  const auto answer = with.post("/v1/runs", {{"workflow", workflow}});
  INFO(answer.reply.body);
  REQUIRE(answer.status == 201);
  return answer.body["run_id"];
}

} // namespace

TEST_CASE("workflows are checked, applied, listed and shown") {
  const auto with = served_api{};
  const auto valid = with.ask(http_method::post, "/v1/workflows/validate",
                              asked, "text/yaml; charset=utf-8");
  CHECK(valid.status == 200);
  CHECK(valid.body["steps"] == 2);
  CHECK(with.get("/v1/workflows").body["workflows"].empty());
  apply(with, asked);
  const auto listed = with.get("/v1/workflows").body["workflows"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["digest"] == valid.body["digest"]);
  CHECK(listed[0]["applied_by"] == "api");
  const auto shown = with.get("/v1/workflows/team%2Fasked");
  CHECK(shown.body["id"] == "team/asked");
  // What is shown may be sent again.
  CHECK(with.post("/v1/workflows", shown.body).body["digest"]
        == valid.body["digest"]);
  CHECK(with.get("/v1/workflows/nobody").status == 404);
}

TEST_CASE("everything that is wrong with a workflow is said, with its place") {
  const auto with = served_api{};
  const auto text = std::string{quick} + "- {id: a, activity: nope, x: 1}\n";
  for (const auto* path : {"/v1/workflows", "/v1/workflows/validate"}) {
    const auto wrong
      = with.ask(http_method::post, path, text, "application/yaml");
    CHECK(wrong.status == 422);
    CHECK(wrong.body["kind"] == "invalid_input");
    CHECK(wrong.body["file"] == "request body");
    CHECK(wrong.body["line"] == 6);
    CHECK_FALSE(wrong.body["others"].empty());
    CHECK(with.ask(http_method::post, path, "{", "application/json").status
          == 400);
    CHECK(with.ask(http_method::post, path, "x", "text/plain").status == 415);
    CHECK(with.ask(http_method::post, path).status == 400);
  }
}

TEST_CASE("a run is told what to do, and asked how it stands") {
  const auto with = served_api{};
  apply(with, asked);
  const auto id = submit(with, "team/asked");
  const auto path = "/v1/runs/" + id;
  const auto change = [&](const char* what, const json& body = json::object()) {
    return with.post(path + "/" + what, body);
  };
  CHECK(change("pause").body["status"] == "paused");
  CHECK(change("pause").status == 409);
  CHECK(with.get(path + "/why").body["waits_for"][0]["waiting_on"] == "paused");
  CHECK(with.get(path).body["steps"].contains("ok"));
  CHECK(with.get(path).body["waiting_on"] == "paused");
  CHECK(change("resume").status == 200);
  const auto late = with.get(path + "/wait?timeout=10ms");
  CHECK(late.status == 504);
  CHECK(late.body["kind"] == "timeout");
  CHECK(change("signal", {{"name", "ok"}, {"payload", true}}).status == 403);
  CHECK(change("signal", {{"payload", true}}).status == 422);
  CHECK(change("signal",
               {{"name", "ok"}, {"payload", false}, {"roles", {"operator"}}})
          .status
        == 200);
  CHECK(with.get(path + "/wait").body["status"] == "failed");
  CHECK(change("retry", {{"step", "ok"}}).body["status"] == "waiting");
  CHECK(change("cancel", {{"reason", "enough"}}).body["status"] == "cancelled");
  CHECK(change("terminate").status == 409);
  CHECK(with.get("/v1/runs/1/wait").body["status"] == "cancelled");
  CHECK(with.get("/v1/runs/latest/why").body["waits_for"].empty());
}

TEST_CASE("a history is read in pages, and once it is over to its end") {
  const auto with = served_api{};
  apply(with, quick);
  const auto path = "/v1/runs/" + submit(with, "quick");
  CHECK(with.get(path + "/wait").body["status"] == "completed");
  const auto whole = with.get(path + "/history").body;
  CHECK_FALSE(whole.contains("next_cursor"));
  auto paged = json::array();
  auto cursor = std::string{"0"};
  for (std::size_t i = 0; i < whole["events"].size(); ++i) {
    const auto page = with.get(path + "/history?limit=2&cursor=" + cursor).body;
    for (const auto& event : page["events"])
      paged.push_back(event);
    if (!page.contains("next_cursor"))
      break;
    cursor = page["next_cursor"];
  }
  CHECK(paged == whole["events"]);
  CHECK(with.get(path + "/history?limit=0").status == 400);
  CHECK(with.get(path + "/history?cursor=99").body["events"].empty());
}

TEST_CASE("runs are listed in pages, newest first, each once") {
  const auto with = served_api{};
  apply(with, asked);
  apply(with, quick);
  for (auto i = 0; i < 5; ++i)
    submit(with, "team/asked");
  submit(with, "quick");
  auto numbers = std::vector<int>{};
  auto query = std::string{"?workflow=team/asked&limit=2"};
  for (auto pages = 0; pages < 3; ++pages) {
    const auto page = with.get("/v1/runs" + query).body;
    for (const auto& run : page["runs"])
      numbers.push_back(run["number"]);
    CHECK(page.contains("next_cursor") == (pages < 2));
    query = "?workflow=team/asked&limit=2&cursor="
            + page.value("next_cursor", std::string{"0"});
  }
  CHECK(numbers == std::vector{5, 4, 3, 2, 1});
  CHECK(with.get("/v1/runs/6/wait").status == 200);
  const auto completed = with.get("/v1/runs?status=completed").body["runs"];
  REQUIRE(completed.size() == 1);
  CHECK(completed[0]["workflow"] == "quick");
  for (const auto* wrong : {"?limit=1001", "?limit=x", "?cursor=x", "?state=x",
                            "?limit=1&limit=2", "?status=%"})
    CHECK(with.get(std::string{"/v1/runs"} + wrong).status == 400);
}

TEST_CASE("what nobody may ask, or nobody can answer, has a status and words") {
  const auto with = served_api{2'000};
  auto request = with.request(http_method::get, "/v1/runs");
  request.headers.clear();
  CHECK(served_api::send(request).status == 401);
  request.headers = {{"Authorization", "Bearer wrong"}};
  const auto refused = served_api::send(request);
  CHECK(refused.status == 401);
  CHECK(refused.body["title"] == "Unauthorized");
  request = with.request(http_method::get, "/healthz");
  request.headers = {{"Host", "evil.example"}};
  CHECK(served_api::send(request).status == 403);
  CHECK(with.ask(http_method::post, "/v1/runs", std::string(2'001, ' ')).status
        == 413);
  CHECK(with.ask(http_method::post, "/v1/runs", "{\"workflow\"").status == 400);
  CHECK(with.post("/v1/runs", {{"workflow", "nobody"}}).status == 404);
  CHECK(with.post("/v1/runs", {{"definition", "id: ["}}).status == 422);
  CHECK(with.get("/v1/runs/12345678").status == 404);
  CHECK(with.get("/v1/runs/%00").status == 400);
  CHECK(with.get("/v1/nothing").status == 404);
  const auto wrong = with.ask(http_method::remove, "/v1/runs");
  CHECK(wrong.status == 405);
  CHECK(wrong.reply.header("Allow") == "POST, GET");
  for (const auto* what : {"pause", "cancel", "terminate", "resume"})
    CHECK(
      with.post(std::string{"/v1/runs/12345678/"} + what, json::object()).status
      == 404);
  for (const auto* open : {"/healthz", "/readyz", "/openapi.json"}) {
    request = with.request(http_method::get, open);
    request.headers.clear();
    CHECK(served_api::send(request).status == 200);
  }
}

TEST_CASE("monitoring sees the engine and the requests") {
  const auto with = served_api{};
  apply(with, asked);
  submit(with, "team/asked");
  const auto status = with.get("/v1/engine").body;
  CHECK(status["open_runs"] == 1);
  CHECK(status["epoch"] == 1);
  CHECK(status["version"] == "of a test");
  const auto metrics = with.get("/metrics").reply;
  CHECK(metrics.header("Content-Type") == "text/plain; version=0.0.4");
  for (
    const auto* line :
    {"troupe_engine_open_runs 1\n", "troupe_engine_hosts 1\n",
     R"(troupe_http_requests_total{method="POST",route="/v1/runs",status="201"} 1)",
     R"(troupe_http_request_duration_seconds_count{method="POST",route="/v1/runs"} 1)"})
    CHECK(metrics.body.find(line) != std::string::npos);
}

TEST_CASE("sixteen clients with the same keys start each run once") {
  const auto with = served_api{};
  apply(with, quick);
  constexpr auto keys = 20;
  auto ids = std::vector<std::vector<std::string>>(16);
  auto created = std::atomic<int>{0};
  {
    auto clients = std::vector<std::jthread>{};
    for (auto& mine : ids)
      clients.emplace_back([&] {
        auto client = runtime::http_client{};
        for (auto i = 0; i < keys; ++i) {
          auto request = with.request(http_method::post, "/v1/runs");
          request.headers.push_back({"Content-Type", "application/json"});
          request.headers.push_back({"Idempotency-Key", std::to_string(i)});
          request.body = R"({"workflow": "quick"})";
          const auto reply = client.send(request);
          if (!reply)
            return;
          created += reply->status == 201 ? 1 : 0;
          mine.push_back(json::parse(reply->body)["run_id"]);
        }
      });
  }
  CHECK(created == keys);
  CHECK(std::set(ids[0].begin(), ids[0].end()).size() == keys);
  for (const auto& mine : ids)
    CHECK(mine == ids[0]);
  CHECK(with.get("/v1/runs?limit=100").body["runs"].size() == keys);
}

TEST_CASE("who waits for a run is answered when the server stops") {
  auto with = served_api{};
  apply(with, asked);
  const auto path = "/v1/runs/" + submit(with, "team/asked") + "/wait";
  const auto request = with.request(http_method::get, path + "?timeout=60s");
  auto answers = std::vector<api_answer>(3);
  {
    auto waiting = std::vector<std::jthread>{};
    for (auto& answer : answers)
      waiting.emplace_back([&] { answer = served_api::send(request); });
    while (
      with.get("/metrics").reply.body.find("troupe_http_waiting_requests 3\n")
      == std::string::npos)
      std::this_thread::yield();
    with.stop();
  }
  for (const auto& answer : answers)
    CHECK(answer.status == 503);
}
