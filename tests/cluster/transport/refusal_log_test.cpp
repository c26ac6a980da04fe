#include "cluster/transport/refusal_log.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe::cluster;

namespace {

struct refusal_fixture {
  refusal_log log{10s};
  refusal_log::time_point now{};
};

} // namespace

TEST_CASE_METHOD(refusal_fixture,
                 "the first of a kind is told, the rest counted") {
  CHECK(log.note("10.0.0.1", "junk", now) == 0U);
  for (auto i = 0; i < 5; ++i)
    CHECK_FALSE(log.note("10.0.0.1", "junk", now + 9s));
  CHECK(log.note("10.0.0.1", "junk", now + 10s) == 5U);
  CHECK_FALSE(log.note("10.0.0.1", "junk", now + 11s));
  CHECK(log.note("10.0.0.1", "junk", now + 20s) == 1U);
}

TEST_CASE_METHOD(refusal_fixture, "another host or reason is another kind") {
  CHECK(log.note("10.0.0.1", "junk", now) == 0U);
  CHECK(log.note("10.0.0.2", "junk", now) == 0U);
  CHECK(log.note("10.0.0.1", "expired", now) == 0U);
}

TEST_CASE_METHOD(refusal_fixture, "a flood of kinds is told as one") {
  auto told = 0;
  for (auto i = 0; i < 100'000; ++i)
    told += log.note(std::to_string(i), "junk", now) ? 1 : 0;
  CHECK(told == 257);
  // Later there is room for others again.
  CHECK(log.note("10.0.0.1", "junk", now + 10s) == 0U);
}
