#include "cluster/transport/outstanding_calls.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace std::chrono_literals;
using namespace troupe::cluster;

namespace {

struct calls_fixture {
  outstanding_calls calls{4};
  outstanding_calls::time_point now{};

  std::uint64_t ask(const std::string& node, std::chrono::seconds within) {
    return calls.begin(node, now + within).value();
  }
};

using call_numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE_METHOD(calls_fixture, "a question ends once, by who was asked") {
  const auto first = ask("a", 1s);
  const auto second = ask("b", 1s);
  CHECK(first != 0);
  CHECK_FALSE(calls.end(first, "b"));
  CHECK(calls.end(first, "a"));
  CHECK_FALSE(calls.end(first, "a"));
  CHECK(calls.end(second, "b"));
  CHECK(calls.size() == 0);
  CHECK(calls.next_deadline() == outstanding_calls::time_point::max());
}

TEST_CASE_METHOD(calls_fixture,
                 "the loss of a link ends all of its questions") {
  const auto first = ask("a", 100s);
  const auto other = ask("b", 200s);
  const auto second = ask("a", 300s);
  CHECK(calls.end_all("a") == call_numbers{first, second});
  CHECK(calls.end_all("a").empty());
  CHECK_FALSE(calls.end(first, "a"));
  CHECK(calls.next_deadline() == now + 200s);
  CHECK(calls.end(other, "b"));
}

TEST_CASE_METHOD(calls_fixture, "deadlines end questions in their order") {
  const auto late = ask("a", 3s);
  const auto early = ask("b", 1s);
  const auto between = ask("a", 2s);
  CHECK(calls.next_deadline() == now + 1s);
  CHECK(calls.end_late(now + 999ms).empty());
  CHECK(calls.end_late(now + 2s) == call_numbers{early, between});
  CHECK(calls.end_all("a") == call_numbers{late});
  CHECK(calls.end_late(now + 1h).empty());
}

TEST_CASE_METHOD(calls_fixture, "no more wait than may") {
  for (auto i = 0; i < 4; ++i)
    ask("a", 1s);
  CHECK_FALSE(calls.begin("b", now));
  (void)calls.end_all("a");
  CHECK(calls.begin("b", now));
}
