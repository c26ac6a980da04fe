#include "cluster/leadership/leadership_actor.hpp"
#include "cluster/leadership/lease_row.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using kind = lease_action::kind;
using lines = std::vector<std::string>;

/// A database that does with one lease what PostgreSQL does, or does not.
struct scripted_database {
  enum class mood { helpful, silent, failing };

  mood now = mood::helpful;
  lease_row row;
  lease_timing timing;
  std::vector<kind> asked;
};

using database_ptr = std::shared_ptr<scripted_database>;

lease_answer answer_of(scripted_database& database, const lease_question& asked,
                       runtime::clock::wall_time now) {
  auto& row = database.row;
  switch (asked.what) {
    case kind::acquire:
      return try_acquire(row, asked.holder, now, database.timing.length);
    case kind::renew:
      return renew(row, asked.holder, asked.epoch, now, database.timing.length);
    case kind::release:
      return release(row, asked.holder, asked.epoch, now);
    default:
      return watch(row, now);
  }
}

lease_database_actor::behavior_type scripted(lease_database_actor::pointer self,
                                             const database_ptr& database) {
  return {[=](const ask_lease& wanted) {
    auto promise = self->make_response_promise<lease_answer>();
    database->asked.push_back(wanted.what.what);
    const auto now = self->clock().now().time_since_epoch();
    if (database->now == scripted_database::mood::helpful)
      promise.deliver(answer_of(
        *database, wanted.what,
        runtime::clock::wall_time{
          std::chrono::duration_cast<std::chrono::microseconds>(now)}));
    else if (database->now == scripted_database::mood::failing)
      promise.deliver(caf::make_error(runtime::problem_kind::unavailable));
    return promise;
  }};
}

std::string to_text(const leadership_change& change) {
  auto text = "leader '" + change.leader + "'";
  if (change.epoch)
    text += " epoch " + std::to_string(*change.epoch);
  if (change.reason)
    text += ": " + std::string{to_string(*change.reason)};
  return text;
}

leadership_watcher_actor::behavior_type
note_changes(leadership_watcher_actor::pointer,
             const std::shared_ptr<lines>& to) {
  return {
    [to](const leadership_change& change) { to->push_back(to_text(change)); }};
}

struct candidate {
  lease_database_actor database;
  leadership_actor leadership;
  std::shared_ptr<lines> told = std::make_shared<lines>();
};

struct leadership_fixture : actor_fixture {
  database_ptr database = std::make_shared<scripted_database>();
  candidate a;
  candidate b;

  /// Ends its handles before the system ends.
  ~leadership_fixture() {
    database->now = scripted_database::mood::failing;
  }

  candidate start(const std::string& node) {
    auto made = candidate{};
    made.database = system.spawn(scripted, database);
    own(made.database);
    auto options = leadership_options{};
    options.holder = holder_of(node, 1);
    options.draw = [] { return std::uint64_t{0}; };
    made.leadership = spawn_leadership(system, made.database, options);
    own(made.leadership);
    const auto watcher = system.spawn(note_changes, made.told);
    own(watcher);
    caf::anon_send(made.leadership, watch_leadership{watcher});
    return made;
  }

  /// `a` leads, `b` stands by, and what they were told so far is forgotten.
  void start_both() {
    a = start("a");
    advance(500ms);
    b = start("b");
    advance(1s);
    REQUIRE(shown(a) == "leader 'a/1' epoch 1");
    REQUIRE(shown(b) == "leader 'a/1'");
    a.told->clear();
    b.told->clear();
    database->asked.clear();
  }

  std::string shown(const candidate& of) {
    return to_text(reply_of(request(of.leadership, get_leadership{}), system));
  }

  std::size_t count(kind what) const {
    return static_cast<std::size_t>(std::ranges::count(database->asked, what));
  }
};

} // namespace

TEST_CASE("a holder is a node and its incarnation") {
  CHECK(holder_of("a-1", 12) == "a-1/12");
  CHECK(node_of("a-1/12") == "a-1");
  CHECK(node_of("").empty());
}

TEST_CASE_METHOD(leadership_fixture, "a node that is alone leads, and renews") {
  a = start("a");
  advance(10s);
  CHECK(*a.told == lines{"leader ''", "leader 'a/1' epoch 1"});
  CHECK(shown(a) == "leader 'a/1' epoch 1");
  CHECK(count(kind::acquire) == 1);
  CHECK(count(kind::renew) >= 24);
  CHECK(count(kind::renew) <= 26);
}

TEST_CASE_METHOD(leadership_fixture, "others see who leads") {
  start_both();
  advance(5s);
  CHECK(a.told->empty());
  CHECK(b.told->empty());
}

