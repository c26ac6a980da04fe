#include "cluster/hosting/roll_call.hpp"

#include <catch2/catch.hpp>

using troupe::cluster::roll_call;

TEST_CASE("a roll call ends once, when all that are expected have spoken") {
  auto call = roll_call{};
  call.hear("v");
  CHECK_FALSE(call.try_end()); // Nobody knows who else there is.
  call.expect({"v", "w"});
  CHECK_FALSE(call.try_end());
  call.hear("other");
  CHECK_FALSE(call.try_end());
  call.hear("w");
  CHECK(call.try_end());
  CHECK_FALSE(call.try_end());
}

TEST_CASE(
  "a roll call does not wait for whoever is gone, but for whoever came") {
  auto call = roll_call{};
  call.expect({"v", "w"});
  call.hear("v");
  call.expect({"v", "x"});
  CHECK_FALSE(call.try_end());
  call.expect({"v"});
  CHECK(call.try_end());
}

TEST_CASE("a roll call of nobody is over when that is known") {
  auto call = roll_call{};
  CHECK_FALSE(call.try_end());
  call.expect({});
  CHECK(call.try_end());
}
