#include "cluster/node/node.hpp"

#include "actors/engine/engine_client.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

constexpr auto one_step = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "one", "steps": [{"id": "s", "activity": "noop", "with": {"n": 1}}]})";

const auto real_time = runtime::real_clock{};

/// A node that does everything, with a store in a file.
struct lonely_node {
  temporary_folder folder;
  std::stop_source stop;

  [[nodiscard]] node_options options() const {
    auto from = node_options{};
    from.file.name = "a";
    from.file.roles = {true, true};
    from.file.listen = {"127.0.0.1", 0};
    from.file.data = (folder / "a").string();
    from.file.store = (folder / "troupe.db").string();
    from.file.jobs = 2;
    from.build = "1";
    from.threads = 2;
    from.time = &real_time;
    from.start_engine = [store = from.file.store](leader_grant grant) {
      CHECK(grant.fence.sql.empty());
      auto with = engine::local_engine_options{};
      with.system = grant.system;
      with.store = store;
      with.companions = std::move(grant.companions);
      with.has_noop = false;
      return engine::local_engine::start(std::move(with));
    };
    return from;
  }

  /// Runs it on a thread of its own; how it ended.
  [[nodiscard]] std::future<runtime::outcome<void>>
  run(node_options from) const {
    return std::async(std::launch::async,
                      [from = std::move(from), token = stop.get_token()]() mutable
                      -> runtime::outcome<void> {
                        auto started = node::start(std::move(from));
                        if (!started)
                          return runtime::fail(started.error());
                        return (*started)->run(token);
                      });
  }

  [[nodiscard]] engine::engine_client connect() const {
    const auto end = std::chrono::steady_clock::now() + 60s;
    for (;;) {
      auto client
        = engine::engine_client::connect((folder / "a/node.sock").string());
      if (client)
        return std::move(*client);
      REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::yield();
    }
  }
};

} // namespace

TEST_CASE("a node alone leads, and works for itself") {
  auto alone = lonely_node{};
  auto ended = alone.run(alone.options());
  auto client = alone.connect();
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(one_step);
  const auto accepted = client.submit(wanted);
  REQUIRE(accepted);
  const auto result = client.await(accepted->run_id(), 60s);
  REQUIRE(result);
  CHECK(result->status() == "completed");
  const auto seen = client.cluster();
  REQUIRE(seen);
  CHECK(seen->node() == "a");
  CHECK(seen->leader() == "a");
  CHECK_FALSE(seen->has_failover());
  auto aside = messages::ChangeCluster{};
  aside.set_step_aside_ms(1'000);
  const auto refused = client.change(aside);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::conflict);
  alone.stop.request_stop();
  CHECK(ended.get());
}

TEST_CASE("a second process of a node is refused") {
  auto alone = lonely_node{};
  auto ended = alone.run(alone.options());
  static_cast<void>(alone.connect());
  const auto second = node::start(alone.options());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == runtime::problem_kind::unavailable);
  CHECK(second.error().message.starts_with("the node's folder is in use by"));
  alone.stop.request_stop();
  CHECK(ended.get());
}

TEST_CASE("an address that is taken is refused") {
  auto alone = lonely_node{};
  auto from = alone.options();
  from.file.listen = {"127.0.0.1", 1};
  from.file.listen.host = "192.0.2.1"; // Of no machine (RFC 5737).
  const auto started = node::start(std::move(from));
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("192.0.2.1") != std::string::npos);
}

TEST_CASE("an engine that does not start ends a node that has no stand-in") {
  auto alone = lonely_node{};
  auto from = alone.options();
  from.start_engine
    = [](leader_grant) -> runtime::outcome<engine::local_engine> {
    return runtime::fail(runtime::problem_kind::unavailable, "no store today");
  };
  const auto ended = alone.run(std::move(from)).get();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message == "no store today");
}
