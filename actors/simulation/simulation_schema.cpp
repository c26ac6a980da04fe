#include "actors/simulation/simulation_schema.hpp"

namespace troupe::simulation {

const runtime::migration_list& simulation_schema() {
  // Blobs come last: whoever looks for a row by its other columns reads only
  // the page that it begins on.
  static const auto schema = runtime::migration_list{
    {"simulation", 1,
     "CREATE TABLE simulation_runs ("
     " number INTEGER PRIMARY KEY,"
     " run_id TEXT NOT NULL UNIQUE,"
     " parent TEXT," // Its run_id.
     " label TEXT NOT NULL,"
     " kind TEXT NOT NULL,"
     " scenario_name TEXT NOT NULL,"
     " digest INTEGER NOT NULL,"
     " seed INTEGER NOT NULL,"
     " census TEXT NOT NULL,"
     " people INTEGER NOT NULL,"
     " start_year INTEGER NOT NULL,"
     " end_year INTEGER NOT NULL,"
     " status TEXT NOT NULL,"
     " reason TEXT NOT NULL,"
     " started_at INTEGER NOT NULL," // Microseconds since 1970, UTC.
     " finished_at INTEGER,"
     " idempotency_key TEXT UNIQUE,"
     " version TEXT NOT NULL,"
     " scenario TEXT NOT NULL," // Canonical JSON.
     " report TEXT NOT NULL);" // JSON.
     "CREATE INDEX simulation_runs_by_parent ON simulation_runs (parent);"
     "CREATE TABLE simulation_people ("
     " run INTEGER NOT NULL,"
     " block INTEGER NOT NULL,"
     " first_key INTEGER NOT NULL,"
     " last_key INTEGER NOT NULL,"
     " people BLOB NOT NULL,"
     " ids BLOB NOT NULL,"
     " PRIMARY KEY (run, block));"
     "CREATE TABLE simulation_years ("
     " run INTEGER NOT NULL,"
     " year INTEGER NOT NULL,"
     " blocks INTEGER NOT NULL,"
     " raw_bytes INTEGER NOT NULL,"
     " packed_bytes INTEGER NOT NULL,"
     " seconds REAL NOT NULL,"
     " totals BLOB NOT NULL,"
     " PRIMARY KEY (run, year));"
     "CREATE TABLE simulation_blocks ("
     " run INTEGER NOT NULL,"
     " year INTEGER NOT NULL,"
     " block INTEGER NOT NULL,"
     " first_key INTEGER NOT NULL,"
     " last_key INTEGER NOT NULL,"
     " year_rows BLOB NOT NULL,"
     " events BLOB NOT NULL,"
     " PRIMARY KEY (run, year, block))"},
    {"simulation", 2,
     // The token of whoever may write, and since when.
     "ALTER TABLE simulation_runs ADD COLUMN claim TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE simulation_runs"
     " ADD COLUMN claimed_at INTEGER NOT NULL DEFAULT 0"},
  };
  return schema;
}

} // namespace troupe::simulation
