#include "cluster/membership/beat_message.hpp"
#include "cluster/membership/membership_actor.hpp"
#include "cluster/transport/local_transport.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using lines = std::vector<std::string>;

/// What a watcher was told, and what a disk has.
struct node_record {
  lines told;
  std::vector<std::uint64_t> stored;
  unsigned refused = 0; ///< Attempts to store.
  bool is_disk_full = false;
};

using record_ptr = std::shared_ptr<node_record>;

membership_watcher_actor::behavior_type
note_events(membership_watcher_actor::pointer, const record_ptr& to) {
  return {
    [to](const member_event& event) {
      to->told.push_back(std::string{to_string(event.kind)} + ' '
                         + event.of.name + '/'
                         + std::to_string(event.of.incarnation));
    },
    [to](const own_notice& notice) {
      to->told.emplace_back(to_string(notice.kind));
    },
  };
}

incarnation_store_actor::behavior_type
keep_incarnations(incarnation_store_actor::pointer, const record_ptr& to) {
  return {
    [to](const store_incarnation& what) -> caf::result<incarnation_stored> {
      if (to->is_disk_full) {
        ++to->refused;
        return caf::make_error(runtime::problem_kind::unavailable, "full");
      }
      to->stored.push_back(what.incarnation);
      return incarnation_stored{};
    },
  };
}

struct node {
  record_ptr record = std::make_shared<node_record>();
  node_exchange_actor exchange;
  membership_actor members;
};

/// Nodes in one actor system and one network; all moves by hand.
struct membership_fixture : actor_fixture {
  local_network network{local_network::delivery::by_hand};
  lines names;
  std::map<std::string, node> nodes;

  ~membership_fixture() {
    for (auto& [name, each] : nodes)
      kill(name);
    nodes.clear();
    settle();
  }

  static std::uint16_t port_of(const std::string& name) {
    return static_cast<std::uint16_t>(name.front());
  }

  std::vector<keep_linked> peers() const {
    auto result = std::vector<keep_linked>{};
    for (const auto& name : names)
      result.push_back({name, "local", port_of(name)});
    return result;
  }

  void start(const std::string& name, std::uint64_t incarnation = 1) {
    auto& made = nodes[name] = node{};
    auto options = node_exchange_options{};
    options.draw = [] { return std::uint64_t{0}; };
    options.make_transport = [=, this](transport_events events) {
      auto links = network.join({name, incarnation, ""}, std::move(events));
      CHECK(links->listen("local", port_of(name)));
      return links;
    };
    made.exchange = spawn_node_exchange(system, std::move(options));
    own(made.exchange);
    const auto store = system.spawn(keep_incarnations, made.record);
    own(store);
    auto member = membership_actor_options{};
    member.self
      = {.name = name,
         .id = runtime::uuid{{static_cast<std::uint8_t>(name[0]),
                              static_cast<std::uint8_t>(incarnation)}},
         .incarnation = incarnation,
         .roles = {.is_coordinator = true, .is_worker = true}};
    member.peers = peers();
    made.members = spawn_membership(system, made.exchange, store, member);
    own(made.members);
    watch(name);
  }

  void watch(const std::string& name) {
    const auto watcher = system.spawn(note_events, nodes[name].record);
    own(watcher);
    caf::anon_send(nodes[name].members, watch_members{watcher});
  }

  void start_all(const lines& all) {
    names = all;
    for (const auto& name : all)
      start(name);
    pass(1s);
  }

  /// As a crash would; links end with the process.
  void kill(const std::string& name) {
    caf::anon_send_exit(nodes[name].exchange, caf::exit_reason::kill);
    settle();
  }

  /// No links between this node and all others.
  void cut_off(const std::string& name) {
    for (const auto& other : names) {
      if (other == name)
        continue;
      caf::anon_send(nodes[name].exchange, end_link{other, "cut"});
      caf::anon_send(nodes[other].exchange, end_link{name, "cut"});
    }
    settle();
  }

  void heal() {
    for (const auto& [name, each] : nodes)
      for (const auto& peer : peers())
        if (peer.node != name)
          caf::anon_send(each.exchange, peer);
    settle();
  }

  void settle() {
    do
      run();
    while (network.deliver() != 0);
  }

  void pass(std::chrono::milliseconds time) {
    constexpr auto step = 10ms;
    for (auto passed = 0ms; passed < time; passed += step) {
      advance(step);
      settle();
    }
  }

