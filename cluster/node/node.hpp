#pragma once

#include "actors/engine/activity_host.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/scoring/score_worker.hpp"
#include "actors/simulation/year_processor.hpp"
#include "cluster/node/node_file.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/store_options.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::cluster {

/// With what a node leads.
struct leader_grant {
  /// Its name.
  std::string node;
  /// Where the engine's actors are to run.
  caf::actor_system* system = nullptr;
  /// Without which nothing may be stored; empty where there is no other
  /// coordinator.
  runtime::write_fence fence;
  /// Who has to run beside the engine.
  std::vector<engine::engine_companion> companions;
  /// Have other nodes do tasks of scorings and simulations, too.
  scoring::more_score_workers more_score_workers;
  simulation::more_year_processors more_year_processors;
};

struct node_options {
  node_file file;
  std::string build; ///< Version of the program.
  /// Threads that run actors; zero: one per processor.
  std::size_t threads = 0;
  /// Tasks of other nodes' scorings and simulations that a worker does at the
  /// same time; zero: one per processor.
  std::size_t slots = 0;
  /// How long what runs here may take to end.
  std::chrono::milliseconds shutdown_timeout{10'000};
  /// Must outlive the node.
  const runtime::clock* time = nullptr;
  /// What references to secrets are looked up in.
  runtime::environment_map environment;
  /// What a worker can do beside `noop`, and what there is for it.
  std::function<void(engine::activity_registry&)> add_activities;
  std::optional<engine::step_resources> room;
  /// Starts the engine of a coordinator that leads from now on. May block.
  std::function<runtime::outcome<engine::local_engine>(leader_grant)>
    start_engine;
};

/// A process of a cluster: links, membership and, by its roles, leadership with
/// the engine, and activities. Make, run and destroy it on one thread.
class node {
public:
  /// Errors: `invalid_input` and `denied` for certificates, addresses and the
  /// incarnation's file, `unavailable` when somebody has the address, the
  /// socket or the folder.
  [[nodiscard]] static runtime::outcome<std::unique_ptr<node>>
  start(node_options options);

  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Says farewell, gives back what it holds, and stops.
  ~node();

  /// Leads whenever it is its turn, until a stop is requested and what runs
  /// here has ended or its grace is over (then it is nothing wrong), or the
  /// node cannot go on: `conflict` when another process has its name or an
  /// operator removed it, `denied` when its certificate has ended or is
  /// revoked, `failed` when one of its parts ended. Then it does not lead any
  /// more, and others may.
  [[nodiscard]] runtime::outcome<void> run(const std::stop_token& stop);

  /// HOST:PORT as it listens.
  [[nodiscard]] const std::string& address() const;

  /// Where programs of this machine ask, in the data folder.
  [[nodiscard]] std::string socket() const;

  /// The file of the token for programs that ask over HTTP.
  [[nodiscard]] std::string token() const;

  /// Lets somebody in this process ask as programs at the socket do, from any
  /// thread while the node lives: what is returned takes serialised
  /// EngineCalls, `answers` gets each EngineAnswer. One at a time, the last one
  /// counts.
  [[nodiscard]] std::function<void(std::string)>
  open_line(std::function<void(std::span<const std::string>)> answers);

private:
  struct parts;

  explicit node(std::unique_ptr<parts> made);

  std::unique_ptr<parts> parts_;
};

} // namespace troupe::cluster
