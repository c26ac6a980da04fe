#pragma once

#include "actors/engine/guard_desk.hpp"
#include "messages/store.pb.h"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"

#include <string>
#include <vector>

namespace troupe::engine {

// How the state of guards is stored, and read back.

[[nodiscard]] const runtime::migration_list& guard_schema();

/// Adds the newest state of each of these guards.
void add_guard_records(messages::CommitTransaction& to,
                       const std::vector<named_guard_record>& records,
                       runtime::clock::wall_time now);

/// What is stored at `path`, in order of names. A state that is unreadable is
/// left out, with a warning in the log: its guard starts anew.
[[nodiscard]] runtime::outcome<std::vector<named_guard_record>>
read_guard_records(const std::string& path);

} // namespace troupe::engine
