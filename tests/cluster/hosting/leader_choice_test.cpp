#include "cluster/hosting/leader_choice.hpp"

#include <catch2/catch.hpp>

using troupe::cluster::leader_choice;
using verdict = troupe::cluster::leader_choice::verdict;

TEST_CASE("the highest epoch leads") {
  auto leader = leader_choice{};
  CHECK_FALSE(leader.is_known());
  CHECK(leader.hear("a", 0) == verdict::outdated);
  CHECK(leader.hear("a", 2) == verdict::followed);
  CHECK(leader.hear("a", 2) == verdict::known);
  CHECK(leader.hear("b", 1) == verdict::outdated);
  CHECK(leader.hear("b", 2) == verdict::contradicted);
  CHECK(leader.node() == "a");
  CHECK(leader.hear("b", 3) == verdict::followed);
  CHECK(leader.node() == "b");
  CHECK(leader.epoch() == 3);
  CHECK(leader.hear("b", 4) == verdict::followed);
}

TEST_CASE("a refusal is told once") {
  auto leader = leader_choice{};
  CHECK(leader.note_refusal("a", 1));
  CHECK_FALSE(leader.note_refusal("a", 1));
  CHECK(leader.note_refusal("a", 2));
  CHECK(leader.note_refusal("b", 2));
  CHECK_FALSE(leader.note_refusal("b", 2));
  CHECK_FALSE(leader.note_refusal("a", 1));
  CHECK_FALSE(leader.note_refusal("a", 2));
}
