#include "tests/cluster/hosting/hosting_world.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

using troupe::tests::hosting_world;

namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

} // namespace

TEST_CASE(
  "whatever is lost, repeated, late or led anew, orders are handed over "
  "once and in order, and ends count once") {
  const auto only = number_of("SIMULATION_SEED", 0);
  const auto first = only == 0 ? 1 : only;
  const auto count = only == 0 ? number_of("SIMULATION_SEEDS", 3'000) : 1;
  auto handed = std::uint64_t{0};
  auto kept = std::uint64_t{0};
  auto sessions = std::uint64_t{0};
  auto again = std::uint64_t{0};
  for (auto seed = first; seed < first + count; ++seed) {
    auto world = hosting_world{seed};
    world.play();
    handed += world.runs_handed;
    kept += world.keeps_handed;
    sessions += world.sessions;
    again += world.ends_said_again;
    INFO("SIMULATION_SEED=" << seed);
    REQUIRE(world.complaint == "");
  }
  if (only != 0)
    return;
  // What it would be worth nothing without.
  CHECK(handed > 5 * count);
  CHECK(kept > count / 2);
  CHECK(sessions > 3 * count);
  CHECK(again > count / 20);
}
