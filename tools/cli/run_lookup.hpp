#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_state.hpp"

#include <memory>
#include <string_view>

namespace troupe::tools {

/// A run with what its history makes of it.
struct found_run {
  engine::recorded_run record;
  std::unique_ptr<engine::run_state> state;
};

/// By a name as recorded_runs::find takes it, with its errors.
[[nodiscard]] runtime::outcome<found_run> find_run(engine::recorded_runs& runs,
                                                   std::string_view name);

} // namespace troupe::tools
