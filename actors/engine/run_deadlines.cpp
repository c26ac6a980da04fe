#include "actors/engine/run_deadlines.hpp"

#include "runtime/store/transactions.hpp"

namespace troupe::engine {

const runtime::migration_list& deadline_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_deadlines", 1,
     "CREATE TABLE engine_deadlines ("
     " run INTEGER PRIMARY KEY,"
     " deadline_at INTEGER NOT NULL,"
     " said TEXT NOT NULL)"}, // Empty, near, missed.
  };
  return schema;
}

void add_deadlines(messages::CommitTransaction& to,
                   const std::vector<run_change>& changes,
                   const run_ledger& ledger) {
  for (const auto& change : changes) {
    const auto& run = *ledger.find(change.number);
    const auto at = run.submission().deadline_at();
    if (at == 0)
      continue;
    runtime::add_statement(
      to,
      "INSERT INTO engine_deadlines (run, deadline_at, said) VALUES (?1, ?2,"
      " ?3) ON CONFLICT (run) DO UPDATE SET said = excluded.said",
      {change.number, std::int64_t{at},
       std::string{to_string(run.said_of_deadline())}});
  }
}

} // namespace troupe::engine
