#include "tests/cluster/hosting/hosting_fixture.hpp"
#include "tests/cluster/hosting/scripted_exchange.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

/// A desk of epoch 5, asked directly.
struct desk_fixture : actor_fixture {
  std::shared_ptr<asked_of_exchange> asked
    = std::make_shared<asked_of_exchange>();
  shared_engine_record heard = std::make_shared<engine_record>();
  scripted_exchange_actor exchange = system.spawn(scripted_exchange, asked);
  engine::activity_source_actor source = spawn_listening_engine(system, heard);
  hosting_desk_actor desk = spawn_desk();

  desk_fixture() {
    own(exchange);
    own(source);
    own(desk);
    run();
    CHECK(asked->served == 0); // Nobody knows yet who is held.
    caf::anon_send(desk, serve_nodes{{"drained"}});
    run();
    CHECK(asked->served == 1);
  }

  hosting_desk_actor spawn_desk() {
    auto options = hosting_desk_options{};
    options.epoch = 5;
    return spawn_hosting_desk(system, source, exchange, options);
  }

  static messages::OpenHosting opening(std::uint64_t session) {
    auto what = messages::OpenHosting{};
    what.set_session(session);
    *what.mutable_pull() = offer_of(2);
    return what;
  }

  static messages::HostingReports report(std::uint64_t session,
                                         std::uint64_t sequence) {
    auto what = messages::HostingReports{};
    what.set_session(session);
    what.set_sequence(sequence);
    *what.mutable_reports() = reports_of(success_of(ref_to("step", 5)));
    return what;
  }

  template <class Message>
  outcome_of<node_answer> ask(const Message& what, std::uint64_t epoch = 5) {
    return request(desk, question_from("w", epoch, what));
  }

  template <class Answer>
  bool is_answered(const outcome_of<node_answer>& outcome) {
    return is_of_type<Answer>(reply_of(outcome, system).envelope);
  }

  static problem_kind kind_of(const outcome_of<node_answer>& outcome) {
    REQUIRE(std::holds_alternative<caf::error>(outcome));
    return runtime::to_problem(std::get<caf::error>(outcome)).kind;
  }
};

} // namespace

TEST_CASE_METHOD(desk_fixture, "a session begins once, however often it is "
                               "asked for") {
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  CHECK(heard->events == std::vector<std::string>{"pull"});
  CHECK(is_answered<messages::HostingOpened>(ask(opening(3))));
  CHECK(heard->events == std::vector<std::string>{"pull", "lost", "pull"});
  CHECK(kind_of(ask(opening(2))) == problem_kind::not_found);
  // What is over does not begin again: its node may have heard orders of it.
  caf::anon_send(desk, lose_node{"w"});
  run();
  CHECK(kind_of(ask(opening(3))) == problem_kind::not_found);
  CHECK(is_answered<messages::HostingOpened>(ask(opening(4))));
  CHECK(heard->pulls.size() == 3);
}

TEST_CASE_METHOD(desk_fixture, "an opening that waits gives way to the next") {
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  auto earlier = send(desk, question_from("w", 5, opening(2)));
  auto later = send(desk, question_from("w", 5, opening(3)));
  CHECK(kind_of(take(earlier)) == problem_kind::not_found);
  CHECK(is_answered<messages::HostingOpened>(take(later)));
  CHECK(heard->events == std::vector<std::string>{"pull", "lost", "pull"});
  CHECK(is_answered<messages::HostingTaken>(ask(report(3, 1))));
}

TEST_CASE_METHOD(desk_fixture, "the engine hears of each report once") {
  CHECK(kind_of(ask(report(1, 1))) == problem_kind::not_found);
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  for (auto i = 0; i < 2; ++i)
    CHECK(is_answered<messages::HostingTaken>(ask(report(1, 1))));
  CHECK(heard->reports.size() == 1);
  CHECK(heard->credit == 1);
  CHECK(kind_of(ask(report(1, 3))) == problem_kind::not_found);
  CHECK(kind_of(ask(report(2, 1))) == problem_kind::not_found);
  CHECK(is_answered<messages::HostingTaken>(ask(report(1, 2))));
  CHECK(heard->reports.size() == 2);
}

