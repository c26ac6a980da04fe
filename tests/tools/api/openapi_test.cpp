#include "tests/tools/api/scripted_node.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

using namespace troupe;
using namespace troupe::tests;

using nlohmann::json;
using runtime::http_method;

namespace {

constexpr auto asked = R"(apiVersion: troupe/v1
kind: Workflow
id: asked
steps:
- {id: a, activity: noop}
- {id: ok, needs: [a], activity: approval, with: {roles: [operator]}}
)";

/// What a document refers to, or the value itself.
const json& resolve(const json& document, const json& value) {
  if (!value.contains("$ref"))
    return value;
  const auto where = value["$ref"].get<std::string>();
  return document.at(json::json_pointer{where.substr(1)});
}

bool is_of_type(const json& value, const std::string& type) {
  return (type == "string" && value.is_string())
         || (type == "integer" && value.is_number_integer())
         || (type == "number" && value.is_number())
         || (type == "boolean" && value.is_boolean())
         || (type == "object" && value.is_object())
         || (type == "array" && value.is_array());
}

/// Why a value is not what a schema says, or empty: types and required keys,
/// all the way down; a key that the schema of an object does not know is one
/// that the document forgot, unless it says nothing about keys.
std::string objection(const json& document, const json& unresolved,
                      const json& value, const std::string& at) {
  const auto& schema = resolve(document, unresolved);
  if (schema.contains("type") && schema["type"].is_string()
      && !is_of_type(value, schema["type"]))
    return at + " is no " + schema["type"].get<std::string>();
  for (const auto& key : schema.value("required", json::array()))
    if (!value.contains(key.get<std::string>()))
      return at + " lacks " + key.get<std::string>();
  if (value.is_array() && schema.contains("items"))
    for (const auto& item : value)
      if (auto found = objection(document, schema["items"], item, at + "[]");
          !found.empty())
        return found;
  if (!value.is_object())
    return {};
  const auto others = schema.value("additionalProperties", json{});
  for (const auto& [key, inner] : value.items()) {
    const auto known
      = schema.contains("properties") && schema["properties"].contains(key);
    if (!known && !others.is_object())
      continue;
    if (auto found
        = objection(document, known ? schema["properties"][key] : others, inner,
                    at + "." + key);
        !found.empty())
      return found;
  }
  return {};
}

/// Checks an answer against what the document says of it.
void check_documented(const json& document, const std::string& method,
                      const std::string& path, const api_answer& answer) {
  INFO(method << " " << path << " " << answer.status << " "
              << answer.reply.body);
  const auto& responses = document["paths"][path][method]["responses"];
  const auto status = std::to_string(answer.status);
  REQUIRE(responses.contains(status));
  const auto& content = resolve(document, responses[status])["content"];
  auto type = std::string{answer.reply.header("Content-Type")};
  type = type.substr(0, type.find(';'));
  REQUIRE(content.contains(type));
  if (type != "text/plain")
    CHECK(objection(document, content[type]["schema"], answer.body, "answer")
            .empty());
}

std::string lower(std::string_view text) {
  auto result = std::string{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char each) {
                   return static_cast<char>(std::tolower(each));
                 });
  return result;
}

} // namespace

TEST_CASE("the document has every route, and no other") {
  auto with = served_api{};
  const auto document = with.get("/openapi.json").body;
  CHECK(document["openapi"] == "3.1.0");
  auto served = std::set<std::string>{};
  for (const auto& route : with.api().routes())
    served.insert(lower(to_string(route.method)) + " " + route.path);
  auto documented = std::set<std::string>{};
  auto ids = std::set<std::string>{};
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, what] : methods.items()) {
      documented.insert(method + " " + path);
      CHECK(ids.insert(what["operationId"]).second);
      auto names = std::set<std::string>{};
      for (const auto& each : what.value("parameters", json::array())) {
        const auto& parameter = resolve(document, each);
        if (parameter["in"] == "path")
          names.insert("{" + parameter["name"].get<std::string>() + "}");
      }
      const auto braces
        = static_cast<std::size_t>(std::count(path.begin(), path.end(), '{'));
      CHECK(names.size() == braces);
      for (const auto& name : names)
        CHECK(path.find(name) != std::string::npos);
    }
  CHECK(served == documented);
}

TEST_CASE("each reference of the document leads somewhere") {
  const auto document
    = json::parse(read_file(source_dir() / "tools/schema/api.openapi.json"));
  auto count = 0;
  const auto walk = [&](const auto& again, const json& value) -> void {
    if (value.is_object() && value.contains("$ref")) {
      CHECK_NOTHROW(resolve(document, value));
      ++count;
    }
    if (value.is_structured())
      for (const auto& inner : value)
        again(again, inner);
  };
  walk(walk, document);
  CHECK(count > 100);
}

TEST_CASE("what needs no token says so in the document") {
  auto with = served_api{};
  const auto document = with.get("/openapi.json").body;
  for (const auto& route : with.api().routes()) {
    auto request = with.request(route.method, route.path);
    request.headers.clear();
    const auto status = served_api::send(request).status;
    const auto& what
      = document["paths"][route.path][lower(to_string(route.method))];
    CHECK((status == 401) != what.contains("security"));
    CHECK(what["responses"].contains("401") == (status == 401));
  }
}

