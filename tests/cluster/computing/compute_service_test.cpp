#include "cluster/computing/block_frame.hpp"
#include "cluster/hosting/hosting_envelope.hpp"
#include "messages/computing.pb.h"
#include "runtime/actor_errors.hpp"
#include "tests/cluster/computing/computing_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

using runtime::problem_kind;

namespace {

/// Node "l" asks node "v" what it likes.
struct service_fixture : computing_fixture {
  service_fixture() {
    lend("v", 3);
  }

  outcome_of<node_answer> ask(messages::Envelope envelope,
                              const std::string& from = "l") {
    auto call = node_call{};
    call.node = "v";
    call.envelope = std::move(envelope);
    return await(send(exchanges.at(from), std::move(call)));
  }

  template <class Message>
  outcome_of<node_answer> ask(const Message& message) {
    return ask(to_envelope(compute_target, 0, message));
  }

  std::uint64_t open(messages::ComputeKind kind
                     = messages::COMPUTE_KIND_SCORING) {
    auto request = messages::OpenSlot{};
    request.set_kind(kind);
    const auto reply = reply_of(ask(request), system);
    return from_envelope<messages::SlotOpened>(reply.envelope)->session();
  }

  static messages::Envelope task_of(std::string body) {
    auto envelope = messages::Envelope{};
    envelope.set_target(compute_target);
    envelope.set_type("SlotTask");
    envelope.set_body(std::move(body));
    return envelope;
  }

  problem_kind refusal(const outcome_of<node_answer>& outcome) {
    REQUIRE(std::holds_alternative<caf::error>(outcome));
    const auto reason = runtime::to_problem(std::get<1>(outcome), system);
    CHECK_FALSE(reason.message.empty());
    return reason.kind;
  }
};

} // namespace

TEST_CASE_METHOD(service_fixture, "a node tells how many slots it has") {
  const auto reply = reply_of(ask(messages::GetComputeSlots{}), system);
  CHECK(from_envelope<messages::ComputeSlots>(reply.envelope)->slots() == 3);
}

TEST_CASE_METHOD(service_fixture, "sessions of one start are never repeated") {
  const auto first = open();
  CHECK(open() == first + 1);
  crash("v");
  settle();
  lend("v", 1, {}, 2);
  advance(10s);
  settle();
  CHECK(open() > first + 1'000);
}

TEST_CASE_METHOD(service_fixture, "a session that is closed is not found") {
  const auto session = open();
  auto close = messages::CloseSlot{};
  close.set_session(session);
  caf::anon_send(exchanges.at("l"),
                 node_notice{"v", to_envelope(compute_target, 0, close)});
  settle();
  CHECK(refusal(ask(task_of(write_frame(session, "", {}))))
        == problem_kind::not_found);
}

TEST_CASE_METHOD(service_fixture, "nobody uses the session of another node") {
  const auto session = open();
  join("m");
  caf::anon_send(exchanges.at("m"), keep_linked{"v", "local", 2});
  settle();
  CHECK(refusal(ask(task_of(write_frame(session, "", {})), "m"))
        == problem_kind::not_found);
}

TEST_CASE_METHOD(service_fixture, "sessions end with their link") {
  const auto session = open();
  unlink("v");
  settle();
  link("v");
  advance(10s);
  settle();
  CHECK(refusal(ask(task_of(write_frame(session, "", {}))))
        == problem_kind::not_found);
}

TEST_CASE_METHOD(service_fixture, "what makes no sense is refused, no more") {
  const auto session = open();
  auto simulating = messages::SlotTask{};
  simulating.mutable_simulation()->set_task(1);
  for (const auto& body :
       {write_frame(session, "\xff\xff", {}), write_frame(session, "", {}),
        write_frame(session, simulating.SerializeAsString(), {}),
        write_frame(session, "", {}).substr(0, 24) + "too much"}) {
    CHECK(refusal(ask(task_of(body))) == problem_kind::invalid_input);
  }
  CHECK(refusal(ask(task_of("short"))) == problem_kind::not_found);
  CHECK(refusal(ask(messages::OpenSlot{})) == problem_kind::invalid_input);
  auto unknown = messages::Envelope{};
  unknown.set_target(compute_target);
  unknown.set_type("Anything");
  CHECK(refusal(ask(unknown)) == problem_kind::invalid_input);
  CHECK(open() == session + 1);
}

TEST_CASE_METHOD(service_fixture, "a task without sense is a failure") {
  const auto session = open();
  auto task = messages::SlotTask{};
  task.mutable_scoring()->set_task(5);
  task.mutable_scoring()->set_attempt(2);
  task.mutable_scoring()->set_context_version(9);
  const auto reply = reply_of(
    ask(task_of(write_frame(session, task.SerializeAsString(), {}))), system);
  const auto& body = reply.envelope.body();
  const auto frame = read_frame(body, nullptr).value();
  const auto answer = message_of<messages::SlotAnswer>(frame).value();
  REQUIRE(answer.has_not_scored());
  CHECK(answer.not_scored().task() == 5);
  CHECK(answer.not_scored().attempt() == 2);
  CHECK_FALSE(answer.not_scored().reason().empty());
}

TEST_CASE_METHOD(computing_fixture, "a node has not endless sessions") {
  auto options = compute_service_options{};
  options.sessions_max = 2;
  join("v");
  const auto service
    = spawn_compute_service(system, exchanges.at("v"), options);
  own(service);
  services["v"] = service;
  link("v");
  auto request = messages::OpenSlot{};
  request.set_kind(messages::COMPUTE_KIND_SIMULATION);
  for (auto i = 0; i < 3; ++i) {
    auto call = node_call{};
    call.node = "v";
    call.envelope = to_envelope(compute_target, 0, request);
    const auto outcome = await(send(exchanges.at("l"), std::move(call)));
    CHECK(std::holds_alternative<caf::error>(outcome) == (i == 2));
  }
}
