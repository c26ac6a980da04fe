#include "runtime/http/problem_reply.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <utility>

using namespace troupe::runtime;

using nlohmann::json;

TEST_CASE("each kind of problem has its status") {
  const auto expected = std::vector<std::pair<problem_kind, int>>{
    {problem_kind::failed, 500},    {problem_kind::invalid_input, 422},
    {problem_kind::not_found, 404}, {problem_kind::conflict, 409},
    {problem_kind::timeout, 504},   {problem_kind::unavailable, 503},
    {problem_kind::denied, 403},    {problem_kind::interrupted, 503}};
  for (const auto& [kind, status] : expected) {
    CHECK(http_status_of(kind) == status);
    const auto reply = problem_reply(problem{kind, "m", {}, 0, 0, {}, {}});
    CHECK(reply.status == status);
    CHECK(json::parse(reply.body)["title"] != "Error");
    CHECK(reply.header("Retry-After").empty() == (status != 503));
  }
}

TEST_CASE("a reply says what the command line says") {
  const auto reason = problem{
    problem_kind::invalid_input, "message", "file", 3, 4, "steps[0]", "hint"};
  auto reply = problem_reply(reason, 400);
  CHECK(reply.status == 400);
  CHECK(reply.header("Content-Type") == "application/problem+json");
  auto said = json::parse(reply.body);
  CHECK(said["detail"] == "message");
  CHECK(said["status"] == 400);
  CHECK(said["title"] == "Bad Request");
  CHECK(said["type"] == "about:blank");
  const auto printed = json::parse(render_json(reason));
  for (const auto* key : {"kind", "file", "line", "column", "key", "hint"})
    CHECK(said[key] == printed[key]);
}

TEST_CASE("all that is wrong is said, whatever bytes are in it") {
  auto first = fail(problem_kind::invalid_input, "one").value();
  auto second = fail(problem_kind::invalid_input, "t\xff"
                                                  "wo")
                  .value();
  const auto said = json::parse(problem_reply({first, second}).body);
  CHECK(said["detail"] == "one");
  REQUIRE(said["others"].size() == 1);
  CHECK(said["others"][0]["kind"] == said["kind"]);
}
