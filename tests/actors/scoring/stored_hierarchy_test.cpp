#include "actors/scoring/stored_hierarchy.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

namespace troupe::scoring {

using runtime::problem_kind;
using tests::stored_runs;

namespace {

constexpr auto items
  = R"({"work_item_id":"E","work_item_type":"Epic","title":"All of it"}
{"work_item_id":"F","work_item_type":"Feature","parent_id":"E","state":"Closed","story_points":3,"risk_score":10}
{"work_item_id":"S","work_item_type":"User Story","parent_id":"F","state":"Active","story_points":5,"risk_score":30,"complexity_score":7}
{"work_item_id":"X","parent_id":"nowhere"}
)";

runtime::outcome<stored_hierarchy> load(const stored_runs& runs) {
  auto history = scoring_history::open(runs.path());
  REQUIRE(history);
  return load_hierarchy(*history, "last");
}

} // namespace

TEST_CASE("a stored run has the hierarchy of its items") {
  auto runs = stored_runs{};
  const auto scored = runs.add(items);
  const auto found = load(runs).value();
  REQUIRE(found.items.rows == 4);
  CHECK(found.links.parents
        == std::vector<std::uint32_t>{no_parent, 0, 1, no_parent});
  const auto& epic = found.links.sums[0];
  CHECK(epic.descendants == 2);
  CHECK(epic.story_points == 8.0);
  CHECK(epic.completed == 3.0);
  CHECK(epic.mean_risk == 20.0);
  CHECK(epic.mean_complexity == 7.0);
  REQUIRE(found.links.warnings.size() == 1);
  CHECK(found.links.warnings[0].what
        == hierarchy_warning::kind::unknown_parent);
  const auto& batch = scored.batches.front();
  for (std::size_t row = 0; row < 4; ++row) {
    CHECK(found.totals[row] == batch.totals.total.doubles()[row]);
    CHECK(found.ranks[row] == batch.overall_ranks.counts()[row]);
  }
}

TEST_CASE("an item of the hierarchy is found by its id") {
  auto runs = stored_runs{};
  runs.add(items);
  auto history = scoring_history::open(runs.path()).value();
  const auto found = load_hierarchy(history, "last").value();
  CHECK(find_row(history, found, "S").value() == 2);
  const auto absent = find_row(history, found, "T");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
}

TEST_CASE("a run from before parents were stored says so") {
  auto runs = stored_runs{};
  runs.add(items);
  runs.damage("UPDATE scoring_items SET details = NULL");
  const auto check = [&] {
    const auto found = load(runs);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == problem_kind::not_found);
    CHECK(found.error().message
          == "run 1 was stored without the parents of its items");
    CHECK(found.error().hint.find("score again") != std::string::npos);
  };
  check();
  // As a version that knew no such column left the store.
  runs.damage("ALTER TABLE scoring_items DROP COLUMN details;"
              "ALTER TABLE scoring_items DROP COLUMN figures;"
              "DROP INDEX scoring_runs_by_key;"
              "ALTER TABLE scoring_runs DROP COLUMN idempotency_key;"
              "ALTER TABLE scoring_runs DROP COLUMN report;"
              "DELETE FROM troupe_schema WHERE version > 1");
  check();
  // The next scoring brings it up to date.
  runs.add(items);
  CHECK(load(runs)->links.sums[0].descendants == 2);
}

TEST_CASE("damaged details are not read as if they were whole") {
  auto runs = stored_runs{};
  runs.add(items);
  runs.damage("UPDATE scoring_items SET details = x'FF' WHERE row = 1");
  CHECK(load(runs).error().kind == problem_kind::failed);
}

} // namespace troupe::scoring
