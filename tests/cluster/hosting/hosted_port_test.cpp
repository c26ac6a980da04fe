#include "tests/cluster/hosting/hosting_fixture.hpp"
#include "tests/cluster/hosting/scripted_exchange.hpp"

#include <caf/event_based_actor.hpp>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

/// A port with a host, and an exchange that says what the test wants.
struct port_fixture : actor_fixture {
  std::shared_ptr<asked_of_exchange> asked
    = std::make_shared<asked_of_exchange>();
  shared_host_record told = std::make_shared<host_record>();
  scripted_exchange_actor exchange = system.spawn(scripted_exchange, asked);
  shared_work_count count = std::make_shared<work_count>();
  hosted_port_actor port = spawn_hosted_port(system, exchange, counting());
  told_host_actor host = spawn_told_host(system, port, told, 2);

  port_fixture() {
    own(exchange);
    own(port);
    own(host);
    run();
  }

  [[nodiscard]] hosted_port_options counting() const {
    auto options = hosted_port_options{};
    options.count = count;
    return options;
  }

  outcome_of<node_answer> tell(const node_question& question) {
    return request(port, question);
  }

  void follow(const std::string& node, std::uint64_t epoch) {
    auto notice = messages::LeaderNotice{};
    notice.set_epoch(epoch);
    notice.set_leadership_epoch(epoch + 100);
    static_cast<void>(
      reply_of(tell(question_from(node, epoch, notice)), system));
  }

  /// The last call as what it has to be.
  template <class Message>
  Message last() {
    REQUIRE_FALSE(asked->calls.empty());
    const auto message = from_envelope<Message>(asked->calls.back().envelope);
    REQUIRE(message);
    return *message;
  }

  template <class Message>
  void answer(std::size_t call, const Message& message) {
    caf::anon_send(exchange, answer_call{call, to_envelope({}, 0, message)});
    run();
  }

  void fail(std::size_t call, problem_kind kind) {
    caf::anon_send(exchange, fail_call{call, kind});
    run();
  }

  static messages::HostingTaken taken(std::uint64_t sequence) {
    auto answer = messages::HostingTaken{};
    answer.set_sequence(sequence);
    return answer;
  }

  outcome_of<node_answer> order(const std::string& node, std::uint64_t epoch,
                                std::uint64_t session, std::uint64_t sequence,
                                const messages::HostingOrder& what) {
    auto orders = messages::HostingOrders{};
    orders.set_session(session);
    orders.set_sequence(sequence);
    *orders.add_orders() = what;
    return tell(question_from(node, epoch, orders));
  }

  template <class Reply>
  static problem_kind kind_of(const std::variant<Reply, caf::error>& outcome) {
    REQUIRE(std::holds_alternative<caf::error>(outcome));
    return runtime::to_problem(std::get<caf::error>(outcome)).kind;
  }
};

} // namespace

TEST_CASE_METHOD(port_fixture,
                 "a leader that cannot be asked is asked less and "
                 "less often") {
  follow("a", 1);
  auto delays = std::vector<std::int64_t>{};
  for (std::size_t i = 0; i < 7; ++i) {
    REQUIRE(asked->calls.size() == i + 1);
    CHECK(last<messages::OpenHosting>().session() == 1);
    fail(i, problem_kind::unavailable);
    advance(500ms);
    REQUIRE(asked->times.size() == i + 2);
    delays.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(
                       asked->times[i + 1] - asked->times[i])
                       .count());
    // What is left of the half second is not part of the next delay.
    asked->times[i + 1] = now();
  }
  CHECK(delays == std::vector<std::int64_t>{20, 40, 80, 160, 320, 500, 500});
}

TEST_CASE_METHOD(port_fixture,
                 "what an earlier leader answers counts no more") {
  follow("a", 1);
  answer(0, messages::HostingOpened{});
  CHECK(std::holds_alternative<node_answer>(
    order("a", 1, 1, 1, run_order(ref_to("step")))));
  caf::anon_send(host, reports_of(success_of(ref_to("step"))));
  run();
  CHECK(last<messages::HostingReports>().session() == 1);

  follow("b", 2);
  CHECK(asked->calls.back().node == "b");
  CHECK(last<messages::OpenHosting>().pull().running_size() == 1);
  answer(2, messages::HostingOpened{});
  CHECK(std::holds_alternative<node_answer>(
    order("b", 2, 2, 1, keep_order(ref_to("step"), 2))));
  REQUIRE(asked->calls.size() == 4);
  CHECK(last<messages::HostingReports>().session() == 2);
  answer(1, taken(1));
  fail(3, problem_kind::unavailable);
  advance(100ms);
  REQUIRE(asked->calls.size() == 5);
  CHECK(last<messages::HostingReports>().reports().reports_size() == 1);
  answer(4, taken(1));
  CHECK(asked->calls.size() == 5);
}

TEST_CASE_METHOD(port_fixture, "a session that the leader does not know is "
                               "followed by the next") {
  follow("a", 1);
  for (const auto kind : {problem_kind::not_found, problem_kind::conflict}) {
    const auto session = last<messages::OpenHosting>().session();
    fail(asked->calls.size() - 1, kind);
    advance(500ms);
    CHECK(last<messages::OpenHosting>().session() == session + 1);
  }
  // An answer that is none: the same again.
  answer(2, messages::LeaderNotice{});
  advance(500ms);
  CHECK(asked->calls.size() == 4);
  CHECK(last<messages::OpenHosting>().session() == 3);
}

