#include "cluster/membership/planted_bug.hpp"
#include "tests/simulation/cluster/cluster_simulation.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// What the simulation says of the first seed in which it notices anything;
/// empty: nothing in all of them.
std::string noticed_in_cluster(planted_bug bug) {
  constexpr auto seeds = std::uint64_t{100};
  planted = bug;
  auto found = std::string{};
  for (auto seed = std::uint64_t{1}; seed <= seeds && found.empty(); ++seed) {
    auto simulation = cluster_simulation{seed};
    const auto objections = simulation.run();
    if (!objections.empty())
      found = "seed " + std::to_string(seed) + ": " + objections.front();
  }
  planted = planted_bug::none;
  return found;
}

} // namespace

TEST_CASE("the simulated cluster notices whatever mistake is planted") {
  const auto [bug, name] = GENERATE(table<planted_bug, std::string>({
    {planted_bug::ignore_finality, "ignore_finality"},
    {planted_bug::ignore_incarnation, "ignore_incarnation"},
    {planted_bug::forget_refutation, "forget_refutation"},
    {planted_bug::no_tick_watch, "no_tick_watch"},
    {planted_bug::count_own_absence, "count_own_absence"},
    {planted_bug::believe_any_death, "believe_any_death"},
    {planted_bug::ignore_own_death, "ignore_own_death"},
    {planted_bug::forget_the_dead, "forget_the_dead"},
    {planted_bug::ignore_relayed, "ignore_relayed"},
  }));
  const auto found = noticed_in_cluster(bug);
  INFO(name);
  CHECK_FALSE(found.empty());
  WARN(name << ": " << found);
}

TEST_CASE("without a planted mistake the simulated cluster notices nothing") {
  CHECK(noticed_in_cluster(planted_bug::none).empty());
}
