#pragma once

#include "actors/engine/activity_registry.hpp"
#include "actors/engine/engine.hpp"
#include "actors/engine/load_limits.hpp"
#include "messages/engine.pb.h"
#include "runtime/problem.hpp"
#include "runtime/store/store_options.hpp"
#include "runtime/supervision/supervisor.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::engine {

/// Somebody who runs beside the engine, and is started anew with it.
struct engine_companion {
  std::string id;
  /// As runtime::child_spec::start, with the store and the engine as they run
  /// now.
  std::function<caf::actor(caf::actor_system&, const runtime::store_actor&,
                           const engine_actor&)>
    start;
};

struct local_engine_options {
  /// Where its actors run, which has to outlive it; null: in a system of its
  /// own.
  caf::actor_system* system = nullptr;
  /// The store, a file or an address; a file is made with its folder if it is
  /// not there.
  std::string store;
  /// Without which it may not write.
  runtime::write_fence fence;
  /// How much may wait.
  run_ledger_options ledger;
  /// How busy the machine may be before nothing new begins.
  load_limits load;
  /// Activities at the same time.
  std::size_t activities_max = 16;
  /// What the activities share; absent: as many processors and as much memory
  /// as they ask for, and nothing else.
  std::optional<step_resources> room;
  /// What steps may ask of its own host by name.
  worker_labels labels;
  /// Threads that run actors, in a system of its own; zero: one per processor.
  std::size_t threads = 0;
  /// Transactions that may wait for the store; beyond, they are refused.
  std::size_t store_queue_max = 10'000;
  /// Page cache of the store, in bytes.
  std::size_t store_cache_bytes = std::size_t{8} << 20;
  /// Tables of the store beside the engine's own.
  std::vector<runtime::migration_list> schemas;
  /// Whether its own host answers `noop`; no: that is for hosts elsewhere.
  bool has_noop = true;
  /// Adds further activities; `store` is the one that the engine uses.
  /// Called whenever a host starts.
  std::function<void(activity_registry&, const runtime::store_actor& store)>
    add_activities;
  /// Started after the engine and the activities.
  std::vector<engine_companion> companions;
  /// How long the activities may take to end when it stops.
  std::chrono::milliseconds shutdown_timeout{30'000};
};

/// An engine with everything it needs in this process: store, validator, a host
/// for activities, each supervised. Open runs of the store go on as soon as it
/// starts. Its calls block; make and destroy it on the same thread.
class local_engine {
public:
  /// `unavailable` when another process owns the store, `invalid_input` when it
  /// is none.
  [[nodiscard]] static runtime::outcome<local_engine>
  start(local_engine_options options);

  local_engine(local_engine&&) noexcept;
  local_engine& operator=(local_engine&&) noexcept;

  /// Stops activities with their grace; runs that are not over stay in the
  /// store, and go on with the next engine.
  ~local_engine();

  /// Lets other processes of this user ask, over that Unix socket. Errors as
  /// engine_gateway::open.
  [[nodiscard]] runtime::outcome<void> listen(const std::string& socket);

  /// Returns once it is stored.
  [[nodiscard]] runtime::outcome<messages::RunAccepted>
  submit(const messages::SubmitRun& wanted);

  [[nodiscard]] runtime::outcome<messages::RunChanged>
  change(const messages::ChangeRun& wanted);

  [[nodiscard]] runtime::outcome<messages::WorkflowApplied>
  apply(const messages::ApplyWorkflow& wanted);

  /// Waits for the end of a run. When `stop` asks for it, the run is cancelled
  /// on behalf of `by`, once.
  [[nodiscard]] runtime::outcome<messages::RunResult>
  await(const std::string& run_id, const std::stop_token& stop,
        const std::string& by);

  /// From any thread.
  [[nodiscard]] runtime::outcome<messages::RunProgress>
  progress(const std::string& run_id);

  /// For programs that send messages themselves.
  [[nodiscard]] caf::actor_system& system();

  /// The engine as it runs now; `unavailable` while it is being restarted.
  [[nodiscard]] runtime::outcome<engine_actor> engine();

  /// Of everybody in it.
  [[nodiscard]] runtime::supervisor_actor root() const;

private:
  struct state;

  explicit local_engine(std::unique_ptr<state> made) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace troupe::engine
