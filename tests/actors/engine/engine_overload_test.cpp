#include "actors/engine/activity_reports.hpp"
#include "actors/engine/engine_client.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/engine/run_check.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

constexpr auto pending_max = std::size_t{20};

constexpr auto text = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "job", "steps": [{"id": "s", "activity": "noop"}]})";

/// An engine whose work stands still until the gate opens.
struct blocked_engine {
  temporary_folder folder;
  std::string store = (folder / "store.db").string();
  std::promise<void> gate;
  bool is_open = false;
  std::optional<local_engine> engine;

  blocked_engine() {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 3;
    options.activities_max = 2;
    options.ledger.queue.pending_max = pending_max;
    options.ledger.immediate_max = 0; // Or the host would take them all.
    options.add_activities
      = [opened = gate.get_future().share()](activity_registry& registry,
                                             const runtime::store_actor&) {
          registry.add_immediate(
            "noop", [opened](const messages::RunActivity& what) {
              opened.wait();
              return success_of(what.ref(), what.input_json());
            });
        };
    auto started = local_engine::start(std::move(options));
    REQUIRE(started);
    engine.emplace(std::move(*started));
    REQUIRE(engine->listen(socket_of(store)));
  }

  ~blocked_engine() {
    open();
  }

  void open() {
    if (!std::exchange(is_open, true))
      gate.set_value();
  }
};

} // namespace

TEST_CASE_METHOD(blocked_engine,
                 "what is too much is refused with a time, the rest is done") {
  constexpr auto offered = std::uint64_t{400};
  auto client = engine_client::connect(socket_of(store));
  REQUIRE(client);
  for (auto i = std::uint64_t{0}; i < offered; ++i) {
    auto call = messages::EngineCall{};
    call.mutable_submit()->set_workflow_text(text);
    client->ask(std::move(call));
  }
  auto accepted = std::vector<std::string>{};
  auto refused = std::uint64_t{0};
  for (auto i = std::uint64_t{0}; i < offered; ++i) {
    const auto answer = client->receive(60s);
    REQUIRE(answer);
    if (answer->has_accepted()) {
      accepted.push_back(answer->accepted().run_id());
      continue;
    }
    REQUIRE(answer->has_problem());
    ++refused;
    const auto& problem = answer->problem();
    CHECK(problem.kind() == static_cast<int>(problem_kind::unavailable));
    CHECK(problem.message().find("wait already") != std::string::npos);
    CHECK(problem.hint().starts_with("try again in "));
  }
  // Those that wait, and those that the host has taken.
  CHECK(accepted.size() >= pending_max);
  CHECK(accepted.size() <= pending_max + 2);
  CHECK(accepted.size() + refused == offered);
  CHECK(client->status()->ready_tasks() <= pending_max);
  open();
  for (const auto& run : accepted) {
    const auto ended = client->await(run, 60s);
    REQUIRE(ended);
    CHECK(ended->status() == "completed");
  }
  // There is room again.
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(text);
  CHECK(client->submit(wanted));
  engine.reset();
  const auto found = check_runs(store);
  CHECK(found.problems.empty());
  CHECK(found.runs == accepted.size() + 1);
}
