// The schemas and queries of all subsystems in PostgreSQL.
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/engine/run_records.hpp"
#include "actors/engine/run_retention.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "actors/simulation/simulation_check.hpp"
#include "actors/simulation/simulation_history.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/store_writer.hpp"
#include "tests/runtime/store/store_place.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

migration_list whole_schema() {
  auto schema = engine::engine_schema();
  for (const auto* more :
       {&scheduler::scheduler_schema(), &scoring::scoring_schema(),
        &simulation::simulation_schema()})
    schema.insert(schema.end(), more->begin(), more->end());
  return schema;
}

store_writer open_whole(const store_place& at) {
  auto options = store_options{};
  options.path = at.path();
  auto writer = store_writer::open(options, whole_schema(), {});
  if (!writer)
    FAIL(render(writer.error()));
  return std::move(*writer);
}

/// "table.column" for each column of a table or view.
std::set<std::string> columns_of(const store_place& at) {
  const auto* const sql
    = at.is_postgres()
        ? "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)"
          " FROM information_schema.columns"
          " WHERE table_schema = current_schema()"
        : "SELECT m.name, c.name FROM sqlite_master m,"
          " pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')";
  auto found = std::set<std::string>{};
  const auto connection = at.connect();
  const auto done = connection->query(sql, {}, [&](const sql_row& row) {
    const auto table = std::string{row.text(0)};
    if (table != "troupe_writers") // The lock of PostgreSQL.
      found.insert(table + "." + std::string{row.text(1)});
  });
  if (!done)
    FAIL(render(done.error()));
  return found;
}

void fill(store_writer& writer) {
  auto request = write_request{};
  for (const auto* sql :
       {"INSERT INTO engine_workflow_versions VALUES (7, 'w', '{}', 1)",
        "INSERT INTO engine_workflows VALUES ('w', 7, 1700000000123456, 'me')",
        "INSERT INTO engine_runs VALUES (1, 'r1', 'w', 7, 'completed', 1, 2,"
        " NULL, 'me', '', 1700000000000000, 1700000002500000, '', '', '', 0)",
        "INSERT INTO engine_runs VALUES (2, 'r2', 'w', 7, 'failed', 1, 2,"
        " NULL, 'me', 'r1', 1700000000000000, 1700000003000000, '', '', '', "
        "0)"})
    request.transaction.add_statements()->set_sql(sql);
  const auto result = writer.commit({&request, 1}).front();
  if (!result)
    FAIL(result.error().text);
}

/// All cells of a view as texts.
std::vector<std::string> cells_of(const store_place& at,
                                  const std::string& view) {
  auto reader = snapshot_reader::open(at.path()).value();
  auto cells = std::vector<std::string>{};
  const auto done = reader.query(
    "SELECT * FROM " + view + " ORDER BY id", {}, [&](const sql_row& row) {
      for (std::size_t i = 0; i < row.size(); ++i)
        cells.push_back(std::string{row.name(i)} + "="
                        + (row.type(i) == sqlite_type::real
                             ? std::to_string(row.real(i))
                             : std::string{row.text(i)}));
    });
  if (!done)
    FAIL(render(done.error()));
  return cells;
}

} // namespace

TEST_CASE("all schemas are the same in both databases") {
  const auto file = store_place{store_kind::sqlite};
  const auto server = store_place{store_kind::postgres};
  auto first = open_whole(file);
  auto second = std::optional{open_whole(server)};
  CHECK(columns_of(file) == columns_of(server));
  CHECK(columns_of(file).size() > 100);
  second.reset();
  second = open_whole(server); // What is there is not made again.
  fill(first);
  fill(*second);
  for (const auto* view :
       {"service_registry", "workflow_management", "orchestration_metrics"}) {
    CAPTURE(view);
    CHECK(cells_of(file, view) == cells_of(server, view));
    CHECK(cells_of(server, view).size() > 10);
  }
}

TEST_CASE("the histories of all subsystems read from PostgreSQL") {
  const auto place = store_place{store_kind::postgres};
  auto writer = open_whole(place);
  fill(writer);
  auto runs = engine::recorded_runs::open(place.path()).value();
  REQUIRE(runs.begin_snapshot());
  CHECK(runs.has_any().value());
  CHECK(runs.last_number().value() == 2);
  CHECK(runs.find("r1").value().number == 1);
  CHECK(runs.workflows().value().size() == 1);
  CHECK(runs.orphans());
  CHECK(runs.deadlines());
  CHECK(runs.holds());
  CHECK(runs.set_aside().value().empty());
  CHECK(runs.last_epoch().value() == 0);
  CHECK(engine::check_runs(place.path()).problems.size()
        == 2); // Their histories are missing.

  auto schedules = scheduler::recorded_schedules::open(place.path()).value();
  CHECK(schedules.has_any().value()); // There are the tables.
  CHECK(schedules.list().value().empty());
  CHECK(schedules.last_epoch());

  auto scorings = scoring::scoring_history::open(place.path()).value();
  CHECK(scorings.has_keys().value());
  CHECK_FALSE(scorings.find_run("latest"));
  CHECK(scoring::check_scorings(place.path()).problems.empty());

  auto simulations = simulation::simulation_history::open(place.path()).value();
  CHECK_FALSE(simulations.find_run("latest"));
  CHECK(simulation::check_simulations(place.path()).problems.empty());
}

TEST_CASE("old runs are deleted from PostgreSQL") {
  const auto place = store_place{store_kind::postgres};
  auto writer = open_whole(place);
  fill(writer);
  auto old = engine::surplus_run{};
  old.number = 1;
  old.ended_at = from_microseconds(1'700'000'002'500'000);
  const auto request = engine::prune_request(
    {old}, {}, {}, from_microseconds(1'800'000'000'000'000));
  const auto result = writer.commit({&request, 1}).front();
  if (!result)
    FAIL(result.error().text);
  CHECK(number_from(*place.connect(), "SELECT count(*) FROM engine_runs") == 1);
}
