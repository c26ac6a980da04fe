#pragma once

#include "messages/engine_call.pb.h"
#include "runtime/problem.hpp"
#include "tools/api/engine_line.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace troupe::tools {

/// Asks an engine from any thread, wherever it is; each call blocks until it is
/// answered, or for as long as somebody on the other side of a network waits.
/// After a `timeout` or `stop` what was asked for may still happen.
class engine_port {
public:
  engine_port(const open_engine_line& open, std::chrono::milliseconds patience);
  engine_port(const engine_port&) = delete;
  engine_port& operator=(const engine_port&) = delete;
  ~engine_port();

  [[nodiscard]] runtime::outcome<messages::RunAccepted>
  submit(const messages::SubmitRun& wanted);

  [[nodiscard]] runtime::outcome<messages::RunChanged>
  change(const messages::ChangeRun& wanted);

  [[nodiscard]] runtime::outcome<messages::WorkflowApplied>
  apply(const messages::ApplyWorkflow& wanted);

  [[nodiscard]] runtime::outcome<messages::EngineStatus>
  status(std::chrono::milliseconds patience);

  [[nodiscard]] runtime::outcome<messages::EngineStatus> status() {
    return status(patience_);
  }

  [[nodiscard]] runtime::outcome<messages::GuardStates> guards();
  [[nodiscard]] runtime::outcome<messages::QueueReport> queue();

  [[nodiscard]] runtime::outcome<messages::QueueChanged>
  change(const messages::ChangeQueue& wanted);

  /// How the cluster looks from this node; `invalid_input`: it is no node.
  [[nodiscard]] runtime::outcome<messages::ClusterStatus> cluster();

  /// How busy the nodes are, or only this one.
  [[nodiscard]] runtime::outcome<messages::ClusterLoad>
  cluster_load(bool only_this);

  /// Waits for the end of a run: `timeout` if it is not over by then,
  /// `unavailable` when too many are waiting.
  [[nodiscard]] runtime::outcome<messages::RunResult>
  await(const std::string& run_id, std::chrono::milliseconds patience);

  /// From now on nobody is kept waiting: `unavailable` unless the answer is
  /// there.
  void stop();

  /// How many wait for the end of a run now.
  [[nodiscard]] std::size_t waiting() const;

private:
  struct call_book;

  runtime::outcome<messages::EngineAnswer>
  ask(messages::EngineCall call, std::chrono::milliseconds patience);

  runtime::outcome<messages::EngineAnswer> ask(messages::EngineCall call) {
    return ask(std::move(call), patience_);
  }

  std::chrono::milliseconds patience_;
  std::shared_ptr<call_book> book_;
  engine_line line_;
};

} // namespace troupe::tools
