#include "actors/engine/engine_client.hpp"
#include "cluster/node/node.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
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
      CHECK(grant.node == "a");
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
                      [from = std::move(from),
                       token
                       = stop.get_token()]() mutable -> runtime::outcome<void> {
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

/// A worker without peers whose links are plain.
node_options worker_in(const temporary_folder& folder) {
  auto options = node_options{};
  options.file.name = "w";
  options.file.roles.is_worker = true;
  options.file.listen = {"127.0.0.1", 0};
  options.file.data = (folder / "w").string();
  options.threads = 1;
  options.time = &real_time;
  return options;
}

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

TEST_CASE("a node listens until it is told to stop") {
  const auto folder = temporary_folder{};
  auto started = node::start(worker_in(folder));
  REQUIRE(started);
  CHECK((*started)->address().starts_with("127.0.0.1:"));
  CHECK(std::filesystem::exists((*started)->socket()));
  auto stop = std::stop_source{};
  stop.request_stop();
  CHECK((*started)->run(stop.get_token()));
}

TEST_CASE("a node is refused the folder and the address of another one") {
  const auto folder = temporary_folder{};
  const auto first = node::start(worker_in(folder));
  REQUIRE(first);
  const auto same_folder = node::start(worker_in(folder));
  REQUIRE_FALSE(same_folder);
  CHECK(same_folder.error().kind == runtime::problem_kind::unavailable);
  auto options = worker_in(folder);
  options.file.data = (folder / "other").string();
  options.file.listen = parse_node_address((*first)->address()).value();
  const auto same_address = node::start(std::move(options));
  REQUIRE_FALSE(same_address);
  CHECK(same_address.error().kind == runtime::problem_kind::unavailable);
}

TEST_CASE("a node without its certificates does not start") {
  const auto folder = temporary_folder{};
  auto options = worker_in(folder);
  options.file.certificates = (folder / "certs").string();
  CHECK_FALSE(node::start(std::move(options)));
}
