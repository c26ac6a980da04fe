// Leases in a server of PostgreSQL, as the actors of a node use them.
#include "cluster/leadership/leadership_actor.hpp"
#include "cluster/leadership/lease_database.hpp"
#include "cluster/leadership/lease_fence.hpp"
#include "cluster/leadership/lease_session.hpp"
#include "runtime/store/store.hpp"
#include "runtime/store/transactions.hpp"
#include "tests/cluster/leadership/lease_database.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/postgres_server.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

using kind = lease_action::kind;
using runtime::problem_kind;

namespace {

/// It takes long to start.
const postgres_server& shared_server() {
  static const auto server = postgres_server{};
  return server;
}

lease_session_options options_of(const std::string& lease) {
  auto options = lease_session_options{};
  options.address
    = runtime::parse_postgres_address(shared_server().address(), {}).value();
  options.lease = lease;
  // The machine may be slow.
  options.timing.request_timeout = 3s;
  options.connect_timeout = 20s;
  return options;
}

/// Changes of a node, for a thread that waits for one.
class change_list {
public:
  void add(const leadership_change& change) {
    const auto lock = std::scoped_lock{mutex_};
    changes_.push_back(change);
    changed_.notify_all();
  }

  /// The epoch under which the node leads; fails the test if it does not soon.
  lease_epoch await_epoch() {
    auto lock = std::unique_lock{mutex_};
    const auto leads
      = [&] { return !changes_.empty() && changes_.back().epoch; };
    REQUIRE(changed_.wait_for(lock, 20s, leads));
    return *changes_.back().epoch;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<leadership_change> changes_;
};

leadership_watcher_actor::behavior_type
note_changes(leadership_watcher_actor::pointer,
             const std::shared_ptr<change_list>& to) {
  return {[to](const leadership_change& change) { to->add(change); }};
}

struct candidate {
  leadership_actor leadership;
  std::shared_ptr<change_list> told = std::make_shared<change_list>();
};

struct live_leadership : live_fixture {
  candidate start(const std::string& node, const std::string& lease) {
    auto made = candidate{};
    auto where = options_of(lease);
    where.timing = lease_timing{};
    const auto database = spawn_lease_database(system, where);
    own(database);
    auto options = leadership_options{};
    options.holder = holder_of(node, 1);
    options.draw
      = [random = std::make_shared<std::mt19937_64>(1)] { return (*random)(); };
    made.leadership = spawn_leadership(system, database, options);
    own(made.leadership);
    const auto watcher = system.spawn(note_changes, made.told);
    own(watcher);
    caf::anon_send(made.leadership, watch_leadership{watcher});
    return made;
  }
};

} // namespace

TEST_CASE("a session makes what it needs, whoever else does") {
  auto outside = lease_database{shared_server().address()};
  outside.run("DROP TABLE IF EXISTS leases");
  auto granted = std::atomic<int>{0};
  auto failed = std::atomic<int>{0};
  {
    auto threads = std::vector<std::jthread>{};
    for (auto i = 0; i < 6; ++i)
      threads.emplace_back([&, i] {
        auto session = lease_session{options_of("made")};
        const auto answer
          = session.ask({kind::acquire, "n" + std::to_string(i) + "/1", 0});
        failed += answer ? 0 : 1;
        granted += answer && answer->is_granted ? 1 : 0;
      });
  }
  CHECK(failed == 0);
  CHECK(granted == 1);
}

TEST_CASE("a session asks what a keeper wants to know") {
  auto session = lease_session{options_of("asked")};
  CHECK(session.ask({kind::watch, "a/1", 0}) == lease_answer{});
  const auto taken = session.ask({kind::acquire, "a/1", 0});
  REQUIRE(taken);
  CHECK(taken->is_granted);
  CHECK(taken->holder == "a/1");
  CHECK(taken->epoch == 1);
  CHECK(taken->left <= lease_timing{}.length);
  CHECK(session.ask({kind::renew, "a/1", 1}).value().is_granted);
  CHECK_FALSE(session.ask({kind::renew, "b/1", 1}).value().is_granted);
  CHECK(session.ask({kind::release, "a/1", 1}).value().is_granted);
  CHECK_FALSE(session.ask({kind::release, "a/1", 1}).value().is_granted);
  CHECK(session.ask({kind::watch, "a/1", 0}).value().left == 0us);
}

TEST_CASE("a session outlives a crash of its server") {
  auto session = lease_session{options_of("crash")};
  REQUIRE(session.ask({kind::acquire, "a/1", 0}));
  shared_server().crash();
  for (auto i = 0; i < 2; ++i) {
    const auto lost = session.ask({kind::watch, "a/1", 0});
    REQUIRE_FALSE(lost);
    CHECK(lost.error().kind == problem_kind::unavailable);
  }
  shared_server().start();
  CHECK(session.ask({kind::watch, "a/1", 0}).value().epoch == 1);
}

TEST_CASE("whatever is in the table, a session takes it for no lease or one") {
  auto outside = lease_database{shared_server().address()};
  auto session = lease_session{options_of("junk")};
  REQUIRE(session.ask({kind::watch, "a/1", 0}));
  outside.run("UPDATE leases SET holder = repeat('x', 1000) "
              "WHERE name = 'junk'");
  CHECK_FALSE(session.ask({kind::watch, "a/1", 0}));
  outside.run("UPDATE leases SET holder = 'b/1', epoch = 7, "
              "expires_at = clock_timestamp() + interval '100 years' "
              "WHERE name = 'junk'");
  CHECK(session.ask({kind::watch, "a/1", 0}).value().left == 24h);
  outside.run("DELETE FROM leases WHERE name = 'junk'");
  CHECK_FALSE(session.ask({kind::watch, "a/1", 0}));
  CHECK(session.ask({kind::watch, "a/1", 0}) == lease_answer{});
}

TEST_CASE("a writer that is frozen does not keep a lease that is over") {
  auto frozen = lease_database{shared_server().address()};
  auto options = options_of("frozen");
  options.timing.request_timeout = 1s;
  auto session = lease_session{options};
  REQUIRE(session.ask({kind::acquire, "a/1", 0}));
  frozen.run("BEGIN");
  REQUIRE(frozen.fence("frozen", 1));
  auto other = lease_database{shared_server().address()};
  other.expire("frozen");
  auto answer = lease_answer{};
  while (!answer.is_granted)
    answer = session.ask({kind::acquire, "b/1", 0}).value_or(lease_answer{});
  CHECK(answer.epoch == 2);
  CHECK_FALSE(frozen.try_run("COMMIT").state.empty());
}

TEST_CASE_METHOD(live_fixture, "what nobody waits for is not asked") {
  const auto database = spawn_lease_database(system, options_of("late"));
  const auto now = std::chrono::steady_clock::now();
  const auto late
    = request(database, ask_lease{{kind::acquire, "a/1", 0}, now});
  REQUIRE(std::holds_alternative<caf::error>(late));
  CHECK(runtime::to_problem(std::get<caf::error>(late)).kind
        == problem_kind::timeout);
  const auto seen = reply_of(
    request(database, ask_lease{{kind::watch, "a/1", 0}, now + 1h}), system);
  CHECK(seen.epoch == 0);
}

TEST_CASE_METHOD(live_leadership, "after a kill another node leads") {
  const auto a = start("a", "killed");
  const auto first = a.told->await_epoch();
  const auto b = start("b", "killed");
  auto last_write = lease_database{shared_server().address()};
  SECTION("when nothing is left behind") {}
  SECTION("when a write never ends") {
    last_write.run("BEGIN");
    REQUIRE(last_write.fence("killed", first));
  }
  caf::anon_send_exit(a.leadership, caf::exit_reason::kill);
  CHECK(b.told->await_epoch() > first);
}

TEST_CASE_METHOD(live_leadership, "an orderly stop lets another node lead") {
  const auto a = start("a", "stopped");
  const auto first = a.told->await_epoch();
  const auto b = start("b", "stopped");
  CHECK(reply_of(request(a.leadership, stop_leading{}), system).is_released);
  CHECK(b.told->await_epoch() > first);
}

TEST_CASE_METHOD(live_fixture,
                 "the store of a former leader is refused its commits") {
  auto session = lease_session{options_of("fenced")};
  REQUIRE(session.ask({kind::acquire, "a/1", 0}));
  auto options = runtime::store_options{};
  options.path = shared_server().address();
  options.fence = fence_of("fenced", 1);
  const auto store = runtime::spawn_store(
                       system, options,
                       {{"numbers", 1, "CREATE TABLE number (value INTEGER)"}})
                       .value();
  const auto commit = [&](std::int64_t number) {
    auto transaction = messages::CommitTransaction{};
    runtime::add_statement(transaction,
                           "INSERT INTO number (value) VALUES (?1)", {number});
    return request(store, transaction, messages::column_block{});
  };
  reply_of(commit(1), system);
  // Renewed or over, as long as nobody else has it.
  auto outside = lease_database{shared_server().address()};
  outside.expire("fenced");
  reply_of(commit(2), system);
  CHECK(session.ask({kind::acquire, "b/1", 0}).value().epoch == 2);
  const auto refused = commit(3);
  REQUIRE(std::holds_alternative<caf::error>(refused));
  CHECK(std::get<caf::error>(refused) == runtime::store_error::fenced);
  CHECK(runtime::to_problem(std::get<caf::error>(refused)).kind
        == problem_kind::conflict);
  CHECK(outside.run("SELECT value FROM number ORDER BY value").size() == 2);
  caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
}
