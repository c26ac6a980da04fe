#include "cluster/leadership/planted_bug.hpp"
#include "tests/simulation/leases/lease_simulation.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// What the simulation says of the first seed in which it notices anything;
/// empty: nothing in all of them.
std::string noticed(planted_lease_bug bug) {
  constexpr auto seeds = std::uint64_t{300};
  planted_in_leases = bug;
  auto found = std::string{};
  for (auto seed = std::uint64_t{1}; seed <= seeds && found.empty(); ++seed) {
    auto simulation = lease_simulation{seed};
    const auto objections = simulation.run();
    if (!objections.empty())
      found = "seed " + std::to_string(seed) + ": " + objections.front();
  }
  planted_in_leases = planted_lease_bug::none;
  return found;
}

} // namespace

TEST_CASE("the simulation of leases notices whatever mistake is planted") {
  const auto [bug, name] = GENERATE(table<planted_lease_bug, std::string>({
    {planted_lease_bug::count_from_arrival, "count_from_arrival"},
    {planted_lease_bug::no_margin, "no_margin"},
    {planted_lease_bug::ignore_late_ticks, "ignore_late_ticks"},
    {planted_lease_bug::ignore_epoch, "ignore_epoch"},
    {planted_lease_bug::keep_epoch, "keep_epoch"},
    {planted_lease_bug::ignore_expiry, "ignore_expiry"},
    {planted_lease_bug::renew_anything, "renew_anything"},
    {planted_lease_bug::release_anything, "release_anything"},
    {planted_lease_bug::stop_watching, "stop_watching"},
  }));
  const auto found = noticed(bug);
  INFO(name);
  CHECK_FALSE(found.empty());
  WARN(name << ": " << found);
}

TEST_CASE("without a planted mistake the simulation of leases is content") {
  CHECK(noticed(planted_lease_bug::none).empty());
}
