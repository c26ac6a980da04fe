#include "tests/simulation/engine_simulation.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

using namespace troupe;
using namespace troupe::tests;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

} // namespace

// SIMULATION_SEED=N repeats one seed, SIMULATION_SEEDS=N tries that many.
TEST_CASE("whatever fails, no run is lost, and each ends as its history says") {
  const auto only = number_from("SIMULATION_SEED", 0);
  const auto count = number_from("SIMULATION_SEEDS", effort(1'000));
  const auto first = only != 0 ? only : 1;
  const auto last = only != 0 ? only : count;
  auto ends = std::map<engine::run_status, int>{};
  auto crashes = 0;
  auto retries = 0;
  auto waits = std::map<std::string, int>{};
  auto derived = 0;
  auto failure_runs = 0;
  auto withdrawn = 0;
  auto rebound = 0;
  auto placed = 0;
  auto dropped = 0;
  auto speculated = 0;
  auto overtaken = 0;
  for (auto seed = first; seed <= last; ++seed) {
    auto simulation = engine_simulation{seed, {}};
    const auto objections = simulation.run(6);
    INFO("repeat: SIMULATION_SEED=" << seed);
    REQUIRE(objections == std::vector<std::string>{});
    for (const auto& [status, number] : simulation.ends())
      ends[status] += number;
    crashes += simulation.crashes();
    retries += simulation.retries();
    for (const auto& [guard, number] : simulation.waits())
      waits[guard] += number;
    derived += simulation.derived();
    failure_runs += simulation.failure_runs();
    withdrawn += simulation.withdrawn();
    rebound += simulation.rebound();
    placed += simulation.placed();
    dropped += simulation.dropped();
    speculated += simulation.speculated();
    overtaken += simulation.overtaken();
  }
  if (only != 0)
    return;
  CHECK(crashes > 0);
  CHECK(retries > 0);
  for (const auto* guard : {"few", "slow", "fragile"})
    CHECK(waits[guard] > 0);
  CHECK(derived > 0);
  CHECK(failure_runs > 0);
  CHECK(withdrawn > 0);
  CHECK(rebound > 0);
  CHECK(placed > 0);
  CHECK(dropped > 0);
  CHECK(speculated > overtaken);
  CHECK(overtaken > 0);
  CHECK(ends[engine::run_status::completed] > 0);
  CHECK(ends[engine::run_status::failed] > 0);
  CHECK(ends[engine::run_status::compensated] > 0);
  CHECK(ends[engine::run_status::cancelled] > 0);
}

TEST_CASE("a simulation repeats itself exactly") {
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    auto once = engine_simulation{seed, {}};
    auto again = engine_simulation{seed, {}};
    static_cast<void>(once.run(6));
    static_cast<void>(again.run(6));
    CHECK(once.trace_hash() == again.trace_hash());
  }
}