TEST_CASE_METHOD(port_fixture, "orders are taken from the leader alone") {
  follow("b", 2);
  answer(0, messages::HostingOpened{});
  const auto run_it = run_order(ref_to("step", 2));
  CHECK(kind_of(order("a", 1, 1, 1, run_it)) == problem_kind::conflict);
  CHECK(kind_of(order("a", 2, 1, 1, run_it)) == problem_kind::not_found);
  CHECK(kind_of(order("b", 3, 1, 1, run_it)) == problem_kind::not_found);
  CHECK(kind_of(order("b", 2, 2, 1, run_it)) == problem_kind::not_found);
  CHECK(kind_of(order("b", 2, 1, 2, run_it)) == problem_kind::not_found);
  CHECK(told->runs.empty());
  for (auto i = 0; i < 2; ++i) {
    const auto answer = reply_of(order("b", 2, 1, 1, run_it), system);
    const auto what = from_envelope<messages::HostingTaken>(answer.envelope);
    REQUIRE(what);
    CHECK(what->sequence() == 1);
  }
  CHECK(told->runs.size() == 1);
  CHECK(kind_of(tell(question_from("b", 2, messages::HostingOpened{})))
        == problem_kind::invalid_input);
}

TEST_CASE_METHOD(port_fixture, "a port closes once all ends are stored, "
                               "and then begins nothing") {
  follow("a", 1);
  answer(0, messages::HostingOpened{});
  reply_of(order("a", 1, 1, 1, run_order(ref_to("step"))), system);
  auto closed = send(port, close_when_idle{});
  run();
  CHECK_FALSE(closed.try_take(0ms));
  CHECK(kind_of(request(port, close_when_idle{})) == problem_kind::conflict);

  // What was on its way before the leader knew still runs.
  reply_of(order("a", 1, 1, 2, run_order(ref_to("late"))), system);
  CHECK(told->runs.size() == 2);
  caf::anon_send(host, reports_of(success_of(ref_to("step"))));
  run();
  answer(1, taken(1));
  CHECK_FALSE(closed.try_take(0ms));
  caf::anon_send(host, reports_of(success_of(ref_to("late"))));
  run();
  CHECK_FALSE(closed.try_take(0ms)); // It has ended, but nobody knows.
  answer(2, taken(2));
  CHECK_FALSE(closed.try_take(0ms)); // The leader may forget it again.
  auto orders = messages::HostingOrders{};
  orders.set_session(1);
  orders.set_sequence(3);
  orders.set_stored(2);
  reply_of(tell(question_from("a", 1, orders)), system);
  reply_of(take(closed), system);

  CHECK(kind_of(order("a", 1, 1, 4, run_order(ref_to("next"))))
        == problem_kind::unavailable);
  CHECK(told->runs.size() == 2);
}

TEST_CASE_METHOD(port_fixture, "a port tells whom it follows, and under which "
                               "leadership") {
  const auto heard = std::make_shared<std::vector<leader_followed>>();
  const auto watcher
    = system.spawn([heard](caf::event_based_actor*) -> caf::behavior {
        return {[heard](const leader_followed& now) { heard->push_back(now); }};
      });
  own(watcher);
  caf::anon_send(port,
                 watch_leader{caf::actor_cast<leader_watcher_actor>(watcher)});
  run();
  CHECK(heard->empty());
  follow("a", 1);
  follow("a", 1);
  follow("b", 2);
  REQUIRE(heard->size() == 2);
  CHECK(heard->at(0).leadership_epoch == 101);
  CHECK(heard->at(1).node == "b");
  CHECK(heard->at(1).leadership_epoch == 102);
}

TEST_CASE_METHOD(port_fixture, "a port counts what runs and what has ended") {
  follow("a", 1);
  answer(0, messages::HostingOpened{});
  reply_of(order("a", 1, 1, 1, run_order(ref_to("step"))), system);
  CHECK(count->running == 1);
  caf::anon_send(host, reports_of(success_of(ref_to("step"))));
  run();
  CHECK(count->running == 0);
  CHECK(count->ended == 1);
}

TEST_CASE_METHOD(port_fixture, "a port that has nothing closes at once") {
  reply_of(request(port, close_when_idle{}), system);
}

TEST_CASE_METHOD(port_fixture, "whoever waits for a port that ends is told") {
  follow("a", 1);
  answer(0, messages::HostingOpened{});
  reply_of(order("a", 1, 1, 1, run_order(ref_to("step"))), system);
  const auto closed = send(port, close_when_idle{});
  run();
  stop(port);
  CHECK(kind_of(take(closed)) == problem_kind::interrupted);
}

TEST_CASE_METHOD(port_fixture, "a port ends with its exchange, and its host "
                               "with it") {
  const auto address = caf::actor_cast<caf::actor_addr>(port);
  port = nullptr;
  stop(exchange);
  stop(host);
  CHECK(caf::actor_cast<caf::actor>(address) == nullptr);
}
