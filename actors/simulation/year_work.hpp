#pragma once

#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_plan.hpp"
#include "messages/column_block.hpp"
#include "messages/simulation.pb.h"
#include "runtime/problem.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::simulation {

/// Sees a task and its block before the task is done.
using year_hook = std::function<void(const messages::SimulationTask&,
                                     const messages::column_block&)>;

/// Memory of blocks, used again once nobody has them any more, in whatever
/// thread that is: fresh memory would take longer than the kernels, and what
/// another thread frees may not come back at once.
class block_pool {
public:
  /// One that was used before, or a new one.
  [[nodiscard]] std::shared_ptr<year_block> take();

private:
  struct shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<year_block>> blocks;
  };

  std::shared_ptr<shelf> shelf_ = std::make_shared<shelf>();
};

/// Does the tasks of a simulation: the calls of the kernels, with messages
/// around them. Keeps the newest context it was given. Not thread-safe; one per
/// processor.
class year_work {
public:
  struct finished {
    messages::SimulationTaskResult result;
    messages::column_block block;
  };

  explicit year_work(year_hook before_task = {})
    : before_task_{std::move(before_task)} {}

  using answer = std::variant<finished, messages::SimulationTaskFailure>;

  /// A problem means that the input is to blame and no other attempt will fare
  /// better. May throw, for want of memory: then another attempt may fare
  /// better.
  [[nodiscard]] runtime::outcome<finished>
  perform(const messages::SimulationTask& task,
          const messages::column_block& block);

  /// The same as an answer, also where it throws a std::exception.
  [[nodiscard]] answer try_perform(const messages::SimulationTask& task,
                                   const messages::column_block& block);

private:
  runtime::outcome<void> accept(const messages::SimulationContext& context);
  runtime::outcome<finished> count(const messages::SimulationTask& task,
                                   const messages::column_block& block) const;
  runtime::outcome<finished> list(const messages::SimulationTask& task,
                                  const messages::column_block& block) const;
  runtime::outcome<finished> simulate(const messages::SimulationTask& task,
                                      const messages::column_block& block);
  runtime::outcome<void> run_kernel(const messages::SimulationTask& task,
                                    const messages::column_block& block,
                                    year_block& made) const;
  std::vector<rule_violation> check(const messages::SimulationTask& task,
                                    const messages::column_block& block,
                                    const year_block& made) const;
  runtime::outcome<void> add_text(const messages::SimulationTask& task,
                                  const messages::column_block& block,
                                  const year_block& made,
                                  std::vector<messages::column>& columns) const;

  year_hook before_task_;
  messages::SimulationContext context_;
  year_plan plan_;
  block_pool pool_;
};

} // namespace troupe::simulation
