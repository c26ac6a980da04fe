#include "tests/simulation/leases/lease_simulation.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

std::uint64_t seeds_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

void add(lease_figures& sum, const lease_figures& more) {
  sum.leaders += more.leaders;
  sum.pauses += more.pauses;
  sum.suspensions += more.suspensions;
  sum.kills += more.kills;
  sum.outages += more.outages;
  sum.cuts += more.cuts;
  sum.lost_messages += more.lost_messages;
  sum.accepted_writes += more.accepted_writes;
  sum.refused_writes += more.refused_writes;
  for (const auto& [reason, count] : more.ends)
    sum.ends[reason] += count;
}

void check_coverage(const lease_figures& sum) {
  CHECK(sum.leaders > 0);
  CHECK(sum.pauses > 0);
  CHECK(sum.suspensions > 0);
  CHECK(sum.kills > 0);
  CHECK(sum.outages > 0);
  CHECK(sum.cuts > 0);
  CHECK(sum.lost_messages > 0);
  CHECK(sum.accepted_writes > 0);
  CHECK(sum.refused_writes > 0);
  using reason = cluster::step_down_reason;
  for (const auto each : {reason::belief_over, reason::lost, reason::late_ticks,
                          reason::asked, reason::stopped}) {
    CAPTURE(cluster::to_string(each));
    CHECK(sum.ends.contains(each));
  }
}

} // namespace

// SIMULATION_SEED=N repeats one seed, SIMULATION_SEEDS=N tries that many.
TEST_CASE("whatever fails, no two nodes lead, and in the end one does") {
  const auto only = seeds_from("SIMULATION_SEED", 0);
  const auto count = seeds_from("SIMULATION_SEEDS", effort(1'000));
  auto sum = lease_figures{};
  auto takeovers = std::vector<std::chrono::microseconds>{};
  auto successions = std::vector<std::chrono::microseconds>{};
  for (auto seed = only != 0 ? only : 1; seed <= (only != 0 ? only : count);
       ++seed) {
    auto simulation = lease_simulation{seed};
    const auto objections = simulation.run();
    INFO("repeat: SIMULATION_SEED=" << seed);
    REQUIRE(objections == std::vector<std::string>{});
    add(sum, simulation.figures());
    takeovers.push_back(simulation.figures().takeover.value());
    successions.push_back(simulation.figures().succession.value());
  }
  if (only != 0)
    return;
  check_coverage(sum);
  // Half a second is left to read the store and to write.
  std::ranges::sort(takeovers);
  CHECK(takeovers[takeovers.size() / 2] < 1'500ms);
  CHECK(takeovers.back() < 1'600ms);
  std::ranges::sort(successions);
  CHECK(successions.back() < 600ms);
  WARN("takeover after a kill: median "
       << takeovers[takeovers.size() / 2].count() / 1'000 << " ms, longest "
       << takeovers.back().count() / 1'000 << " ms; after an orderly end: "
       << successions[successions.size() / 2].count() / 1'000 << " and "
       << successions.back().count() / 1'000 << " ms; " << sum.leaders
       << " leaders, " << sum.refused_writes << " stale writes refused");
}

TEST_CASE("a simulation of leases repeats itself exactly") {
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    auto once = lease_simulation{seed};
    auto again = lease_simulation{seed};
    CHECK(once.run() == again.run());
    CHECK(once.trace_hash() == again.trace_hash());
    auto other = lease_simulation{seed + 1};
    static_cast<void>(other.run());
    CHECK(once.trace_hash() != other.trace_hash());
  }
}
