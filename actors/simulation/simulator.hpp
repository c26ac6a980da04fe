#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulation_coordinator.hpp"
#include "actors/simulation/simulation_manner.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store.hpp"

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
  /// Has others simulate, too; absent: there are none.
  more_year_processors more_processors;
  /// File of the store; empty: nothing is stored.
  std::string store;
  /// Transactions that may wait for the store; beyond, they are refused.
  std::size_t store_queue_max = 10'000;
  /// Page cache of the store, in bytes.
  std::size_t store_cache_bytes = std::size_t{8} << 20;
  /// Finished runs the store keeps; 0: all.
  std::uint64_t runs_kept = 50;
  /// How long the actors may take to end; then they are left behind.
  std::chrono::milliseconds shutdown_timeout{10'000};
  /// For tests.
  year_hook before_task;
};

/// What is said of a run in the store.
struct simulation_names {
  std::string scenario;
  std::string census; ///< Where the people come from, for example a file.
  std::string version; ///< Of the program.
  /// A run that was begun with it before goes on, or is answered from the
  /// store; empty: none.
  std::string idempotency_key;
};

/// What one simulation is to do.
struct simulation_request {
  scenario parameters;
  /// The people of the start, in any order.
  people staff;
  person_ids ids;
  simulation_names names;
  simulation_manner manner;
  /// Folder for events.csv, snapshots.csv, years.json and run.json; empty: no
  /// files.
  std::string out;
  /// What run.json says, once all years are over.
  std::function<std::string(const messages::SimulationSummary& of)> describe;
  /// Takes each year as columns; absent: none are kept.
  std::function<void(simulation_run::finished_year year)> take_year;
};

/// How to go on with a run that is stored.
struct resume_request {
  /// By number, id or its beginning, or "last".
  std::string run = "last";
  simulation_manner manner;
  std::string out;
  std::function<std::string(const messages::SimulationSummary& of)> describe;
};

struct simulation_result {
  std::string run; ///< In the store; empty: it is not stored.
  /// Years that were in the store already.
  std::size_t years_before = 0;
  std::vector<year_totals> years;
  std::uint64_t csv_bytes = 0;
  /// Of events and rows of the years that were simulated now, as they are in
  /// memory and in the store.
  std::uint64_t raw_bytes = 0;
  std::uint64_t packed_bytes = 0;
  /// Tasks that were done again.
  std::uint64_t retries = 0;
  /// How often people were put away to stay within a limit of memory.
  std::uint64_t blocks_spilled = 0;
  /// The one at which the last year was computed.
  optimization level = optimization::high;
};

/// One of many projections of the same people.
struct projected_part {
  std::string label; ///< For example "seed 7".
  scenario parameters;
  std::vector<year_totals> years;
};

/// Many projections as one run of the store, with each of them as a part.
struct projected_batch {
  simulation_kind kind = simulation_kind::ensemble;
  simulation_names names;
  scenario parameters; ///< What they have in common.
  std::size_t people = 0;
  runtime::clock::wall_time started_at{};
  std::vector<projected_part> parts;
  std::string report; ///< What came of them, as JSON.
};

/// Simulates in this process: the door to the actors for programs that have
/// none of their own. One call at a time; not thread-safe.
class simulator {
public:
  /// Starts the actors and opens the store, if there is one already; the first
  /// simulation that is not refused makes it, and its folder. Problems are
  /// those of the store.
  [[nodiscard]] static runtime::outcome<simulator>
  create(simulator_options options = {});

  /// Uses actors and a store that run already; `options.store` is its file.
  /// Both outlive the simulator. Of the system's threads, one more than
  /// `options.workers` keeps everybody else answering.
  [[nodiscard]] static simulator attach(caf::actor_system& system,
                                        runtime::store_actor store,
                                        simulator_options options);

  simulator(simulator&&) noexcept;
  simulator& operator=(simulator&&) noexcept;
  ~simulator();

  /// Blocks until all years are over, stored, and the files are visible. A stop
  /// request makes it give up with a problem of kind `interrupted`; no file is
  /// visible then, and what is stored can go on. Unless told to fail fast, a
  /// run whose processors fail goes on at the next lower level, after the last
  /// year that is stored; not with a limit of memory and no store, since nobody
  /// has its people any more. Problems are those of check_people, of `project`
  /// and of the store.
  [[nodiscard]] runtime::outcome<simulation_result>
  simulate(simulation_request request,
           std::shared_ptr<simulation_progress> progress = nullptr,
           std::stop_token stop = {});

  /// Goes on with a run after the last year that is stored; the results are
  /// those of a run that nobody disturbed. A complete one is answered from the
  /// store. Problems: those of simulation_history and as above.
  [[nodiscard]] runtime::outcome<simulation_result>
  resume(const resume_request& request,
         std::shared_ptr<simulation_progress> progress = nullptr,
         std::stop_token stop = {});

  /// Projects the same people under each scenario, for their totals, in the
  /// order of the scenarios. All have the same first year.
  [[nodiscard]] runtime::outcome<std::vector<std::vector<year_totals>>>
  project(const people& staff, std::span<const scenario> scenarios,
          std::shared_ptr<simulation_progress> progress = nullptr,
          std::stop_token stop = {});

  /// Stores what came of `project`, and tells the run's id. Problems are those
  /// of the store.
  [[nodiscard]] runtime::outcome<std::string> keep(const projected_batch& of);

  /// The file of the store; empty: nothing is stored.
  [[nodiscard]] const std::string& store() const noexcept;

private:
  struct state;

  explicit simulator(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace troupe::simulation
