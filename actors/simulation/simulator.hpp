#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulation_coordinator.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store.hpp"
#include "runtime/tabular/output_writer.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::simulation {

struct simulator_options {
  /// Year processors at the same time; 0: one per processor of the machine.
  std::size_t workers = 0;
  /// How long the actors may take to end; then they are left behind.
  std::chrono::milliseconds shutdown_timeout{10'000};
  /// For tests.
  year_hook before_task;
};

/// What one simulation is to do.
struct simulation_request {
  scenario parameters;
  /// The people of the start, in any order.
  people staff;
  person_ids ids;
  /// People of a block; changes nothing in the results.
  std::size_t block_people = 8'192;
  /// Folder for events.csv, snapshots.csv, years.json and run.json; empty: no
  /// files.
  std::string out;
  /// What run.json says, once all years are over.
  std::function<std::string(const messages::SimulationSummary& of)> describe;
  /// Takes each year as columns; absent: none are kept.
  std::function<void(simulation_run::finished_year year)> take_year;
};

struct simulation_result {
  std::vector<year_totals> years;
  std::uint64_t csv_bytes = 0;
  /// Tasks that were done again.
  std::uint64_t retries = 0;
};

/// Simulates in this process: the door to the actors for programs that have
/// none of their own. One call at a time; not thread-safe.
class simulator {
public:
  /// Starts the actors.
  [[nodiscard]] static runtime::outcome<simulator>
  create(simulator_options options = {});

  simulator(simulator&&) noexcept;
  simulator& operator=(simulator&&) noexcept;
  ~simulator();

  /// Blocks until all years are over and the files are visible. A stop request
  /// makes it give up with a problem of kind `interrupted`; no file is visible
  /// then. Problems are those of check_people and of `project`.
  [[nodiscard]] runtime::outcome<simulation_result>
  simulate(simulation_request request,
           std::shared_ptr<simulation_progress> progress = nullptr,
           std::stop_token stop = {});

  /// Projects the same people under each scenario, for their totals, in the
  /// order of the scenarios. All have the same first year.
  [[nodiscard]] runtime::outcome<std::vector<std::vector<year_totals>>>
  project(const people& staff, std::span<const scenario> scenarios,
          std::shared_ptr<simulation_progress> progress = nullptr,
          std::stop_token stop = {});

private:
  struct state;

  explicit simulator(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::simulation
