#pragma once

#include "actors/simulation/simulation_record.hpp"
#include "actors/simulation/simulation_run.hpp"
#include "actors/simulation/state_keeper.hpp"
#include "actors/simulation/year_processor.hpp"
#include "runtime/store/store.hpp"
#include "runtime/tabular/output_writer.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace troupe::simulation {

/// Runs one scenario, or projects its people under many: gives tasks to the
/// processors that pull, has years written and stored. Lives as long as the
/// run.
using simulation_coordinator_actor = year_tasks_actor::extend<
  // Runs all years; answered once the last one is stored and the files are
  // visible. Errors are problems. Once per coordinator, as is the next.
  caf::replies_to<messages::RunSimulation>::with<messages::SimulationSummary>,
  // Projects the people under other scenarios, for their totals.
  caf::replies_to<messages::RunProjections>::with<messages::Projections>,
  // Gives up: files do not become visible, years that are stored stay.
  caf::reacts_to<messages::CancelSimulation>>;

/// How far a run is; written by its coordinator, read by anybody.
struct simulation_progress {
  std::atomic<std::int32_t> year{0}; ///< The one it is at.
  std::atomic<std::uint64_t> years_over{0};
  std::atomic<double> share{0.0}; ///< Of the whole run, 0 to 1.
  /// How often people were put away to stay within a limit of memory.
  std::atomic<std::uint64_t> blocks_spilled{0};
};

/// Where a coordinator has its years stored.
struct simulation_storage {
  /// Absent: nothing is stored.
  runtime::store_actor store;
  /// Its file, for problems.
  std::string file;
  /// The transaction that stores blocks of a year.
  std::function<store_request(const simulation_run::commit& blocks)> record;
  /// The transaction that says that the run is complete.
  std::function<store_request(const messages::SimulationSummary& of)> finish;
  /// Loads people that are not in memory; absent where they can stay there.
  /// Ends with the run.
  state_keeper_actor keeper;
};

struct simulation_coordinator_options {
  simulation_run_options run;
  year_processor_options processor;
  /// Has others pull, too, beside `run.workers`; absent: there are none.
  more_year_processors more_processors;
  /// Absent: nothing is written. Has events.csv, snapshots.csv, years.json and
  /// run.json.
  runtime::output_writer_actor writer;
  /// What is known of the run, for run.json.
  std::function<std::string(const messages::SimulationSummary& of)> describe;
  simulation_storage storage;
  /// Takes each year as columns, if the run keeps them; not for long, since
  /// nothing goes on meanwhile. Throws nothing.
  std::function<void(simulation_run::finished_year year)> take_year;
  /// Absent: nobody looks.
  std::shared_ptr<simulation_progress> progress;
  std::chrono::milliseconds writer_timeout{120'000};
  std::chrono::milliseconds store_timeout{600'000};
  std::chrono::milliseconds load_timeout{120'000}; ///< For each block.
  /// After so long, and twice as long as any task took, what a processor on
  /// another node is at is done here, if somebody has nothing else to do.
  std::chrono::milliseconds straggler_patience{2'000};
};

simulation_coordinator_actor
spawn_simulation_coordinator(caf::actor_system& system,
                             simulation_coordinator_options options);

} // namespace troupe::simulation
