#include "cluster/transport/local_transport.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using change_list = std::shared_ptr<std::vector<std::string>>;

node_service_actor::behavior_type echo_service(node_service_actor::pointer) {
  return {[](const node_question& question) -> caf::result<node_answer> {
    const auto& asked = question.what->envelope;
    if (asked.body() == "fail")
      return runtime::to_error(
        {runtime::problem_kind::conflict, "no", {}, 0, 0, {}, "try another"});
    auto answer = node_answer{};
    answer.envelope.set_type("Echo");
    answer.envelope.set_body(asked.sender() + ":" + asked.body());
    return answer;
  }};
}

/// A service that never answers.
node_service_actor::behavior_type
silent_service(node_service_actor::pointer self) {
  return {[self](const node_question&) {
    return self->make_response_promise<node_answer>();
  }};
}

link_watcher_actor::behavior_type note_changes(link_watcher_actor::pointer,
                                               const change_list& to) {
  return {[to](const link_change& change) {
    to->push_back((change.is_up ? "up " : "lost ") + change.peer.node.name);
  }};
}

/// Two nodes in one actor system and one network; all moves by hand.
struct exchange_fixture : actor_fixture {
  local_network network{local_network::delivery::by_hand};
  change_list changes = std::make_shared<std::vector<std::string>>();
  node_exchange_actor a = make("a");
  node_exchange_actor b = make("b");
  std::uint16_t b_port = 7;

  exchange_fixture() {
    const auto watcher = system.spawn(note_changes, changes);
    own(watcher);
    caf::anon_send(a, watch_links{watcher});
    serve(b, "echo", system.spawn(echo_service));
    serve(b, "silent", system.spawn(silent_service));
    settle();
  }

  ~exchange_fixture() {
    for (const auto& exchange : {a, b})
      caf::anon_send_exit(exchange, caf::exit_reason::user_shutdown);
    settle();
  }

  node_exchange_actor make(const std::string& name,
                           std::optional<node_identity> self = {}) {
    auto options = node_exchange_options{};
    options.self = std::move(self);
    options.draw = [] { return std::uint64_t{0}; };
    options.make_transport = [this, name](transport_events events) {
      auto made = network.join({name, 1, ""}, std::move(events));
      if (name == "b")
        CHECK(made->listen("local", 7));
      return made;
    };
    auto exchange = spawn_node_exchange(system, std::move(options));
    own(exchange);
    return exchange;
  }

  void serve(const node_exchange_actor& exchange, const std::string& target,
             const node_service_actor& service) {
    own(service);
    caf::anon_send(exchange, serve_target{target, service});
  }

  /// Until neither actors nor the network have anything left to do.
  void settle() {
    do
      run();
    while (network.deliver() != 0);
  }

  void link() {
    caf::anon_send(a, keep_linked{"b", "local", b_port});
    settle();
    REQUIRE(*changes == std::vector<std::string>{"up b"});
    changes->clear();
  }

  auto ask(const node_exchange_actor& by, const std::string& node,
           const std::string& target, const std::string& body) {
    auto call = node_call{};
    call.node = node;
    call.envelope.set_target(target);
    call.envelope.set_body(body);
    auto reply = send(by, call);
    settle();
    return reply;
  }

  auto ask(const std::string& target, const std::string& body) {
    return ask(a, "b", target, body);
  }

  static runtime::problem
  problem_in(std::optional<outcome_of<node_answer>> outcome) {
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<caf::error>(*outcome));
    return runtime::to_problem(std::get<caf::error>(*outcome));
  }
};

} // namespace

TEST_CASE_METHOD(exchange_fixture, "a service of another node answers") {
  link();
  auto reply = ask("echo", "hello");
  const auto outcome = reply.try_take(0ms);
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<node_answer>(*outcome));
  const auto& answer = std::get<node_answer>(*outcome).envelope;
  CHECK(answer.body() == "a:hello");
  CHECK(answer.type() == "Echo");
}

