#pragma once

#include "messages/column_block.hpp"
#include "messages/simulation.pb.h"
#include "runtime/problem.hpp"
#include "runtime/pulling_workers.hpp"
#include "runtime/task_board.hpp"

#include <cstddef>
#include <optional>

namespace troupe::simulation {

/// What a coordinator needs of whoever decides which tasks there are. Pure:
/// answers and failures go in as they happen, tasks come out.
class simulation_tasks {
public:
  using worker_id = runtime::task_board::worker_id;

  /// A task for a processor, with its block.
  struct offer {
    messages::SimulationTask task;
    messages::column_block block;
  };

  simulation_tasks() = default;
  simulation_tasks(const simulation_tasks&) = delete;
  simulation_tasks& operator=(const simulation_tasks&) = delete;
  virtual ~simulation_tasks() = default;

  /// Has to be called once, before anything else.
  [[nodiscard]] virtual runtime::outcome<void> start() = 0;

  /// How many processors there are on other nodes: more is kept ready.
  virtual void set_far_workers(std::size_t count) noexcept = 0;

  /// The next task; nothing while there is none to give.
  [[nodiscard]] virtual std::optional<offer> take(worker_id worker,
                                                  runtime::worker_place place)
    = 0;

  /// A problem, here and below, ends the run.
  [[nodiscard]] virtual runtime::outcome<void>
  complete(const messages::SimulationTaskResult& result,
           const messages::column_block& block)
    = 0;

  [[nodiscard]] virtual runtime::outcome<void>
  fail(const messages::SimulationTaskFailure& failure) = 0;

  /// A processor died: what it held is done by others.
  [[nodiscard]] virtual runtime::outcome<void> lose(worker_id worker) = 0;

  /// A processor on another node is slow: what it holds is done by others. It
  /// may go on taking tasks.
  virtual void take_back(worker_id worker) = 0;

  [[nodiscard]] virtual bool is_done() const = 0;
};

} // namespace troupe::simulation
