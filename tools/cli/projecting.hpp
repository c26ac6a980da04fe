#pragma once

#include "actors/simulation/checked.hpp"
#include "actors/simulation/projector.hpp"
#include "actors/simulation/simulator.hpp"
#include "runtime/clock.hpp"
#include "tools/activities/simulate_arguments.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace troupe::tools {

/// People, a simulator, and who wants it to stop: what commands need that
/// project many scenarios.
class projecting {
public:
  /// Reads the census, says on stderr what is wrong with it, and starts actors.
  static simulation::checked<std::unique_ptr<projecting>>
  begin(const simulate_plan& plan, const invocation& with, bool is_stored);

  /// Under each scenario, with one line of progress on a terminal.
  [[nodiscard]] runtime::outcome<std::vector<simulation::projected_years>>
  project(std::span<const simulation::scenario> scenarios);

  /// Stores what came of it, `report` as JSON; does nothing where nothing is
  /// stored.
  [[nodiscard]] runtime::outcome<void>
  keep(simulation::simulation_kind kind,
       std::vector<simulation::projected_part> parts,
       const std::string& report);

  [[nodiscard]] std::size_t people() const noexcept {
    return staff_.size();
  }

  /// Its id in the store, or empty.
  [[nodiscard]] const std::string& run() const noexcept {
    return run_;
  }

private:
  projecting(const invocation& with, simulate_plan plan);

  interruption stop_; // Before the first thread.
  const invocation& with_;
  simulate_plan plan_;
  simulation::people staff_;
  std::optional<simulation::simulator> simulator_;
  runtime::clock::wall_time started_at_ = runtime::real_clock{}.now();
  std::string run_;
};

} // namespace troupe::tools
