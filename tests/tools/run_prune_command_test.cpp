#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

constexpr auto quick = R"(apiVersion: troupe/v1
kind: Workflow
id: quick
steps:
- {id: a, activity: noop}
)";

struct prunable : served_store {
  std::string file = (folder().write("quick.yaml", quick)).string();

  /// A run that has completed.
  [[nodiscard]] std::string start() const {
    const auto id = read({"run", "start", file})["run_id"].get<std::string>();
    CHECK(read({"run", "watch", id})["status"] == "completed");
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(prunable,
                 "runs are deleted by hand, with and without server") {
  const auto first = start();
  const auto second = start();
  const auto third = start();
  CHECK(read({"run", "prune"})["runs"] == 0); // They are too young.
  const auto rehearsed
    = read({"run", "prune", "--dry-run", "--older-than", "0s"});
  REQUIRE(rehearsed["runs"].size() == 2);
  CHECK(rehearsed["runs"][0]["run_id"] == first);
  CHECK(rehearsed["runs"][0]["status"] == "completed");
  CHECK(read({"run", "list"}).size() == 3);
  CHECK(read({"run", "prune", "--older-than", "0s"})["runs"] == 2);
  CHECK(troupe({"run", "show", second}).exit_code == 3);
  CHECK(read({"run", "show", third})["status"] == "completed");
  const auto found = read({"doctor"});
  CHECK(found["clean"] == true);
  CHECK(found["retention"]["ended"] == 1);
  CHECK(found["retention"]["surplus"] == 0);
  static_cast<void>(start());
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK(read({"run", "prune", "--older-than", "0s"})["runs"] == 1);
  CHECK(troupe({"run", "prune", "--older-than", "soon"}).exit_code == 2);
}