  template <class Question>
  auto ask(const std::string& name, const Question& question) {
    auto reply = send(nodes[name].members, question);
    settle();
    return reply;
  }

  template <class Question>
  runtime::problem refusal_of(const std::string& name,
                              const Question& question) {
    const auto outcome = ask(name, question).try_take(0ms);
    REQUIRE(outcome);
    REQUIRE(std::holds_alternative<caf::error>(*outcome));
    return runtime::to_problem(std::get<caf::error>(*outcome));
  }

  members_seen seen_by(const std::string& name) {
    return reply_of(*ask(name, get_members{}).try_take(0ms), system);
  }

  /// "a/1 alive, b/1 dead".
  std::string view_of(const std::string& name) {
    auto text = std::string{};
    for (const auto& each : seen_by(name).members)
      text += (text.empty() ? "" : ", ") + each.of.name + '/'
              + std::to_string(each.of.incarnation) + ' '
              + std::string{to_string(each.of.state)};
    return text;
  }

  lines take_told(const std::string& name) {
    return std::exchange(nodes[name].record->told, {});
  }

  bool was_told(const std::string& name, const std::string& what) const {
    const auto& told = nodes.at(name).record->told;
    return std::ranges::find(told, what) != told.end();
  }
};

} // namespace

TEST_CASE_METHOD(membership_fixture, "nodes that find each other are up") {
  start_all({"a", "b", "c"});
  for (const auto* name : {"a", "b", "c"}) {
    CHECK(view_of(name) == "a/1 alive, b/1 alive, c/1 alive");
    CHECK(was_told(name, "up a/1"));
    CHECK(was_told(name, "up b/1"));
    CHECK(was_told(name, "up c/1"));
    CHECK(seen_by(name).is_safe);
  }
  const auto seen = seen_by("a");
  CHECK(seen.self == "a");
  CHECK_FALSE(seen.members[0].phi);
  CHECK(seen.members[1].phi < 1);
  CHECK(seen.members[1].of.roles.is_worker);
}

TEST_CASE_METHOD(membership_fixture, "a late watcher is told who is there") {
  start_all({"a", "b"});
  (void)take_told("a");
  watch("a");
  settle();
  CHECK(take_told("a") == lines{"up a/1", "up b/1"});
  pass(1s);
  CHECK(take_told("a").empty());
}