TEST_CASE_METHOD(leadership_fixture,
                 "whoever cannot renew stops before the lease ends") {
  start_both();
  database->now = GENERATE(scripted_database::mood::silent,
                           scripted_database::mood::failing);
  advance(1'100ms);
  CHECK(*a.told == lines{"leader '': no renewal was confirmed in time"});
  CHECK(shown(a) == "leader ''");
  advance(10s);
  CHECK(b.told->empty()); // It knows nothing new.
  database->now = scripted_database::mood::helpful;
  advance(2s);
  CHECK(database->row.epoch == 2);
  CHECK((shown(a) == "leader 'a/1' epoch 2")
        != (shown(b) == "leader 'b/1' epoch 2"));
}

TEST_CASE_METHOD(leadership_fixture, "after a kill somebody else leads") {
  start_both();
  stop(a.leadership, caf::exit_reason::kill);
  CHECK(a.told->empty());
  advance(1'500ms);
  CHECK(b.told->back() == "leader 'b/1' epoch 2");
}

TEST_CASE_METHOD(leadership_fixture, "an orderly stop hands over at once") {
  start_both();
  const auto stopped = reply_of(request(a.leadership, stop_leading{}), system);
  CHECK(stopped.is_released);
  CHECK(*a.told == lines{"leader '': the node stops"});
  advance(400ms);
  CHECK(b.told->back() == "leader 'b/1' epoch 2");
  CHECK(reply_of(request(a.leadership, stop_leading{}), system).is_released);
  advance(5s);
  CHECK(database->row.epoch == 2);
}

TEST_CASE_METHOD(leadership_fixture,
                 "a stop does not wait for a silent database") {
  start_both();
  database->now = scripted_database::mood::silent;
  auto reply = send(a.leadership, stop_leading{});
  advance(1s);
  CHECK_FALSE(reply.try_take(0ms));
  CHECK(*a.told == lines{"leader '': the node stops"});
  advance(1s);
  CHECK_FALSE(reply_of(*reply.try_take(0ms), system).is_released);
}

TEST_CASE_METHOD(leadership_fixture, "a leader steps aside when it is asked") {
  start_both();
  caf::anon_send(a.leadership, step_aside{5s});
  run();
  CHECK(*a.told == lines{"leader '': somebody asked for it"});
  advance(1s);
  CHECK(shown(b) == "leader 'b/1' epoch 2");
  CHECK(a.told->back() == "leader 'b/1'");
}

TEST_CASE_METHOD(leadership_fixture,
                 "a node that others may hold for dead leads no more") {
  start_both();
  caf::anon_send(a.leadership, own_notice{own_notice_kind::was_absent, 200ms});
  run();
  CHECK(a.told->empty()); // Nobody holds it for dead yet.
  caf::anon_send(a.leadership, own_notice{own_notice_kind::step_down, {}});
  run();
  CHECK(*a.told == lines{"leader '': the node did not keep time"});
  advance(600ms);
  CHECK(shown(b) == "leader 'b/1' epoch 2");
}

TEST_CASE_METHOD(leadership_fixture,
                 "a leader that did not get to run leads no more") {
  start_both();
  scheduler.advance_time(900ms); // All timeouts are late.
  run();
  CHECK(*a.told == lines{"leader '': the node did not keep time"});
}

TEST_CASE_METHOD(leadership_fixture,
                 "the end of the leader makes others look at once") {
  start_both();
  const auto looks = [&](const member_event& event) {
    // Between two looks of its own.
    while (count(kind::watch) == 0)
      advance(10ms);
    run();
    database->asked.clear();
    const auto watcher = membership_watcher_actor{b.leadership};
    caf::anon_send(watcher, event);
    run();
    return count(kind::watch);
  };
  auto event = member_event{};
  event.of.name = "c";
  event.kind = member_event_kind::down;
  CHECK(looks(event) == 0);
  event.of.name = "a";
  event.kind = member_event_kind::suspect;
  CHECK(looks(event) == 0);
  event.kind = member_event_kind::left;
  CHECK(looks(event) == 1);
}

TEST_CASE_METHOD(leadership_fixture,
                 "watchers hear of the end of their leadership") {
  start_both();
  SECTION("when it is told to end, and the lease is given back") {
    stop(a.leadership);
    CHECK(count(kind::release) == 1);
  }
  SECTION("when its way to the database ends") {
    stop(a.database, caf::exit_reason::kill);
  }
  CHECK(*a.told == lines{"leader '': the node stops"});
  advance(1'500ms);
  CHECK(shown(b) == "leader 'b/1' epoch 2");
}
