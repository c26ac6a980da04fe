#include "actors/engine/engine.hpp"
#include "cluster/node/engine_relay.hpp"
#include "cluster/transport/local_transport.hpp"
#include "messages/engine_call.pb.h"
#include "runtime/actor_errors.hpp"
#include "runtime/problem_message.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using result_promise = caf::typed_response_promise<messages::RunResult>;
using result_promises = std::shared_ptr<std::vector<result_promise>>;

/// Accepts all runs under its own name, and ends them when the test says so.
caf::behavior fake_engine(caf::event_based_actor* self, const std::string& name,
                          const result_promises& awaited) {
  return {
    [=](const messages::SubmitRun&) {
      auto accepted = messages::RunAccepted{};
      accepted.set_run_id("of " + name);
      return accepted;
    },
    [=](const messages::AwaitRun&) {
      auto promise = self->make_response_promise<messages::RunResult>();
      awaited->push_back(promise);
      return promise;
    },
    [=](const messages::ChangeRun&) {
      return self->make_response_promise<messages::RunChanged>();
    },
    [=](const messages::RunResult& result) {
      for (auto& promise : std::exchange(*awaited, {}))
        promise.deliver(result);
    },
    [=](const messages::StopTree&) {
      for (auto& promise : std::exchange(*awaited, {}))
        promise.deliver(runtime::to_error(
          runtime::fail(runtime::problem_kind::unavailable, "stopped")
            .value()));
    },
  };
}

caf::behavior fake_root(caf::event_based_actor*, const caf::actor& engine) {
  return {[=](const messages::GetChild&) { return engine; }};
}

/// A node as far as questions are concerned.
struct relay_node {
  explicit relay_node(std::string of) : name{std::move(of)} {}

  std::string name;
  node_exchange_actor exchange;
  engine_relay_actor relay;
  caf::actor engine; ///< The newest.
  result_promises awaited = std::make_shared<std::vector<result_promise>>();
  std::map<std::uint64_t, messages::EngineAnswer> answers; ///< By question.
};

struct relay_fixture : actor_fixture {
  local_network network{local_network::delivery::by_hand};
  relay_node a{"a"};
  relay_node b{"b"};

  relay_fixture() {
    for (auto* node : {&a, &b})
      start(*node);
    settle(); // Both listen.
    caf::anon_send(a.exchange, keep_linked{"b", "b", 7});
    settle();
  }

  ~relay_fixture() {
    for (auto* node : {&a, &b}) {
      caf::anon_send_exit(node->relay, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(node->exchange, caf::exit_reason::user_shutdown);
      node->engine = nullptr;
    }
    settle();
  }

  void start(relay_node& node) {
    auto options = node_exchange_options{};
    options.draw = [] { return std::uint64_t{0}; };
    options.make_transport = [this, &node](transport_events events) {
      auto made = network.join({node.name, 1, ""}, std::move(events));
      CHECK(made->listen(node.name, 7));
      return made;
    };
    node.exchange = spawn_node_exchange(system, std::move(options));
    own(node.exchange);
    auto from = engine_relay_options{};
    from.self = node.name;
    from.exchange = node.exchange;
    from.answers
      = [&node](engine::asker_id to, std::span<const std::string> payloads) {
          CHECK(to == 1);
          for (const auto& payload : payloads) {
            auto answer = messages::EngineAnswer{};
            REQUIRE(answer.ParseFromString(payload));
            node.answers[answer.id()] = answer;
          }
        };
    node.relay = spawn_engine_relay(system, std::move(from));
    own(node.relay);
  }

  void settle() {
    do
      run();
    while (network.deliver() != 0);
  }

  void pass(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 100ms) {
      advance(100ms);
      settle();
    }
  }

  /// The node's engine begins.
  void lead(relay_node& node) {
    node.engine = system.spawn(fake_engine, node.name, node.awaited);
    own(node.engine);
    const auto root = system.spawn(fake_root, node.engine);
    own(root);
    caf::anon_send(
      node.relay,
      engine_is_here{caf::actor_cast<runtime::supervisor_actor>(root)});
    for (auto* each : {&a, &b})
      caf::anon_send(each->relay, leader_is{node.name});
    settle();
  }

  /// It ends, and whoever waits for it hears so.
  void step_down(relay_node& node) {
    caf::anon_send(node.relay, engine_is_gone{});
    caf::anon_send(node.engine, messages::StopTree{});
    settle();
  }

  /// All runs that somebody waits for.
  void complete(relay_node& node) {
    auto result = messages::RunResult{};
    result.set_status("completed");
    caf::anon_send(node.engine, std::move(result));
    settle();
  }

  void ask(relay_node& node, const messages::EngineCall& call) {
    caf::anon_send(node.relay,
                   engine::desk_questions{1, {call.SerializeAsString()}});
    settle();
  }

  static messages::EngineCall submit(std::uint64_t id) {
    auto call = messages::EngineCall{};
    call.set_id(id);
    call.mutable_submit()->set_workflow_id("w");
    return call;
  }

  /// A question that the fake engine does not answer.
  static messages::EngineCall slow(std::uint64_t id) {
    auto call = messages::EngineCall{};
    call.set_id(id);
    call.mutable_change()->set_run_id("r");
    return call;
  }

  static messages::EngineCall await(std::uint64_t id) {
    auto call = messages::EngineCall{};
    call.set_id(id);
    call.mutable_await()->set_run_id("r");
    return call;
  }

