#include "tests/simulation/random_workflow.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;

namespace {

/// What nobody works on: time, signals, other runs.
void wait_for_something(workflow_step& step, std::mt19937_64& random,
                        const workflow_variety& variety) {
  const auto choices = variety.signals ? variety.child.empty() ? 3U : 4U : 1U;
  auto& with = step.call.with.written;
  switch (random() % choices) {
    case 0:
      step.call.activity = "sleep";
      with["for"] = "1s";
      break;
    case 1:
      step.call.activity = "signal";
      with["name"] = "go";
      break;
    case 2:
      step.call.activity = "approval";
      with["roles"] = {"operator"};
      break;
    default:
      step.call.activity = "workflow";
      with["id"] = variety.child;
  }
}

/// Two zones there are, a group of which a node runs one at most, and data.
step_placement random_placement(std::mt19937_64& random) {
  auto placement = step_placement{};
  const auto zone = random() % 2 == 0 ? "a" : "b";
  switch (random() % 4) {
    case 0:
      placement.require["zone"] = zone;
      break;
    case 1:
      placement.exclude["zone"] = zone;
      break;
    case 2:
      placement.data = text_template::parse("data ${run.id}", {}).value();
      break;
    default:
      placement.spread = text_template::parse("group", {}).value();
      placement.per_node = 1;
  }
  return placement;
}

workflow_step random_step(std::mt19937_64& random, std::size_t index,
                          const workflow_variety& variety) {
  auto step = workflow_step{};
  step.id = "s" + std::to_string(index);
  for (auto need = step_index{0}; need < index; ++need)
    if (random() % 3 == 0)
      step.needs.push_back(need);
  step.call.activity = "noop";
  step.call.with.written = nlohmann::json::object();
  step.call.retry.attempts = 1 + static_cast<std::uint32_t>(random() % 3);
  if (random() % (variety.signals ? 4 : 8) == 0) {
    wait_for_something(step, random, variety);
  } else if (random() % 6 == 0) {
    step.foreach.emplace().items.written
      = nlohmann::json(random() % 8, random() % 100);
    step.foreach->parallel_max = 1 + static_cast<std::uint32_t>(random() % 3);
  }
  if (random() % 5 == 0)
    step.call.timeouts.start_to_close = 5s;
  if (random() % 10 == 0)
    step.call.timeouts.heartbeat = 3s;
  if (!variety.guards.empty() && step.call.activity == "noop"
      && random() % 3 == 0)
    step.call.guard = variety.guards[random() % variety.guards.size()];
  if (random() % 2 == 0) {
    step.compensate = step.call;
    step.compensate->activity = "noop";
    step.compensate->with.written = nlohmann::json::object();
  }
  return step;
}

} // namespace

void place_steps(workflow& of, std::mt19937_64& random) {
  for (auto& step : of.steps) {
    if (step.call.activity == "noop" && random() % 5 == 0)
      step.placement = random_placement(random);
    step.speculate = step.foreach && step.call.activity == "noop"
                     && step.call.guard.empty() && random() % 2 == 0;
  }
}

workflow random_workflow(std::mt19937_64& random, workflow_variety variety) {
  auto of = workflow{};
  of.id = "random";
  const auto count = 1 + random() % 12;
  for (auto i = std::size_t{0}; i < count; ++i)
    of.steps.push_back(random_step(random, i, variety));
  if (!resolve_order(of).empty())
    throw std::logic_error{"needs of earlier steps make no cycle"};
  if (random() % 3 == 0)
    of.on_failure.kind = failure_policy::action::keep;
  return of;
}

} // namespace troupe::tests
