#include "actors/engine/key_holders.hpp"
#include "actors/engine/workflow_file.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace troupe;
using namespace troupe::engine;

TEST_CASE("a run without a concurrency key waits for nobody's") {
  auto flow = parse_workflow(
    R"({"apiVersion": "troupe/v1", "kind": "Workflow", "id": "free",
    "steps": [{"id": "a", "activity": "noop"}]})",
    "free.json");
  REQUIRE(flow);
  const auto run
    = run_state{std::make_shared<const workflow>(std::move(*flow))};
  // The store is not even looked for.
  const auto holders = find_key_holders("nowhere.db", run);
  REQUIRE(holders);
  CHECK(holders->empty());
}