  static runtime::problem problem_in(const messages::EngineAnswer& answer) {
    REQUIRE(answer.has_problem());
    return runtime::from_problem_message(answer.problem());
  }
};

} // namespace

TEST_CASE_METHOD(relay_fixture, "the engine of the node itself is asked") {
  lead(a);
  ask(a, submit(5));
  CHECK(a.answers.at(5).accepted().run_id() == "of a");
}

TEST_CASE_METHOD(relay_fixture, "the engine of another node is asked") {
  lead(b);
  ask(a, submit(5));
  CHECK(a.answers.at(5).accepted().run_id() == "of b");
}

TEST_CASE_METHOD(relay_fixture, "questions wait until somebody leads") {
  ask(a, submit(5));
  pass(5s);
  CHECK(a.answers.empty());
  lead(b);
  CHECK(a.answers.at(5).accepted().run_id() == "of b");
}

TEST_CASE_METHOD(relay_fixture, "questions do not wait for ever") {
  ask(a, submit(5));
  pass(11s);
  CHECK(problem_in(a.answers.at(5)).kind == runtime::problem_kind::unavailable);
}

TEST_CASE_METHOD(relay_fixture,
                 "a question that a former leader did not take goes on") {
  // It is not told yet that b leads no more.
  caf::anon_send(a.relay, leader_is{"b"});
  settle();
  ask(a, submit(5));
  CHECK(a.answers.empty());
  lead(a);
  CHECK(a.answers.at(5).accepted().run_id() == "of a");
}

TEST_CASE_METHOD(relay_fixture,
                 "a question waits for the link to whoever leads") {
  lead(b);
  caf::anon_send(a.exchange, end_link{"b", "cut"});
  settle();
  ask(a, submit(5));
  CHECK(a.answers.empty());
  caf::anon_send(a.exchange, keep_linked{"b", "b", 7});
  pass(1s);
  CHECK(a.answers.at(5).accepted().run_id() == "of b");
}

TEST_CASE_METHOD(relay_fixture,
                 "a question that was perhaps taken is not repeated") {
  lead(b);
  ask(a, slow(5));
  caf::anon_send(a.exchange, end_link{"b", "cut"});
  settle();
  const auto problem = problem_in(a.answers.at(5));
  CHECK(problem.kind == runtime::problem_kind::unavailable);
  CHECK(problem.hint.find("idempotency key") != std::string::npos);
}

TEST_CASE_METHOD(relay_fixture,
                 "whoever waits for a run does not notice a new leader") {
  lead(a);
  ask(a, await(9));
  ask(b, await(10));
  REQUIRE(a.awaited->size() == 2);
  step_down(a);
  CHECK(a.answers.empty());
  CHECK(b.answers.empty());
  lead(b);
  pass(1s);
  REQUIRE(b.awaited->size() == 2);
  complete(b);
  CHECK(a.answers.at(9).result().status() == "completed");
  CHECK(b.answers.at(10).result().status() == "completed");
}

TEST_CASE_METHOD(relay_fixture, "a run may take longer than any question") {
  lead(b);
  ask(a, await(9));
  pass(120s);
  CHECK(a.answers.empty());
  // However often it is asked again.
  REQUIRE(b.awaited->size() == 1);
  complete(b);
  CHECK(a.answers.at(9).has_result());
}

TEST_CASE_METHOD(relay_fixture, "nobody is told who has left") {
  ask(a, submit(5));
  caf::anon_send(a.relay, asker_left{1});
  lead(b);
  pass(11s);
  CHECK(a.answers.empty());
}

TEST_CASE_METHOD(relay_fixture, "no more questions wait than fit") {
  for (auto id = std::uint64_t{1}; id <= 10'001; ++id)
    caf::anon_send(a.relay,
                   engine::desk_questions{1, {submit(id).SerializeAsString()}});
  settle();
  REQUIRE(a.answers.size() == 1);
  CHECK(problem_in(a.answers.at(10'001)).message.find("too many")
        != std::string::npos);
}

TEST_CASE_METHOD(relay_fixture,
                 "whoever waits for runs keeps out no other question") {
  for (auto id = std::uint64_t{1}; id <= 10'000; ++id)
    caf::anon_send(a.relay,
                   engine::desk_questions{1, {await(id).SerializeAsString()}});
  settle();
  REQUIRE(a.answers.size() == 5'000);
  CHECK(problem_in(a.answers.at(5'001)).kind
        == runtime::problem_kind::unavailable);
  a.answers.clear();
  for (auto id = std::uint64_t{10'001}; id <= 20'000; ++id)
    caf::anon_send(a.relay,
                   engine::desk_questions{1, {submit(id).SerializeAsString()}});
  settle();
  CHECK(a.answers.empty());
}

TEST_CASE_METHOD(relay_fixture,
                 "a leader has places for others beside those who wait") {
  lead(b);
  for (auto id = std::uint64_t{1}; id <= 5'000; ++id)
    caf::anon_send(a.relay,
                   engine::desk_questions{1, {await(id).SerializeAsString()}});
  settle();
  REQUIRE(b.awaited->size() == 5'000);
  ask(a, submit(10'001));
  CHECK(a.answers.at(10'001).accepted().run_id() == "of b");
  CHECK(b.awaited->size() == 5'000);
}
