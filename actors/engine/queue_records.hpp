#pragma once

#include "actors/engine/run_ledger.hpp"
#include "messages/store.pb.h"
#include "runtime/store/migrations.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <map>
#include <optional>
#include <string>

namespace troupe::engine {

/// Who lets nothing new begin.
enum class hold_source : std::uint8_t {
  operators, ///< By hand; survives a restart.
  load, ///< The machine has too much to do.
};

/// What lets nothing new begin, as the store shows it.
struct recorded_holds {
  std::optional<queue_hold> paused;
  std::optional<queue_hold> loaded;
};

/// Its tables, beside the engine's.
[[nodiscard]] const runtime::migration_list& queue_schema();

void add_hold(messages::CommitTransaction& to, hold_source source,
              const queue_hold& hold);

void drop_hold(messages::CommitTransaction& to, hold_source source);

/// From now on these runs are marked as set aside, with why, and no others.
void add_set_aside(messages::CommitTransaction& to,
                   const std::map<run_number, std::string>& runs, instant now);

/// Nothing of a store that is older than these tables.
[[nodiscard]] runtime::outcome<recorded_holds>
read_holds(runtime::snapshot_reader& from);

[[nodiscard]] runtime::outcome<std::map<run_number, std::string>>
read_set_aside(runtime::snapshot_reader& from);

} // namespace troupe::engine
