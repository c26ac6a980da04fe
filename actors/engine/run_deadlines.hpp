#pragma once

#include "actors/engine/run_ledger.hpp"
#include "messages/store.pb.h"
#include "runtime/store/migrations.hpp"

#include <cstdint>
#include <vector>

namespace troupe::engine {

/// Its table, beside the engine's: a row for each run that has a deadline.
[[nodiscard]] const runtime::migration_list& deadline_schema();

/// Adds to the transaction that stores these changes what was said of their
/// deadlines. Whoever has none costs nothing.
void add_deadlines(messages::CommitTransaction& to,
                   const std::vector<run_change>& changes,
                   const run_ledger& ledger);

/// How many runs there are of which that was said.
struct deadline_figures {
  std::int64_t near = 0; ///< Of open runs.
  std::int64_t overdue = 0; ///< The same: their deadline is missed.
  std::int64_t missed = 0; ///< Of all runs that are kept, these included.
};

} // namespace troupe::engine