TEST_CASE("answers are what the document says") {
  auto with = served_api{};
  const auto document = with.get("/openapi.json").body;
  const auto get = [&](const char* path, const std::string& asked_for) {
    check_documented(document, "get", path, with.get(asked_for));
  };
  const auto post
    = [&](const char* path, const std::string& asked_for, const json& body) {
        check_documented(document, "post", path, with.post(asked_for, body));
      };
  for (const auto* path : {"/healthz", "/readyz", "/openapi.json", "/metrics",
                           "/v1/engine", "/v1/cluster", "/v1/cluster/load"})
    get(path, path);
  for (const auto* path : {"/v1/workflows/validate", "/v1/workflows"}) {
    check_documented(document, "post", path,
                     with.ask(http_method::post, path, asked,
                              "application/yaml"));
    post(path, path, {{"id", "x"}});
  }
  get("/v1/workflows", "/v1/workflows");
  get("/v1/workflows/{workflow}", "/v1/workflows/asked");
  get("/v1/workflows/{workflow}", "/v1/workflows/none");
  const auto run = json{{"workflow", "asked"}, {"key", "k"}};
  post("/v1/runs", "/v1/runs", run);
  post("/v1/runs", "/v1/runs", run);
  post("/v1/runs", "/v1/runs", json::object());
  post("/v1/runs", "/v1/runs", {{"workflow", "none"}});
  get("/v1/runs/{run}/wait", "/v1/runs/1/wait?timeout=1ms");
  post("/v1/runs/{run}/pause", "/v1/runs/1/pause", json::object());
  post("/v1/runs/{run}/pause", "/v1/runs/1/pause", json::object());
  post("/v1/runs/{run}/resume", "/v1/runs/1/resume", json::object());
  get("/v1/queue", "/v1/queue");
  post("/v1/queue/pause", "/v1/queue/pause", {{"reason", "tea"}});
  post("/v1/queue/pause", "/v1/queue/pause", json::object());
  get("/v1/queue", "/v1/queue");
  post("/v1/queue/resume", "/v1/queue/resume", json::object());
  post("/v1/queue/resume", "/v1/queue/resume", {{"why", "x"}});
  get("/v1/runs", "/v1/runs?since=1h");
  get("/v1/runs", "/v1/runs?since=soon");
  get("/v1/runs", "/v1/runs?limit=1");
  get("/v1/runs", "/v1/runs?limit=0");
  get("/v1/runs/{run}", "/v1/runs/1");
  get("/v1/runs/{run}", "/v1/runs/99");
  get("/v1/runs/{run}/why", "/v1/runs/1/why");
  get("/v1/runs/{run}/history", "/v1/runs/1/history?limit=2");
  post("/v1/runs/{run}/signal", "/v1/runs/1/signal", {{"name", "ok"}});
  post("/v1/runs/{run}/signal", "/v1/runs/1/signal",
       {{"name", "ok"}, {"payload", false}, {"roles", {"operator"}}});
  get("/v1/runs/{run}/wait", "/v1/runs/1/wait");
  post("/v1/runs/{run}/retry", "/v1/runs/1/retry", {{"step", "ok"}});
  post("/v1/runs/{run}/retry", "/v1/runs/1/retry", json::object());
  post("/v1/runs/{run}/cancel", "/v1/runs/1/cancel", {{"grace", "1s"}});
  post("/v1/runs/{run}/terminate", "/v1/runs/1/terminate", json::object());
  get("/v1/runs/{run}", "/v1/runs/1");
  post("/v1/runs/{run}/rerun", "/v1/runs/1/rerun", {{"from", "ok"}});
  post("/v1/runs/{run}/rerun", "/v1/runs/1/rerun",
       {{"from", "ok"}, {"cancel", true}, {"key", "again"}});
  get("/v1/runs/{run}", "/v1/runs/2");
  post("/v1/runs/{run}/reset", "/v1/runs/2/reset", {{"to", "x"}});
  post("/v1/runs/{run}/reset", "/v1/runs/2/reset",
       {{"to", 1}, {"cancel", true}});
}

TEST_CASE("answers of a node are what the document says") {
  auto node = scripted_node{};
  node.lead("b");
  const auto document = node.get("/openapi.json").body;
  for (const auto* path : {"/readyz", "/metrics", "/v1/cluster",
                           "/v1/cluster/load", "/v1/runs", "/v1/workflows"})
    check_documented(document, "get", path, node.get(path));
  // The check says nothing about keys that the document does not have.
  const auto load = node.get("/v1/cluster/load").body;
  const auto& known = document["components"]["schemas"]["NodeLoad"];
  for (const auto& [key, value] : load["nodes"][0].items())
    CHECK(known["properties"].contains(key));
}

TEST_CASE("the check of answers finds what is wrong") {
  const auto schema = json::parse(R"({"type": "object", "required": ["a"],
    "properties": {"a": {"type": "integer"},
                   "b": {"type": "array", "items": {"type": "string"}}}})");
  const auto found = [&](const char* value) {
    return objection(json::object(), schema, json::parse(value), "it");
  };
  CHECK(found(R"({"a": 1, "b": ["x"]})").empty());
  CHECK(found("{}") == "it lacks a");
  CHECK(found(R"({"a": "1"})") == "it.a is no integer");
  CHECK(found(R"({"a": 1, "b": ["x", 2]})") == "it.b[] is no string");
}
