#pragma once

#include "messages/engine_call.pb.h"
#include "runtime/frames/frame_client.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::engine {

/// Where the engine that owns a store listens.
[[nodiscard]] std::string socket_of(const std::string& store);

/// Asks the engine of another process. Blocks; not thread-safe.
class engine_client {
public:
  /// `unavailable` if no engine listens there.
  [[nodiscard]] static runtime::outcome<engine_client>
  connect(const std::string& socket);

  [[nodiscard]] runtime::outcome<messages::RunAccepted>
  submit(const messages::SubmitRun& wanted);

  [[nodiscard]] runtime::outcome<messages::RunsAccepted>
  submit(const messages::SubmitRuns& wanted);

  [[nodiscard]] runtime::outcome<messages::WorkflowApplied>
  apply(const messages::ApplyWorkflow& wanted);

  [[nodiscard]] runtime::outcome<messages::RunChanged>
  change(const messages::ChangeRun& wanted);

  /// `timeout` when the run is not over by then.
  [[nodiscard]] runtime::outcome<messages::RunResult>
  await(const std::string& run_id, std::chrono::milliseconds patience);

  [[nodiscard]] runtime::outcome<messages::RunProgress>
  progress(const std::string& run_id);

  [[nodiscard]] runtime::outcome<messages::EngineStatus> status();

  [[nodiscard]] runtime::outcome<messages::ScheduleAnswer>
  add(const messages::AddSchedule& wanted);

  [[nodiscard]] runtime::outcome<messages::ScheduleAnswer>
  change(const messages::ChangeSchedule& wanted);

  [[nodiscard]] runtime::outcome<messages::QueueReport> queue();

  [[nodiscard]] runtime::outcome<messages::QueueChanged>
  change(const messages::ChangeQueue& wanted);

  /// Who runs in the server, and below whom.
  [[nodiscard]] runtime::outcome<messages::Tree> tree();

  [[nodiscard]] runtime::outcome<messages::DeadLettersDropped>
  drop(const messages::DropDeadLetters& wanted);

  /// In order of names.
  [[nodiscard]] runtime::outcome<messages::GuardStates> guards();

  [[nodiscard]] runtime::outcome<messages::GuardStates>
  reset(const messages::ResetGuard& wanted);

  /// Deletes runs that are over; ask again while there is more.
  [[nodiscard]] runtime::outcome<messages::RunsPruned>
  prune(const messages::PruneRuns& wanted);

  /// How the cluster looks from the node that listens there; a server that is
  /// no node does not know (`invalid_input`).
  [[nodiscard]] runtime::outcome<messages::ClusterStatus> cluster();

  /// How busy its nodes are; takes about a second if one of them is silent.
  [[nodiscard]] runtime::outcome<messages::ClusterLoad> cluster_load();

  [[nodiscard]] runtime::outcome<messages::ClusterChanged>
  change(const messages::ChangeCluster& wanted);

  // -- many questions under way
  // --------------------------------------------------

  /// Sends a question ahead; returns its id. Not before `receive` or `flush` is
  /// it sure to be on its way.
  std::uint64_t ask(messages::EngineCall call);

  runtime::outcome<void> flush() {
    return frames_.flush();
  }

  /// The next answer, to whichever question.
  [[nodiscard]] runtime::outcome<messages::EngineAnswer>
  receive(std::chrono::milliseconds patience);

private:
  explicit engine_client(runtime::frame_client frames)
    : frames_{std::move(frames)} {}

  runtime::outcome<messages::EngineAnswer>
  call(messages::EngineCall what, std::chrono::milliseconds patience);

  runtime::frame_client frames_;
  std::uint64_t last_id_ = 0;
};

} // namespace troupe::engine
