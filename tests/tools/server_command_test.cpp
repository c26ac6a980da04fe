#include "runtime/http/http_client.hpp"
#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

constexpr auto asked = R"(apiVersion: troupe/v1
kind: Workflow
id: asked
inputs: {n: {type: integer, default: 1}}
steps:
- {id: a, activity: noop, with: {n: "${inputs.n}"}}
- {id: ok, needs: [a], activity: approval, with: {roles: [operator]}}
)";

constexpr auto keyed = R"(apiVersion: troupe/v1
kind: Workflow
id: keyed
concurrency: {key: "k", limit: 1, on_conflict: queue}
steps:
- {id: a, activity: signal, with: {name: go}}
)";

struct served : served_store {
  std::string file = folder().write("asked.yaml", asked).string();
};

} // namespace

TEST_CASE_METHOD(served, "a server is told what to do with a run") {
  const auto id
    = read({"run", "start", file, "--key", "k"})["run_id"].get<std::string>();
  CHECK(read({"run", "start", file, "--key", "k"})["is_known"] == true);
  CHECK(read({"run", "pause", id})["status"] == "paused");
  CHECK(troupe({"run", "pause", id}).exit_code == 4);
  CHECK(read({"run", "why", id})[0]["waiting_on"] == "paused");
  CHECK(read({"run", "resume", id})["status"] != "paused");
  CHECK(troupe({"run", "watch", id, "--for", "10ms"}).exit_code == 5);
  CHECK(troupe({"run", "signal", id, "ok", "true"}).exit_code == 7);
  CHECK(
    troupe({"run", "signal", id, "ok", "tru", "--role", "operator"}).exit_code
    == 2);
  CHECK(
    troupe({"run", "signal", id, "ok", "false", "--role", "operator"}).exit_code
    == 0);
  CHECK(read({"run", "watch", id}, 1)["status"] == "failed");
  CHECK(read({"run", "retry", id, "ok"})["status"] == "waiting");
  CHECK(read({"run", "cancel", id, "--reason", "enough"})["status"]
        == "cancelled");
  CHECK(troupe({"run", "terminate", id}).exit_code == 4);
  CHECK(troupe({"run", "cancel", "12345678"}).exit_code == 3);
}

TEST_CASE_METHOD(served, "a workflow that was applied is started by its id") {
  const auto applied = read({"workflow", "apply", file});
  CHECK(applied["id"] == "asked");
  const auto listed = read({"workflow", "list"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["digest"] == applied["digest"]);
  CHECK(read({"workflow", "show", "asked"})["id"] == "asked");
  CHECK(troupe({"workflow", "show", "nobody"}).exit_code == 3);
  const auto started
    = read({"run", "start", "--workflow", "asked", "--input", "n=7"});
  const auto id = started["run_id"].get<std::string>();
  CHECK(read({"run", "show", id})["inputs"]["n"] == 7);
  CHECK(troupe({"run", "start", "--workflow", "nobody"}).exit_code == 3);
}

TEST_CASE_METHOD(refusing_program, "a server listens on this machine alone") {
  for (const auto* address : {"0.0.0.0:7070", "10.0.0.1:1", "7070"}) {
    const auto refused = run_program(run({"server", "--listen", address}));
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("hint:") != std::string::npos);
  }
}

TEST_CASE_METHOD(refusing_program, "a server says at which port it is asked") {
  const auto store = (folder() / "http.db").string();
  auto server = program{{"server", "--store", store, "--listen", "localhost:0"},
                        folder() / "http.txt"};
  auto said = std::string{};
  for (auto i = 0; i < 2'000 && said.find("; Ctrl-C") == std::string::npos;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    said = read_file(folder() / "http.txt");
  }
  const auto at = said.find("http://");
  REQUIRE(at != std::string::npos);
  const auto url = said.substr(at, said.find(';', at) - at);
  auto client = troupe::runtime::http_client{};
  auto request = troupe::runtime::http_request{};
  request.url = url + "/v1/engine";
  CHECK(client.send(request)->status == 401);
  auto token = read_file(store + ".token");
  token.pop_back();
  request.headers = {{"Authorization", "Bearer " + token}};
  CHECK(client.send(request)->status == 200);
  const auto second
    = run_program(run({"server", "--store", (folder() / "other.db").string(),
                       "--listen", url.substr(std::string{"http://"}.size())}));
  CHECK(second.exit_code == 6);
  CHECK(second.err.find("--listen none") != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
}

TEST_CASE_METHOD(served, "a second owner is told who the first one is") {
  const auto second = troupe({"server"});
  CHECK(second.exit_code == 6);
  CHECK(second.err.find("in use by process") != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(store + ".sock"));
  CHECK(troupe({"run", "start", file}).exit_code == 6);
}

TEST_CASE_METHOD(served, "the tree of a server shows who runs below whom") {
  const auto tree = read({"tree"});
  CHECK(tree["name"] == "troupe");
  CHECK(tree["mailbox"].is_number());
  REQUIRE(tree["children"].size() >= 4);
  for (const auto& child : tree["children"]) {
    CHECK(child["state"] == "running");
    CHECK(child["restarts"] == 0);
  }
  const auto drawn = troupe({"tree"});
  CHECK(drawn.out.find("|- engine  running") != std::string::npos);
  CHECK(drawn.out.find("|- activities  running") != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK(troupe({"tree"}).exit_code == 6);
}

TEST_CASE_METHOD(served, "who waits for a key is told which run holds it") {
  const auto flow = folder().write("keyed.yaml", keyed).string();
  const auto first = read({"run", "start", flow})["run_id"].get<std::string>();
  const auto second = read({"run", "start", flow})["run_id"].get<std::string>();
  const auto why = read({"run", "why", second});
  CHECK(why[0]["waiting_on"] == "slot");
  CHECK(why[0]["detail"].get<std::string>().find("held by run " + first)
        != std::string::npos);
  CHECK(troupe({"run", "cancel", first}).exit_code == 0);
  CHECK(read({"run", "why", second})[0]["waiting_on"] == "signal");
}
