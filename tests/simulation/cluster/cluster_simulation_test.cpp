#include "tests/simulation/cluster/cluster_simulation.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

using namespace troupe;
using namespace troupe::tests;

namespace {

std::uint64_t seeds_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

} // namespace

// SIMULATION_SEED=N repeats one seed, SIMULATION_SEEDS=N tries that many.
TEST_CASE("whatever the network does, nodes agree on who is there") {
  const auto only = seeds_from("SIMULATION_SEED", 0);
  const auto count = seeds_from("SIMULATION_SEEDS", effort(1'000));
  const auto first = only != 0 ? only : 1;
  const auto last = only != 0 ? only : count;
  auto counts = std::map<std::string, int>{};
  for (auto seed = first; seed <= last; ++seed) {
    auto simulation = cluster_simulation{seed};
    const auto objections = simulation.run();
    INFO("repeat: SIMULATION_SEED=" << seed);
    REQUIRE(objections == std::vector<std::string>{});
    for (const auto& [what, number] : simulation.counts())
      counts[what] += number;
  }
  // Few seeds do not meet everything.
  if (only != 0 || count < 1'000)
    return;
  for (const auto* what : {"crash",
                           "restart",
                           "freeze",
                           "partition",
                           "one-way partition",
                           "remove",
                           "up",
                           "suspect",
                           "trusted",
                           "draining",
                           "resumed",
                           "down",
                           "left",
                           "was absent",
                           "step down",
                           "renewed",
                           "renewed afresh",
                           "stopped: left",
                           "stopped: removed",
                           "detected",
                           "down while it runs"}) {
    INFO(what);
    CHECK(counts[what] > 0);
  }
}

TEST_CASE("a simulated cluster repeats itself exactly") {
  auto hashes = std::set<std::uint64_t>{};
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    auto once = cluster_simulation{seed};
    auto again = cluster_simulation{seed};
    static_cast<void>(once.run());
    static_cast<void>(again.run());
    CHECK(once.trace_hash() == again.trace_hash());
    hashes.insert(once.trace_hash());
  }
  CHECK(hashes.size() == 20);
}
