#include "tools/api/engine_port.hpp"

#include <catch2/catch.hpp>

#include <span>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;

namespace {

/// An engine in which no run ends before the test says so.
struct endless_engine {
  tools::engine_answers answers;
  int asked = 0;

  [[nodiscard]] tools::open_engine_line line() {
    return [this](tools::engine_answers to) -> tools::engine_line {
      answers = std::move(to);
      return [this](const std::string&) { ++asked; };
    };
  }

  void end(std::uint64_t question) const {
    auto answer = messages::EngineAnswer{};
    answer.set_id(question);
    answer.mutable_result()->set_status("completed");
    const auto payload = answer.SerializeAsString();
    answers(std::span{&payload, 1});
  }
};

runtime::problem_kind wait_for(tools::engine_port& port, int run) {
  const auto ended = port.await("run-" + std::to_string(run), 0ms);
  REQUIRE_FALSE(ended);
  return ended.error().kind;
}

} // namespace

TEST_CASE("the ends of so many runs may be asked for, and each once") {
  auto engine = endless_engine{};
  auto port = tools::engine_port{engine.line(), 1s};
  for (auto run = 1; run <= 1'000; ++run)
    CHECK(wait_for(port, run) == runtime::problem_kind::timeout);
  CHECK(wait_for(port, 1'001) == runtime::problem_kind::unavailable);
  CHECK(wait_for(port, 7) == runtime::problem_kind::timeout);
  CHECK(engine.asked == 1'000);
  engine.end(7);
  CHECK(wait_for(port, 1'001) == runtime::problem_kind::timeout);
  CHECK(engine.asked == 1'001);
}
