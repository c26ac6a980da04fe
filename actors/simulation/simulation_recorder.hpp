#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/simulation_coordinator.hpp"
#include "actors/simulation/simulation_record.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store_host.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace troupe::simulation {

/// What a run's transactions need to know beside its results.
struct recorder_options {
  run_claim claim;
  std::uint64_t runs_kept = 0;
  /// The time, for what is stored of it.
  std::function<runtime::clock::wall_time()> now{};
  /// What is known of the run at its end, as run.json; may be empty.
  std::function<std::string(const messages::SimulationSummary& of)> describe{};
};

/// Has a run stored by the store of a host: its beginning and its end by
/// itself, its years by way of a coordinator. Blocks on the disk.
class simulation_recorder {
public:
  /// The host outlives it.
  simulation_recorder(const runtime::store_host& host,
                      recorder_options options);

  /// Stores a run that begins, with its people in order. Problems are those of
  /// the store; `conflict`: there is a run with its key.
  [[nodiscard]] runtime::outcome<void> begin(const simulation_header& header,
                                             const people_view& everybody,
                                             const person_ids& ids);

  /// Before a run goes on after this year. Nobody else who computes it can
  /// store anything from then on. `conflict`: it is completed.
  [[nodiscard]] runtime::outcome<void>
  take_over(std::int32_t last_committed_year);

  /// For the coordinator that runs its years, once.
  [[nodiscard]] runtime::outcome<simulation_storage> storage() const;

  /// Reads the people of the run as they are stored; ends by itself with
  /// whoever has it.
  [[nodiscard]] state_keeper_actor spawn_keeper() const;

  /// Stores a run that is complete, with its parts; `report` is JSON.
  [[nodiscard]] runtime::outcome<void>
  record_parts(const simulation_header& header,
               std::span<const simulation_child> children,
               const std::string& report);

  /// Stores why the run has ended early. What the store says to that is lost:
  /// the run has failed anyway, and can go on from its last year.
  void end_early(const runtime::problem& reason);

private:
  /// Problems name the store's file.
  [[nodiscard]] runtime::outcome<void> commit(store_request request) const;

  const runtime::store_host& host_;
  std::shared_ptr<const recorder_options> options_;
};

} // namespace troupe::simulation
