#include "tests/tools/api/scripted_node.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr auto some_run = "01a21e75-b285-7000-89be-178d523b0f32";

bool has_line(const api_answer& answer, const std::string& line) {
  INFO(answer.reply.body);
  return ("\n" + answer.reply.body).find("\n" + line + "\n")
         != std::string::npos;
}

} // namespace

TEST_CASE("a node is ready while a leader is known, and answers") {
  auto node = scripted_node{};
  CHECK(node.get("/healthz").status == 200);
  const auto leaderless = node.get("/readyz");
  CHECK(leaderless.status == 503);
  CHECK(leaderless.body["kind"] == "unavailable");
  node.lead("b");
  const auto ready = node.get("/readyz");
  CHECK(ready.status == 200);
  CHECK(ready.body["leader"] == "b");
  node.set_silent(true);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(node.get("/readyz").status == 503);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
}

TEST_CASE("who asks an engine that is silent is answered at a stop") {
  auto node = scripted_node{};
  node.set_silent(true);
  const auto begun = std::chrono::steady_clock::now();
  auto answer
    = std::async(std::launch::async, [&] { return node.get("/v1/engine"); });
  while (node.unanswered() == 0)
    std::this_thread::yield();
  node.stop();
  const auto refused = answer.get();
  CHECK(refused.status == 503);
  CHECK(refused.body["detail"] == "the server is stopping");
  CHECK(std::chrono::steady_clock::now() - begun < 20s); // Else 30 s.
}

TEST_CASE("a node without a store says who has one") {
  auto node = scripted_node{};
  node.lead("b");
  for (const auto* path :
       {"/v1/runs", "/v1/runs/latest", "/v1/runs/7/wait", "/v1/workflows"}) {
    const auto refused = node.get(path);
    INFO(path << " " << refused.reply.body);
    CHECK(refused.status == 503);
    CHECK(refused.body["kind"] == "unavailable");
    CHECK(refused.body["hint"].get<std::string>().find("ask a coordinator")
          != std::string::npos);
  }
  // What goes to the engine needs none.
  const auto id = std::string{some_run};
  const auto ended = node.get("/v1/runs/" + id + "/wait?timeout=10s");
  CHECK(ended.status == 200);
  CHECK(ended.body["run_id"] == id);
  CHECK(ended.body["status"] == "completed");
  CHECK(node.get("/v1/engine").body["open_runs"] == 3);
}

TEST_CASE("metrics of a node carry its name, and how it sees the cluster") {
  auto node = scripted_node{};
  node.lead("b");
  const auto standby = node.get("/metrics");
  CHECK(has_line(standby, "troupe_node_is_leader{node=\"a\"} 0"));
  CHECK(has_line(standby, "troupe_cluster_has_leader{node=\"a\"} 1"));
  CHECK(has_line(standby, "troupe_cluster_epoch{node=\"a\"} 4"));
  CHECK(
    has_line(standby, "troupe_cluster_members{node=\"a\",state=\"alive\"} 2"));
  CHECK(
    has_line(standby, "troupe_cluster_members{node=\"a\",state=\"dead\"} 1"));
  CHECK(has_line(standby, "troupe_node_links{node=\"a\"} 2"));
  CHECK(has_line(standby, "troupe_node_steps_running{node=\"a\"} 5"));
  CHECK(has_line(standby, "troupe_node_steps_ended_total{node=\"a\"} 70"));
  // The engine is elsewhere, and counts there.
  CHECK(has_line(standby, "troupe_engine_up{node=\"a\"} 0"));
  CHECK(standby.reply.body.find("troupe_engine_open_runs{")
        == std::string::npos);
  node.lead("a");
  const auto leader = node.get("/metrics");
  CHECK(has_line(leader, "troupe_node_is_leader{node=\"a\"} 1"));
  CHECK(has_line(leader, "troupe_engine_open_runs{node=\"a\"} 3"));
  node.set_silent(true);
  const auto begun = std::chrono::steady_clock::now();
  const auto early = node.get("/metrics");
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  CHECK(has_line(early, "troupe_node_is_leader{node=\"a\"} 1"));
  CHECK(has_line(early, "troupe_engine_up{node=\"a\"} 0"));
  node.lead("b");
  // What it knew when it led is not known any more.
  CHECK(node.get("/metrics").reply.body.find("troupe_engine_open_runs{")
        == std::string::npos);
}
