#include "runtime/stop_signal.hpp"

#include <catch2/catch.hpp>
#include <poll.h>

#include <thread>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

bool is_readable(int descriptor) {
  auto one = pollfd{descriptor, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

} // namespace

TEST_CASE("a stop request can be polled") {
  auto stop = std::stop_source{};
  const auto signal = stop_signal{stop.get_token()};
  CHECK_FALSE(is_readable(signal.descriptor()));
  stop.request_stop();
  CHECK(is_readable(signal.descriptor()));
  const auto late = stop_signal{stop.get_token()};
  CHECK(is_readable(late.descriptor()));
}

TEST_CASE("a pause ends by itself or by a stop request") {
  auto stop = std::stop_source{};
  CHECK(pause_for(1ms, stop.get_token()));
  auto waiting = std::thread{[&] { stop.request_stop(); }};
  CHECK_FALSE(pause_for(1h, stop.get_token()));
  waiting.join();
  CHECK_FALSE(pause_for(0ms, stop.get_token()));
}
