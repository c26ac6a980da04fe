#pragma once

#include "actors/engine/local_engine.hpp"
#include "messages/engine.pb.h"
#include "messages/queue_call.pb.h"
#include "runtime/problem.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

namespace troupe::tools {

/// Asks the engine of this process from any thread; each call blocks until it
/// is answered, or for as long as somebody on the other side of a network
/// waits. After a `timeout` what was asked for may still happen.
class engine_port {
public:
  /// `engine` must outlive this.
  explicit engine_port(engine::local_engine& engine,
                       std::chrono::milliseconds patience);
  engine_port(const engine_port&) = delete;
  engine_port& operator=(const engine_port&) = delete;
  ~engine_port();

  [[nodiscard]] runtime::outcome<messages::RunAccepted>
  submit(const messages::SubmitRun& wanted);

  [[nodiscard]] runtime::outcome<messages::RunChanged>
  change(const messages::ChangeRun& wanted);

  [[nodiscard]] runtime::outcome<messages::WorkflowApplied>
  apply(const messages::ApplyWorkflow& wanted);

  [[nodiscard]] runtime::outcome<messages::EngineStatus> status();

  [[nodiscard]] runtime::outcome<messages::GuardStates> guards();
  [[nodiscard]] runtime::outcome<messages::QueueReport> queue();

  [[nodiscard]] runtime::outcome<messages::QueueChanged>
  change(const messages::ChangeQueue& wanted);

  /// Waits for the end of a run: `timeout` if it is not over by then,
  /// `unavailable` when a stop is requested or too many are waiting.
  [[nodiscard]] runtime::outcome<messages::RunResult>
  await(const std::string& run_id, std::chrono::milliseconds patience,
        const std::stop_token& stop);

  /// How many wait for the end of a run now.
  [[nodiscard]] std::size_t waiting() const;

private:
  struct endings;

  template <class Reply, class Request>
  runtime::outcome<Reply> ask(const Request& wanted);

  engine::local_engine& engine_;
  std::chrono::milliseconds patience_;
  std::shared_ptr<endings> endings_;
};

} // namespace troupe::tools
