#pragma once

#include "tests/actors/engine/ledger_fixture.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;

/// Workers 1, 2, ... on nodes "n1", "n2", ... of a cluster.
struct placement_fixture : ledger_fixture {
  static run_ledger_options options() {
    auto result = ledger_fixture::options();
    result.rebind_window = 5s;
    result.node = "n1";
    return result;
  }

  placement_fixture() : ledger_fixture{options()} {}

  /// The host of the engine itself, on the node of worker 1.
  void welcome_own(std::uint64_t worker) {
    ledger.welcome({worker, {"noop"}, std::nullopt, {}, {}, {}});
  }

  void welcome(std::uint64_t worker, worker_labels labels = {}) {
    ledger.welcome({worker,
                    {"noop"},
                    std::nullopt,
                    {},
                    "n" + std::to_string(worker),
                    std::move(labels)});
  }

  /// Of an element of the only step's fan-out, which it is given by its number.
  static std::vector<std::uint32_t>
  items_of(const std::vector<assignment>& given) {
    auto items = std::vector<std::uint32_t>{};
    for (const auto& each : given)
      items.push_back(each.claim.task.item);
    return items;
  }

  [[nodiscard]] messages::QueueReport::Placed placed() const {
    const auto report = ledger.queue_report();
    REQUIRE(report.placed_size() == 1);
    return report.placed(0);
  }
};

inline workflow one_placed(step_placement placement) {
  auto of = make_workflow({{"a"}});
  of.steps[0].placement = std::move(placement);
  return of;
}

inline step_placement requires_gpu() {
  auto placement = step_placement{};
  placement.require["gpu"] = "true";
  return placement;
}

/// A fan-out over 0 to count - 1.
inline workflow fan_out(int count, step_placement placement) {
  auto of = one_placed(std::move(placement));
  auto& items = of.steps[0].foreach.emplace().items;
  items.written = nlohmann::json::array();
  for (auto i = 0; i < count; ++i)
    items.written.push_back(i);
  of.steps[0].foreach->parallel_max = 100;
  return of;
}

inline step_placement by_item() {
  auto placement = step_placement{};
  placement.data = text_template::parse("shard ${item}", {}).value();
  return placement;
}

inline step_placement in_group(const std::string& group,
                               std::uint32_t per_node = 0) {
  auto placement = step_placement{};
  placement.spread = text_template::parse(group, {}).value();
  placement.per_node = per_node;
  return placement;
}

} // namespace troupe::tests
