#pragma once

#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_state.hpp"
#include "tools/cli/guard_waits.hpp"
#include "tools/cli/run_report.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tools {

/// A run with what its history makes of it.
struct found_run {
  engine::recorded_run record;
  std::unique_ptr<engine::run_state> state;
};

/// By a name as recorded_runs::find takes it, with its errors.
[[nodiscard]] runtime::outcome<found_run> find_run(engine::recorded_runs& runs,
                                                   std::string_view name);

/// Why the run does not end, and why each of its steps that is not over, with
/// the reasons of the children that it waits for and of the guards that steps
/// are behind. What is ready waits for the queue if that is paused.
[[nodiscard]] runtime::outcome<std::vector<waiting_link>>
waiting_chain(engine::recorded_runs& runs, const found_run& run,
              const guards_then& guards);

/// Says of a key that a run waits for who has it.
[[nodiscard]] runtime::outcome<void>
name_holders(std::vector<waiting_link>& chain, const engine::run_state& run,
             const std::string& store);

} // namespace troupe::tools
