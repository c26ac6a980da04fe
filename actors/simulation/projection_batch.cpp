#include "actors/simulation/projection_batch.hpp"

#include "actors/simulation/people_blocks.hpp"
#include "runtime/problem_message.hpp"

#include <utility>

namespace troupe::simulation {

using runtime::outcome;
using runtime::problem_kind;

namespace {

runtime::problem gave_up(std::uint64_t scenario, const std::string& reason) {
  auto problem = runtime::problem{};
  problem.message = "projection " + std::to_string(scenario)
                    + " failed three times: " + reason;
  problem.hint = "run again with --log-level debug and report it";
  return problem;
}

} // namespace

projection_batch::projection_batch(messages::column_block everybody,
                                   std::vector<std::string> scenarios)
  : everybody_{std::move(everybody)}, scenarios_{std::move(scenarios)},
    years_(scenarios_.size()) {}

outcome<void> projection_batch::start() {
  // A task has the number of its scenario, from 1.
  for (auto at = std::size_t{1}; at <= scenarios_.size(); ++at)
    board_.add(at);
  return {};
}

std::optional<simulation_tasks::offer>
projection_batch::take(worker_id worker, runtime::worker_place place) {
  // All tasks have the same people.
  if (place == runtime::worker_place::far && !may_travel_)
    return std::nullopt;
  const auto taken = board_.take(worker);
  if (!taken)
    return std::nullopt;
  auto offered = offer{{}, everybody_};
  offered.task.set_task(taken->task);
  offered.task.set_attempt(taken->attempt);
  offered.task.set_stage(messages::SIMULATION_STAGE_PROJECT);
  offered.task.set_scenario(scenarios_[taken->task - 1]);
  offered.task.set_block_size(block_people);
  return offered;
}

outcome<void>
projection_batch::complete(const messages::SimulationTaskResult& result,
                           const messages::column_block& /*block*/) {
  if (!board_.complete(result.task(), result.attempt()))
    return {};
  *years_[result.task() - 1].mutable_years() = result.totals();
  ++done_;
  return {};
}

outcome<void>
projection_batch::fail(const messages::SimulationTaskFailure& failure) {
  const auto scenario = failure.task();
  if (failure.is_untried()) {
    may_travel_ = !board_.give_back(scenario, failure.attempt());
    return {};
  }
  if (failure.has_input()) {
    if (!board_.complete(scenario, failure.attempt()))
      return {};
    return runtime::fail(runtime::from_problem_message(failure.input()));
  }
  if (board_.fail(scenario, failure.attempt())
      == runtime::task_board::verdict::exhausted)
    return runtime::fail(gave_up(scenario, failure.reason()));
  return {};
}

void projection_batch::take_back(worker_id worker) {
  board_.take_back(worker);
}

outcome<void> projection_batch::lose(worker_id worker) {
  const auto exhausted = board_.lose(worker);
  if (!exhausted.empty())
    return runtime::fail(gave_up(exhausted.front(), "its processor died"));
  return {};
}

messages::Projections projection_batch::result() && {
  auto all = messages::Projections{};
  for (auto& years : years_)
    *all.add_projections() = std::move(years);
  return all;
}

} // namespace troupe::simulation
