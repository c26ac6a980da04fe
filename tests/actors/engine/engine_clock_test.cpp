#include "actors/engine/engine_clock.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;

namespace {

constexpr auto start = runtime::clock::wall_time{1'700'000'000s};

} // namespace

TEST_CASE("time goes on when the clock is set back") {
  auto machine = runtime::virtual_clock{start};
  auto time = engine_clock{machine};
  machine.advance(5s);
  CHECK(time.now() == start + 5s);
  machine.set(start - 1h);
  CHECK(time.now() == start + 5s);
  machine.advance(10s);
  CHECK(time.now() == start + 15s);
  machine.advance(1us);
  CHECK(time.now() == start + 15s + 1us);
}

TEST_CASE("time goes on from what is in the store") {
  auto machine = runtime::virtual_clock{start};
  auto time = engine_clock{machine};
  time.advance_to(start + 1h);
  machine.advance(1s);
  CHECK(time.now() == start + 1h + 1s);
  time.advance_to(start);
  CHECK(time.now() == start + 1h + 1s);
}

TEST_CASE("time follows a clock that is set forward") {
  auto machine = runtime::virtual_clock{start};
  auto time = engine_clock{machine};
  machine.set(start + 1h);
  CHECK(time.now() == start + 1h);
  machine.advance(1s);
  CHECK(time.now() == start + 1h + 1s);
}