TEST_CASE_METHOD(desk_fixture, "questions under another epoch are refused") {
  CHECK(kind_of(ask(opening(1), 4)) == problem_kind::conflict);
  CHECK(kind_of(ask(opening(1), 6)) == problem_kind::conflict);
  CHECK(kind_of(ask(messages::HostingTaken{})) == problem_kind::invalid_input);
  CHECK(heard->pulls.empty());
}

TEST_CASE_METHOD(desk_fixture, "orders are asked again until they are "
                               "answered, others gather behind them") {
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  const auto host = caf::actor_cast<caf::actor>(heard->hosts.back());
  caf::anon_send(host, all_of(order_to_run(ref_to("a", 5))));
  caf::anon_send(host, all_of(order_to_run(ref_to("b", 5))));
  caf::anon_send(host, cancel_order(ref_to("a", 5)).cancel());
  run();
  REQUIRE(asked->calls.size() == 1);
  CHECK(asked->calls[0].envelope.epoch() == 5);
  caf::anon_send(exchange, fail_call{0, problem_kind::timeout});
  run();
  advance(20ms);
  REQUIRE(asked->calls.size() == 2);
  CHECK(asked->calls[1].envelope.body() == asked->calls[0].envelope.body());
  auto taken = messages::HostingTaken{};
  taken.set_sequence(1);
  caf::anon_send(exchange, answer_call{1, to_envelope({}, 5, taken)});
  run();
  REQUIRE(asked->calls.size() == 3);
  const auto next
    = from_envelope<messages::HostingOrders>(asked->calls[2].envelope);
  REQUIRE(next);
  CHECK(next->sequence() == 2);
  CHECK(next->orders_size() == 2);
  // The node has another session by now.
  caf::anon_send(exchange, fail_call{2, problem_kind::not_found});
  run();
  CHECK(heard->lost == 1);
}

TEST_CASE_METHOD(desk_fixture, "a node that is held gets nothing new, in later "
                               "sessions as well") {
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  caf::anon_send(desk, hold_node{"w", true});
  caf::anon_send(desk, hold_node{"other", true});
  run();
  CHECK(heard->events == std::vector<std::string>{"pull", "hold"});
  CHECK(is_answered<messages::HostingOpened>(ask(opening(2))));
  CHECK(heard->events
        == std::vector<std::string>{"pull", "hold", "lost", "pull"});
  // There is no moment between the pull and the hold.
  CHECK_FALSE(heard->pulls[0].is_held());
  CHECK(heard->pulls[1].is_held());
  caf::anon_send(desk, hold_node{"w", false});
  run();
  CHECK(heard->events.back() == "resume");
  // Whoever was lost begins anew.
  caf::anon_send(desk, hold_node{"w", true});
  caf::anon_send(desk, lose_node{"w"});
  run();
  CHECK(is_answered<messages::HostingOpened>(ask(opening(3))));
  CHECK(heard->events.back() == "pull");
  CHECK_FALSE(heard->pulls[2].is_held());
  static_cast<void>(request(desk, question_from("drained", 5, opening(1))));
  CHECK(heard->pulls[3].is_held());
}

TEST_CASE_METHOD(desk_fixture, "the engine hears once that all who live have "
                               "named what they run, and after they did") {
  CHECK(is_answered<messages::HostingOpened>(ask(opening(1))));
  caf::anon_send(desk, expect_nodes{{"v", "w"}});
  run();
  CHECK(heard->events == std::vector<std::string>{"pull"});
  static_cast<void>(request(desk, question_from("v", 5, opening(1))));
  CHECK(heard->events == std::vector<std::string>{"pull", "pull", "all"});
  caf::anon_send(desk, expect_nodes{{"w"}});
  CHECK(is_answered<messages::HostingOpened>(ask(opening(2))));
  CHECK(heard->events
        == std::vector<std::string>{"pull", "pull", "all", "lost", "pull"});
}
