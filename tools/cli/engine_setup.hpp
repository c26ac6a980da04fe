#pragma once

#include "actors/engine/local_engine.hpp"
#include "actors/engine/run_retention.hpp"
#include "cluster/node/node.hpp"
#include "runtime/guard/guard_file.hpp"
#include "tools/activities/score_activity.hpp"
#include "tools/activities/simulate_activity.hpp"
#include "tools/cli/invocation.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tools {

struct engine_setup {
  /// Activities at the same time, and steps that may wait for their turn.
  std::size_t jobs = 16;
  std::size_t pending_max = 10'000;
  /// Limits of what is let in and goes at once; 0: none.
  std::size_t running_max = 0;
  std::uint32_t submissions_per_minute = 0;
  engine::load_limits load;
  /// "NAME=N": units of a resource that steps ask for. `cpu` and `memory` are
  /// those of the machine unless they are among these.
  std::vector<std::string> resources;
  /// "NAME=VALUE": what steps may ask of the engine's own worker, as typed, and
  /// as a file says.
  std::vector<std::string> labels;
  engine::worker_labels own_labels;
  /// The file of the guards that steps may name, and what it says.
  std::string guards_file;
  runtime::guard_file guards;
  /// Whether runs start that the schedules of the store say are due, and runs
  /// that are over go when they were kept long enough.
  bool runs_schedules = false;
  score_observer on_scoring;
  simulate_observer on_simulation;
  /// Where and how the leader of a cluster runs it: then workers do what needs
  /// no store. Absent: it runs by itself, and does everything.
  std::optional<cluster::leader_grant> grant;
  /// How long work that began under another leader may take to be heard of.
  std::chrono::milliseconds rebind_window{0};
};

/// One thread beside those that calculate, so that everybody else answers.
[[nodiscard]] std::size_t threads_of(const runtime::settings& settings);

/// What of this machine steps may ask for: what it has, and what `texts` say of
/// it, "NAME=N" each.
[[nodiscard]] runtime::outcome<engine::step_resources>
read_room(const std::vector<std::string>& texts);

/// What needs no store: processes and requests. Must be called before the first
/// thread; what comes of it adds them to any number of registries.
[[nodiscard]] runtime::outcome<std::function<void(engine::activity_registry&)>>
worker_activities(const runtime::environment_map& environment);

/// An engine over the store of the settings, with all activities that this
/// program has. Must come before the first thread.
[[nodiscard]] runtime::outcome<engine::local_engine>
start_engine(const invocation& with, engine_setup setup);

/// Reads the file of guards, if there is one: all that is wrong with it.
[[nodiscard]] tl::expected<void, std::vector<runtime::problem>>
load_guards(engine_setup& setup);

/// Declares what a command that starts an engine lets its user say of it.
void declare_engine_setup(CLI::App& app, engine_setup& setup);

/// The same of what it lets in.
void declare_engine_limits(CLI::App& app, engine_setup& setup);

/// How long runs are kept.
[[nodiscard]] engine::run_retention
retention_of(const runtime::settings& settings);

/// How this program scores.
[[nodiscard]] scoring::scorer_options
scorer_settings(const runtime::settings& settings);

/// How this program simulates.
[[nodiscard]] simulation::simulator_options
simulator_settings(const runtime::settings& settings);

/// Items a batch has if the command does not say; 0: as many as suit the
/// machine.
[[nodiscard]] std::size_t batch_size_of(const runtime::settings& settings);

/// Who gives the command, for the record: empty if nobody knows.
[[nodiscard]] std::string user_of(const invocation& with);

} // namespace troupe::tools