TEST_CASE_METHOD(exchange_fixture,
                 "what a service refuses arrives as it was said") {
  link();
  const auto refused = problem_in(ask("echo", "fail").try_take(0ms));
  CHECK(refused.kind == runtime::problem_kind::conflict);
  CHECK(refused.message == "no");
  CHECK(refused.hint == "try another");
  CHECK(problem_in(ask("nothing", "").try_take(0ms)).kind
        == runtime::problem_kind::not_found);
}

TEST_CASE_METHOD(exchange_fixture, "a node asks itself as it asks others") {
  const auto c = make("c", node_identity{"c", 3, ""});
  serve(c, "echo", system.spawn(echo_service));
  const auto watcher = system.spawn(note_changes, changes);
  own(watcher);
  caf::anon_send(c, watch_links{watcher});
  settle();
  CHECK(*changes == std::vector<std::string>{"up c"});
  auto reply = ask(c, "c", "echo", "hello");
  const auto outcome = reply.try_take(0ms);
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<node_answer>(*outcome));
  CHECK(std::get<node_answer>(*outcome).envelope.body() == "c:hello");
  const auto refused = problem_in(ask(c, "c", "echo", "fail").try_take(0ms));
  CHECK(refused.message == "no");
  CHECK(problem_in(ask(c, "c", "nothing", "").try_take(0ms)).kind
        == runtime::problem_kind::not_found);
  caf::anon_send_exit(c, caf::exit_reason::user_shutdown);
  settle();
}

TEST_CASE_METHOD(exchange_fixture, "without a link a question fails at once") {
  CHECK(problem_in(ask("echo", "hello").try_take(0ms)).kind
        == runtime::problem_kind::unavailable);
}

TEST_CASE_METHOD(exchange_fixture,
                 "the loss of a link fails all that is outstanding at once") {
  link();
  auto first = ask("silent", "1");
  auto second = ask("silent", "2");
  CHECK_FALSE(first.try_take(0ms));
  caf::anon_send(b, end_link{"a", "maintenance"});
  settle();
  for (auto* reply : {&first, &second}) {
    const auto lost = problem_in(reply->try_take(0ms));
    CHECK(lost.kind == runtime::problem_kind::unavailable);
    CHECK(lost.message == "the link to node \"b\" is lost: maintenance");
  }
  CHECK(*changes == std::vector<std::string>{"lost b"});
}

TEST_CASE_METHOD(exchange_fixture, "silence ends at the deadline") {
  link();
  auto reply = ask("silent", "1");
  advance(4'900ms);
  settle();
  CHECK_FALSE(reply.try_take(0ms));
  advance(600ms);
  settle();
  CHECK(problem_in(reply.try_take(0ms)).kind == runtime::problem_kind::timeout);
}

TEST_CASE_METHOD(exchange_fixture, "a link that is wanted comes back") {
  link();
  caf::anon_send(b, end_link{"a", "blip"});
  settle();
  CHECK(*changes == std::vector<std::string>{"lost b"});
  advance(1s);
  settle();
  CHECK(*changes == std::vector<std::string>{"lost b", "up b"});
  caf::anon_send(a, end_link{"b", "enough"});
  settle();
  advance(60s);
  settle();
  CHECK(changes->back() == "lost b");
  CHECK(changes->size() == 3);
}

TEST_CASE_METHOD(exchange_fixture, "a notice is told, and not answered") {
  auto told = std::make_shared<std::vector<std::string>>();
  serve(a, "news", system.spawn([told]() -> node_service_actor::behavior_type {
    return {[told](const node_question& question) {
      told->push_back(question.what->envelope.body());
      return node_answer{};
    }};
  }));
  settle();
  link();
  auto notice = node_notice{};
  notice.node = "a";
  notice.envelope.set_target("news");
  notice.envelope.set_body("one");
  caf::anon_send(b, notice);
  settle();
  CHECK(*told == std::vector<std::string>{"one"});
}
