#include "tests/actors/engine/stored_run.hpp"
#include "tests/cluster/processes/shared_clusters.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// Four elements; whoever begins the last one first says who it is, and does
/// not end.
std::string with_a_straggler(const std::filesystem::path& folder) {
  const auto script
    = "if [ \"$1\" = 3 ] && mkdir " + (folder / "first").string()
      + " 2>/dev/null; then echo $$ > " + (folder / "pid").string()
      + "; exec sleep 600; fi; echo '\"done\"'";
  auto step = nlohmann::json{{"id", "fan"},
                             {"foreach", {"0", "1", "2", "3"}},
                             {"activity", "command"},
                             {"speculate", true}};
  step["with"]["argv"] = {"sh", "-c", script, "sh", "${item}"};
  const auto of = nlohmann::json{{"apiVersion", "troupe/v1"},
                                 {"kind", "Workflow"},
                                 {"id", "straggler"},
                                 {"steps", {step}}};
  return of.dump();
}

} // namespace

TEST_CASE("an element that hangs on one worker is done by another") {
  auto& cluster = whole_cluster();
  const auto folder = cluster.folder().path() / "straggler";
  std::filesystem::create_directory(folder);
  const auto run = cluster.submit(with_a_straggler(folder), "straggler");
  REQUIRE(cluster.await({run}).completed == 1);
  const auto state = fold_run(cluster.store(), run);
  const auto& tasks = state->steps().front().tasks;
  REQUIRE(tasks.size() == 4);
  CHECK(tasks[3].second_claims == 1);
  CHECK(tasks[3].attempts == 1);
  CHECK(tasks[3].lost == 0);
  CHECK(tasks[3].output == "done");
  CHECK(tasks[3].claim == state->last_claim());
  // Whoever was slower is stopped.
  auto pid = 0;
  std::ifstream{folder / "pid"} >> pid;
  REQUIRE(pid > 0);
  cluster.await("the first attempt ends", [=] { return ::kill(pid, 0) != 0; });
}
