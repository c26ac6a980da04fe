#include "runtime/http/http_client.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

using nlohmann::json;
using runtime::http_method;

namespace {

constexpr auto asked = "apiVersion: troupe/v1\nkind: Workflow\nid: asked\n"
                       "steps: [{id: s, activity: noop}]\n";

struct answer {
  int status = 0; ///< 0: none.
  json body; ///< Null: it is no JSON.
  std::string text;
};

answer ask(const process_cluster& of, const std::string& node,
           http_method method, const std::string& path, std::string body = {},
           const std::string& type = "application/json") {
  auto request = runtime::http_request{};
  request.method = method;
  request.url = "http://" + of.http_address(node) + path;
  auto token = read_file(of.folder() / node / "node.token");
  while (!token.empty() && token.back() == '\n')
    token.pop_back();
  request.headers = {{"Authorization", "Bearer " + token}};
  if (!body.empty())
    request.headers.push_back({"Content-Type", type});
  request.body = std::move(body);
  auto client = runtime::http_client{};
  const auto reply = client.send(request);
  if (!reply)
    return {0, nullptr, runtime::render(reply.error())};
  auto read = json::parse(reply->body, nullptr, false);
  return {reply->status, read.is_discarded() ? json{} : std::move(read),
          reply->body};
}

answer get(const process_cluster& of, const std::string& node,
           const std::string& path) {
  return ask(of, node, http_method::get, path);
}

/// Starts a run at that node and waits for its end, there.
void run_at(const process_cluster& of, const std::string& node,
            const std::string& key) {
  auto accepted = answer{};
  // As the document says: with the same key, until it is known what became of
  // it.
  of.await("node " + node + " takes the run", [&] {
    accepted = ask(of, node, http_method::post, "/v1/runs",
                   json{{"workflow", "asked"}, {"key", key}}.dump());
    return accepted.status != 503;
  });
  INFO(node << ": " << accepted.text);
  REQUIRE((accepted.status == 201 || accepted.status == 200));
  const auto run = accepted.body["run_id"].get<std::string>();
  const auto ended = get(of, node, "/v1/runs/" + run + "/wait?timeout=60s");
  INFO(node << ": " << ended.text);
  REQUIRE(ended.status == 200);
  CHECK(ended.body["status"] == "completed");
}

std::string other(const std::string& coordinator) {
  return coordinator == "a" ? "b" : "a";
}

json top(const process_cluster& of, const std::string& node) {
  auto asked_for = program_run{};
  asked_for.folder = of.folder().path();
  asked_for.arguments
    = {"cluster",  "top",  "--once",   "--interval",   "300ms",
       "--output", "json", "--socket", of.socket(node)};
  const auto shown = run_program(asked_for);
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  return json::parse(shown.out);
}

} // namespace

TEST_CASE("every node answers over HTTP, whoever leads") {
  auto& cluster = whole_cluster();
  const auto leader = cluster.leader();
  const auto standby = other(leader);
  REQUIRE(ask(cluster, standby, http_method::post, "/v1/workflows", asked,
              "application/yaml")
            .status
          == 200);
  for (const std::string node : {"a", "b", "v", "w"}) {
    const auto ready = get(cluster, node, "/readyz");
    INFO(node << ": " << ready.text);
    CHECK(ready.status == 200);
    CHECK(ready.body["leader"] == leader);
    run_at(cluster, node, "asked-" + node);
    const auto metrics = get(cluster, node, "/metrics").text;
    CHECK(metrics.find("troupe_node_is_leader{node=\"" + node + "\"} "
                       + (node == leader ? "1" : "0") + "\n")
          != std::string::npos);
    CHECK(metrics.find("troupe_node_links{node=\"" + node + "\"} 3\n")
          != std::string::npos);
  }
  // Coordinators look it up themselves, workers have nowhere to.
  CHECK(get(cluster, standby, "/v1/runs?workflow=asked").body["runs"].size()
        >= 4);
  const auto refused = get(cluster, "w", "/v1/runs");
  CHECK(refused.status == 503);
  CHECK(refused.body["hint"] == "ask a coordinator");

  cluster.kill(leader);
  run_at(cluster, standby, "asked-again");
  run_at(cluster, "w", "asked-again-of-a-worker");
  cluster.await("the worker follows the new leader", [&] {
    return get(cluster, "w", "/readyz").body.value("leader", "") == standby;
  });
  cluster.heal();
}

TEST_CASE("a leader that is told to stop hands over while it is asked") {
  auto& cluster = whole_cluster();
  const auto former = cluster.leader();
  const auto next = other(former);
  auto is_over = std::atomic<bool>{false};
  auto asking = std::vector<std::jthread>{};
  for (const auto* path : {"/metrics", "/v1/engine", "/v1/queue", "/readyz"})
    asking.emplace_back([&, path] {
      while (!is_over)
        static_cast<void>(get(cluster, former, path));
    });
  cluster.process(former).send(SIGTERM);
  const auto handed = cluster.await("another one leads", [&] {
    const auto seen = cluster.status(next);
    return seen && seen->leader() == next;
  });
  const auto asked_at = std::chrono::steady_clock::now();
  CHECK(cluster.process(former).wait() == 0);
  const auto ended = std::chrono::steady_clock::now() - asked_at;
  is_over = true;
  asking.clear();
  WARN("measured: leader told to stop while it was asked, another one leads "
       "after "
       << handed.count() << " ms");
  CHECK(handed < 5s);
  CHECK(ended < 8s); // The relay holds a question for 10 s.
  cluster.forget(former);
  cluster.heal();
}

TEST_CASE("each node tells how busy it is, and a silent one nothing") {
  auto& cluster = whole_cluster();
  const auto load = top(cluster, "v");
  CHECK(load["leader"] == cluster.leader());
  CHECK(load["queue"].contains("runs_per_second"));
  REQUIRE(load["nodes"].size() == 4);
  for (const auto& node : load["nodes"]) {
    INFO(node.dump());
    CHECK(node["cpu"].get<double>() >= 0);
    CHECK(node["resident_bytes"].get<double>() > 1e6);
    CHECK(node["links"] == 3);
    const auto is_worker = node["roles"] == "worker";
    CHECK(node.contains("steps") == is_worker);
    if (is_worker)
      CHECK(node["steps"]["places"] == 8);
  }
  // Until others hold it for dead it belongs to them.
  cluster.send("w", SIGSTOP);
  const auto frozen = top(cluster, "v");
  for (const auto& node : frozen["nodes"]) {
    INFO(node.dump());
    CHECK(node.contains("resident_bytes") == (node["name"] != "w"));
  }
  cluster.heal();
}