TEST_CASE_METHOD(membership_fixture,
                 "a node that dies is suspect at once, and down in time") {
  start_all({"a", "b", "c"});
  for (const auto* name : {"a", "b"})
    (void)take_told(name);
  kill("c");
  settle();
  CHECK(take_told("a") == lines{"suspect c/1"});
  pass(1'400ms);
  CHECK(take_told("a") == lines{"down c/1"});
  CHECK(view_of("b") == "a/1 alive, b/1 alive, c/1 dead");

  start("c", 2);
  pass(3s);
  CHECK(take_told("a") == lines{"up c/2"});
  CHECK(view_of("b") == "a/1 alive, b/1 alive, c/2 alive");
  CHECK(view_of("c") == "a/1 alive, b/1 alive, c/2 alive");
}

TEST_CASE_METHOD(membership_fixture,
                 "a process that comes too soon takes the former one's place") {
  start_all({"a", "b"});
  (void)take_told("a");
  kill("b");
  start("b", 2);
  pass(3s);
  CHECK(take_told("a") == lines{"suspect b/1", "down b/1", "up b/2"});
}

TEST_CASE_METHOD(membership_fixture,
                 "an incarnation is on disk before anybody hears of it") {
  start_all({"a", "b", "c"});
  cut_off("c");
  pass(3s);
  CHECK(view_of("a") == "a/1 alive, b/1 alive, c/1 dead");
  CHECK(view_of("c") == "a/1 dead, b/1 dead, c/1 alive");

  nodes["c"].record->is_disk_full = true;
  heal();
  pass(3s);
  CHECK(nodes["c"].record->refused > 1);
  CHECK(was_told("c", "step down"));
  CHECK_FALSE(seen_by("c").is_safe);
  CHECK(view_of("a") == "a/1 alive, b/1 alive, c/1 dead");

  nodes["c"].record->is_disk_full = false;
  pass(3s);
  CHECK(nodes["c"].record->stored == std::vector<std::uint64_t>{2});
  CHECK(was_told("c", "renewed afresh"));
  CHECK(seen_by("c").is_safe);
  for (const auto* name : {"a", "b", "c"})
    CHECK(view_of(name) == "a/1 alive, b/1 alive, c/2 alive");
}

TEST_CASE_METHOD(membership_fixture, "a node drains, whoever asks") {
  start_all({"a", "b"});
  (void)take_told("a");
  reply_of(*ask("a", drain_node{"b", true}).try_take(0ms), system);
  CHECK(take_told("a") == lines{"draining b/1"});
  reply_of(*ask("b", drain_node{{}, false}).try_take(0ms), system);
  CHECK(take_told("a") == lines{"resumed b/1"});
  reply_of(*ask("a", drain_node{"a", true}).try_take(0ms), system);
  CHECK(view_of("b") == "a/1 draining, b/1 alive");

  CHECK(refusal_of("a", drain_node{"x", true}).kind
        == runtime::problem_kind::not_found);
  kill("b");
  CHECK(refusal_of("a", drain_node{"b", true}).kind
        == runtime::problem_kind::unavailable);
}

TEST_CASE_METHOD(membership_fixture,
                 "a node has left once its farewells are said") {
  start_all({"a", "b"});
  (void)take_told("a");
  (void)take_told("b");
  auto first = ask("b", leave_cluster{});
  CHECK_FALSE(first.try_take(0ms));
  auto second = ask("b", leave_cluster{});
  pass(1s);
  reply_of(*first.try_take(0ms), system);
  reply_of(*second.try_take(0ms), system);
  reply_of(*ask("b", leave_cluster{}).try_take(0ms), system);
  CHECK(take_told("a") == lines{"left b/1"});
  CHECK(take_told("b")
        == lines{"step down", "left b/1", "step down", "stopped: left"});
  CHECK(seen_by("b").is_stopped);
  watch("b");
  settle();
  CHECK(take_told("b").back() == "stopped: left");
}

TEST_CASE_METHOD(membership_fixture,
                 "whoever waits for a leave is told when the membership ends") {
  start_all({"a", "b"});
  auto reply = ask("b", leave_cluster{});
  stop(nodes["b"].exchange);
  const auto outcome = reply.try_take(0ms);
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<caf::error>(*outcome));
  CHECK(runtime::to_problem(std::get<caf::error>(*outcome)).kind
        == runtime::problem_kind::interrupted);
}

TEST_CASE_METHOD(membership_fixture, "an operator removes who is dead") {
  start_all({"a", "b", "c"});
  CHECK(refusal_of("a", remove_node{"a"}).kind
        == runtime::problem_kind::invalid_input);
  CHECK(refusal_of("a", remove_node{"b"}).kind
        == runtime::problem_kind::conflict);
  CHECK(refusal_of("a", remove_node{"x"}).kind
        == runtime::problem_kind::not_found);
  kill("c");
  pass(2s);
  reply_of(*ask("a", remove_node{"c"}).try_take(0ms), system);
  pass(1s);
  CHECK(view_of("b") == "a/1 alive, b/1 alive, c/1 left");
}

TEST_CASE_METHOD(membership_fixture,
                 "beats that are junk or in another's name change nothing") {
  start_all({"a", "b"});
  auto forged = beat{.from = "c",
                     .id = {},
                     .incarnation = 9,
                     .sequence = 1,
                     .lateness = {},
                     .digest = {}};
  forged.digest.push_back({.of = {.name = "c",
                                  .id = {},
                                  .incarnation = 9,
                                  .version = 1,
                                  .state = member_state::alive,
                                  .roles = {}}});
  auto notice = node_notice{};
  notice.node = "a";
  notice.envelope.set_target(membership_target);
  for (const auto& [type, body] : {std::pair{"Beat", write_beat(forged)},
                                   {"Beat", "junk"},
                                   {"Beat", std::string(beat_bytes_max, 'x')},
                                   {"DrainNode", std::string(65, '\0')},
                                   {"Nonsense", std::string{}}}) {
    notice.envelope.set_type(type);
    notice.envelope.set_body(body);
    caf::anon_send(nodes["b"].exchange, notice);
    settle();
  }
  pass(1s);
  CHECK(view_of("a") == "a/1 alive, b/1 alive");
  CHECK(view_of("b") == "a/1 alive, b/1 alive");
}

TEST_CASE_METHOD(membership_fixture, "a node without peers begins at once") {
  start_all({"a"});
  CHECK(view_of("a") == "a/1 alive");
}
