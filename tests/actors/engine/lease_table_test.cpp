#include "actors/engine/lease_table.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace std::chrono_literals;
using namespace troupe::engine;

namespace {

const auto start = instant{24h};

lease_owner owner(std::uint8_t run, std::uint64_t epoch = 1,
                  std::optional<step_index> step = {}) {
  auto bytes = std::array<std::uint8_t, 16>{};
  bytes[15] = run;
  return {{troupe::runtime::uuid{bytes}, step, 0, false}, 1, epoch};
}

lease_request ask(const lease_owner& who, std::vector<lease_need> needs,
                  if_refused otherwise = if_refused::leave) {
  auto request = lease_request{};
  request.owner = who;
  request.needs = std::move(needs);
  request.otherwise = otherwise;
  return request;
}

lease_table with_limits(std::uint64_t slots, std::uint64_t cpu = 4) {
  auto table = lease_table{};
  table.set_limit("slot", slots);
  table.set_limit("cpu", cpu);
  return table;
}

bool all_live(const lease_owner&) {
  return true;
}

std::vector<lease_owner> owners(const std::vector<lease_waiter>& line) {
  auto result = std::vector<lease_owner>{};
  for (const auto& each : line)
    result.push_back(each.owner);
  return result;
}

} // namespace

TEST_CASE("free is the limit minus what is held") {
  auto table = with_limits(2, 8);
  CHECK(table.acquire(ask(owner(1), {{"cpu", 3, {}}}), start));
  CHECK(table.free("cpu") == 5);
  CHECK(table.free("slot") == 2);
  CHECK(table.free("nothing") == 0);
  CHECK(table.release(owner(1)));
  CHECK(table.free("cpu") == 8);
}

TEST_CASE("a request gets all or nothing") {
  auto table = with_limits(1, 4);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  const auto refused
    = table.acquire(ask(owner(2), {{"cpu", 2, {}}, {"slot", 1, {}}}), start);
  REQUIRE_FALSE(refused);
  CHECK(table.free("cpu") == 4);
  CHECK(table.rows().size() == 1);
}

TEST_CASE("a refusal says what, how much, who and since when") {
  auto table = with_limits(3);
  REQUIRE(table.acquire(ask(owner(5), {{"slot", 1, {}}}), start + 1s));
  REQUIRE(table.acquire(ask(owner(9), {{"slot", 2, {}}}), start));
  const auto refused
    = table.acquire(ask(owner(1), {{"slot", 2, {}}}), start + 2s).error();
  CHECK(refused.reason == lease_refusal::why::no_room);
  CHECK(refused.resource == "slot");
  CHECK(refused.needed == 2);
  CHECK(refused.limit == 3);
  CHECK(refused.held == 3);
  CHECK(refused.holder_count == 2);
  REQUIRE(refused.holders.size() == 2);
  CHECK(refused.holders[0] == lease_row{"slot", 2, owner(9), start, {}});
  CHECK(refused.holders[1] == lease_row{"slot", 1, owner(5), start + 1s, {}});
}

TEST_CASE("a refusal shows the eight oldest holders") {
  auto table = with_limits(20);
  for (std::uint8_t run = 1; run <= 20; ++run)
    REQUIRE(table.acquire(ask(owner(run), {{"slot", 1, {}}}),
                          start - std::chrono::seconds{run}));
  const auto refused
    = table.acquire(ask(owner(99), {{"slot", 1, {}}}), start).error();
  CHECK(refused.holder_count == 20);
  REQUIRE(refused.holders.size() == 8);
  CHECK(refused.holders[0].owner == owner(20));
  CHECK(refused.holders[7].owner == owner(13));
}

TEST_CASE("what nobody has set and what can never be are told apart") {
  auto table = with_limits(2);
  CHECK(table.acquire(ask(owner(1), {{"gpu", 1, {}}}), start).error().reason
        == lease_refusal::why::unknown_resource);
  CHECK(table.acquire(ask(owner(1), {{"slot", 3, {}}}), start).error().reason
        == lease_refusal::why::beyond_limit);
  CHECK(table.acquire(ask(owner(1), {}), start).error().reason
        == lease_refusal::why::nothing_asked);
  CHECK(table.acquire(ask(owner(1), {{"slot", 0, {}}}), start).error().reason
        == lease_refusal::why::nothing_asked);
}

TEST_CASE("needs of one resource count together") {
  auto table = with_limits(3);
  CHECK_FALSE(
    table.acquire(ask(owner(1), {{"slot", 2, {}}, {"slot", 2, {}}}), start));
  CHECK(
    table.acquire(ask(owner(1), {{"slot", 2, {}}, {"slot", 1, {}}}), start));
  CHECK(table.rows()
        == std::vector<lease_row>{{"slot", 3, owner(1), start, {}}});
  const auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(table.acquire(ask(owner(2), {{"cpu", most, {}}, {"cpu", 2, {}}}), start)
          .error()
          .reason
        == lease_refusal::why::nothing_asked);
}

TEST_CASE("a repeated request is granted once") {
  auto table = with_limits(2);
  const auto request = ask(owner(1), {{"slot", 1, {}}});
  CHECK(table.acquire(request, start) == lease_grant{{}, false});
  CHECK(table.acquire(request, start + 5s) == lease_grant{{}, true});
  CHECK(table.free("slot") == 1);
  CHECK(table.rows()[0].since == start);
  CHECK(table.acquire(ask(owner(1), {{"slot", 2, {}}}), start).error().reason
        == lease_refusal::why::already_held);
}

TEST_CASE("another attempt of the same work does not take over") {
  auto table = with_limits(5);
  REQUIRE(table.acquire(ask(owner(1, 7), {{"slot", 1, {}}}), start));
  const auto newer = table.acquire(ask(owner(1, 8), {{"slot", 1, {}}}), start);
  CHECK(newer.error().reason == lease_refusal::why::earlier_attempt);
  CHECK(newer.error().holders.front().owner == owner(1, 7));
  const auto older = table.acquire(ask(owner(1, 6), {{"slot", 1, {}}}), start);
  CHECK(older.error().reason == lease_refusal::why::old_epoch);
  REQUIRE(table.release(owner(1, 7)));
  CHECK(table.acquire(ask(owner(1, 8), {{"slot", 1, {}}}), start));
}

TEST_CASE("a late request of an old epoch takes no turn from the newer") {
  auto table = with_limits(1);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  const auto wait = [&](std::uint64_t epoch) {
    return table
      .acquire(ask(owner(2, epoch), {{"slot", 1, {}}}, if_refused::wait), start)
      .error()
      .reason;
  };
  CHECK(wait(4) == lease_refusal::why::no_room);
  CHECK(wait(3) == lease_refusal::why::old_epoch);
  CHECK(table.waiting(owner(2).holder)->owner == owner(2, 4));
  CHECK(wait(5) == lease_refusal::why::no_room);
  CHECK(table.waiting(owner(2).holder)->owner == owner(2, 5));
}

TEST_CASE("a late release of an old epoch changes nothing") {
  auto table = with_limits(1);
  REQUIRE(table.acquire(ask(owner(1, 7), {{"slot", 1, {}}}), start));
  CHECK(table.release(owner(1, 6)).error()
        == lease_fault{lease_fault::why::old_epoch, owner(1, 7)});
  CHECK(table.release(owner(1, 8)).error()
        == lease_fault{lease_fault::why::unknown_epoch, owner(1, 7)});
  CHECK(table.release(owner(2)).error()
        == lease_fault{lease_fault::why::unknown, {}});
  CHECK(table.free("slot") == 0);
  CHECK(table.release(owner(1, 7)).value().size() == 1);
  CHECK(table.release(owner(1, 7)).error().reason == lease_fault::why::unknown);
}

TEST_CASE("a lease counts until expire takes it back") {
  auto table = with_limits(1);
  auto request = ask(owner(1), {{"slot", 1, {}}});
  request.time_to_live = 10s;
  CHECK(table.acquire(request, start).value().expires_at == start + 10s);
  CHECK(table.next_expiry() == start + 10s);
  CHECK_FALSE(table.acquire(ask(owner(2), {{"slot", 1, {}}}), start + 11s));
  CHECK(table.expire(start + 9s).empty());
  const auto expired = table.expire(start + 10s);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].owner == owner(1));
  CHECK_FALSE(table.next_expiry());
  CHECK(table.acquire(ask(owner(2), {{"slot", 1, {}}}), start + 11s));
}

TEST_CASE("a renewal in time keeps a lease, one too late does not") {
  auto table = with_limits(1);
  auto request = ask(owner(1), {{"slot", 1, {}}});
  request.time_to_live = 10s;
  REQUIRE(table.acquire(request, start));
  CHECK(table.renew(owner(1), start + 8s, 10s) == start + 18s);
  CHECK(table.expire(start + 10s).empty());
  CHECK(table.renew(owner(1, 0), start + 8s, 10s).error().reason
        == lease_fault::why::old_epoch);
  CHECK(table.renew(owner(1), start + 18s, 10s).error().reason
        == lease_fault::why::expired);
  CHECK(table.expire(start + 18s).size() == 1);
  CHECK(table.renew(owner(1), start + 19s, 10s).error().reason
        == lease_fault::why::unknown);
}

TEST_CASE("everything of a run comes back at once") {
  auto table = with_limits(9, 9);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  REQUIRE(table.acquire(ask(owner(1, 4, 0), {{"cpu", 1, {}}}), start));
  REQUIRE(table.acquire(ask(owner(1, 5, 1), {{"cpu", 8, {}}}), start));
  REQUIRE(table.acquire(ask(owner(2), {{"slot", 1, {}}}), start));
  REQUIRE_FALSE(table.acquire(
    ask(owner(1, 6, 2), {{"cpu", 1, {}}}, if_refused::wait), start));
  CHECK(table.release_all_of(owner(1).holder.run).size() == 3);
  CHECK(table.line_of("cpu").empty());
  CHECK(table.rows().size() == 1);
  CHECK(table.check(all_live).empty());
}

TEST_CASE("whoever waits is told when there is room, in order") {
  auto table = with_limits(2);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 2, {}}}), start));
  for (std::uint8_t run = 2; run <= 4; ++run)
    REQUIRE_FALSE(table.acquire(
      ask(owner(run), {{"slot", 1, {}}}, if_refused::wait), start));
  CHECK(table.wakeable().empty());
  CHECK(owners(table.line_of("slot"))
        == std::vector{owner(2), owner(3), owner(4)});
  CHECK(table.why_waiting(owner(4).holder)->ahead == 2);
  REQUIRE(table.release(owner(1)));
  CHECK(owners(table.wakeable()) == std::vector{owner(2), owner(3)});
  REQUIRE(table.acquire(ask(owner(2), {{"slot", 1, {}}}), start));
  CHECK_FALSE(table.waiting(owner(2).holder));
  CHECK(owners(table.wakeable()) == std::vector{owner(3)});
}

TEST_CASE("nobody overtakes those who wait") {
  auto table = with_limits(3);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 2, {}}}), start));
  REQUIRE_FALSE(
    table.acquire(ask(owner(2), {{"slot", 3, {}}}, if_refused::wait), start));
  const auto refused
    = table.acquire(ask(owner(3), {{"slot", 1, {}}}), start).error();
  CHECK(refused.reason == lease_refusal::why::others_wait);
  CHECK(refused.ahead == 1);
  CHECK(table.stop_waiting(owner(2).holder));
  CHECK(table.acquire(ask(owner(3), {{"slot", 1, {}}}), start));
}

TEST_CASE("room beyond what those who wait need is free for all") {
  auto table = with_limits(4);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 3, {}}}), start));
  REQUIRE_FALSE(
    table.acquire(ask(owner(2), {{"slot", 2, {}}}, if_refused::wait), start));
  REQUIRE(table.release(owner(1)));
  CHECK(table.acquire(ask(owner(3), {{"slot", 2, {}}}), start));
  CHECK_FALSE(table.acquire(ask(owner(4), {{"slot", 1, {}}}), start));
  CHECK(table.acquire(ask(owner(2), {{"slot", 2, {}}}), start));
}

TEST_CASE("a higher class waits in front, for as long as a class counts") {
  auto table = lease_table{{.class_step = 60s}};
  table.set_limit("slot", 1);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  const auto wait
    = [&](std::uint8_t run, priority_class priority, instant now) {
        auto request = ask(owner(run), {{"slot", 1, {}}}, if_refused::wait);
        request.priority = priority;
        REQUIRE_FALSE(table.acquire(request, now));
      };
  wait(2, priority_class::normal, start);
  wait(3, priority_class::high, start + 59s);
  wait(4, priority_class::high, start + 61s);
  CHECK(owners(table.line_of("slot"))
        == std::vector{owner(3), owner(2), owner(4)});
}

TEST_CASE("whoever waits keeps its turn when it lacks the next thing") {
  auto table = with_limits(1, 1);
  REQUIRE(table.acquire(ask(owner(1), {{"cpu", 1, {}}}), start));
  REQUIRE(table.acquire(ask(owner(2), {{"slot", 1, {}}}), start));
  const auto both
    = ask(owner(3), {{"cpu", 1, {}}, {"slot", 1, {}}}, if_refused::wait);
  REQUIRE_FALSE(table.acquire(both, start + 1s));
  CHECK(table.waiting(owner(3).holder)->resource == "cpu");
  REQUIRE_FALSE(table.acquire(
    ask(owner(4), {{"slot", 1, {}}}, if_refused::wait), start + 2s));
  REQUIRE(table.release(owner(1)));
  CHECK(table.acquire(both, start + 3s).error().resource == "slot");
  const auto waiting = table.waiting(owner(3).holder).value();
  CHECK(waiting.resource == "slot");
  CHECK(waiting.since == start + 1s);
  CHECK(owners(table.line_of("slot")) == std::vector{owner(3), owner(4)});
  CHECK(table.line_of("cpu").empty());
}

TEST_CASE("a turn survives a restart") {
  auto table = with_limits(1);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  auto later = ask(owner(2), {{"slot", 1, {}}}, if_refused::wait);
  later.waiting_since = start + 9s;
  auto earlier = ask(owner(3), {{"slot", 1, {}}}, if_refused::wait);
  earlier.waiting_since = start + 3s;
  REQUIRE_FALSE(table.acquire(later, start + 1h));
  REQUIRE_FALSE(table.acquire(earlier, start + 1h));
  CHECK(owners(table.line_of("slot")) == std::vector{owner(3), owner(2)});
}

TEST_CASE("a waiter of another class is not in its own way") {
  auto table = with_limits(1);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  auto request = ask(owner(2), {{"slot", 1, {}}}, if_refused::wait);
  REQUIRE_FALSE(table.acquire(request, start));
  REQUIRE(table.release(owner(1)));
  request.priority = priority_class::maintenance;
  CHECK(table.acquire(request, start));
  CHECK(table.check(all_live).empty());
}

TEST_CASE("a lowered limit takes from nobody and gives to nobody") {
  auto table = with_limits(3);
  for (std::uint8_t run = 1; run <= 3; ++run)
    REQUIRE(table.acquire(ask(owner(run), {{"slot", 1, {}}}), start));
  table.set_limit("slot", 1);
  CHECK(table.free("slot") == 0);
  CHECK(table.rows().size() == 3);
  CHECK(table.check(all_live).empty());
  REQUIRE(table.release(owner(1)));
  CHECK_FALSE(table.acquire(ask(owner(4), {{"slot", 1, {}}}), start));
  REQUIRE(table.release(owner(2)));
  REQUIRE(table.release(owner(3)));
  CHECK(table.acquire(ask(owner(4), {{"slot", 1, {}}}), start));
}

TEST_CASE("a raised limit wakes those who wait") {
  auto table = with_limits(1);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  REQUIRE_FALSE(
    table.acquire(ask(owner(2), {{"slot", 1, {}}}, if_refused::wait), start));
  CHECK_FALSE(table.remove_limit("slot"));
  table.set_limit("slot", 2);
  CHECK(owners(table.wakeable()) == std::vector{owner(2)});
}

TEST_CASE("who asks for more than a lowered limit blocks nobody") {
  auto table = with_limits(4);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 2, {}}}), start));
  REQUIRE_FALSE(
    table.acquire(ask(owner(2), {{"slot", 3, {}}}, if_refused::wait), start));
  REQUIRE_FALSE(
    table.acquire(ask(owner(3), {{"slot", 2, {}}}, if_refused::wait), start));
  table.set_limit("slot", 2);
  REQUIRE(table.release(owner(1)));
  CHECK(owners(table.wakeable()) == std::vector{owner(3)});
  CHECK(table.acquire(ask(owner(3), {{"slot", 2, {}}}), start));
  CHECK(table.why_waiting(owner(2).holder)->reason
        == lease_refusal::why::beyond_limit);
}

TEST_CASE("a key exists while somebody holds or awaits it") {
  auto table = lease_table{};
  const auto key = lease_need{"key:db=prod", 1, 1};
  REQUIRE(table.acquire(ask(owner(1), {key}), start));
  REQUIRE_FALSE(table.acquire(ask(owner(2), {key}, if_refused::wait), start));
  REQUIRE(table.release(owner(1)));
  CHECK(table.status("key:db=prod")
        == resource_status{{"key:db=prod", 1, true}, 0, 0, 1});
  REQUIRE(table.acquire(ask(owner(2), {key}), start));
  REQUIRE(table.release(owner(2)));
  CHECK_FALSE(table.status("key:db=prod"));
  CHECK(table.limits().empty());
}

TEST_CASE("a refused request leaves no key behind") {
  auto table = with_limits(0);
  CHECK_FALSE(table.acquire(ask(owner(1), {{"key:a", 1, 1}, {"slot", 1, {}}},
                                if_refused::wait),
                            start));
  CHECK_FALSE(table.status("key:a"));
  CHECK(table.remove_limit("slot"));
  CHECK_FALSE(table.remove_limit("slot"));
}

TEST_CASE("a table comes back from its rows") {
  auto table = with_limits(5, 5);
  auto request = ask(owner(1, 3, 2), {{"slot", 2, {}}, {"cpu", 1, {}}});
  request.time_to_live = 30s;
  REQUIRE(table.acquire(request, start));
  REQUIRE(table.acquire(ask(owner(2), {{"key:a", 1, 1}}), start));
  auto again = lease_table::rebuild(table.rows(), table.limits(), {}).value();
  CHECK(again.rows() == table.rows());
  CHECK(again.limits() == table.limits());
  CHECK(again.next_expiry() == start + 30s);
  CHECK(again.check(all_live).empty());
  CHECK(again.acquire(request, start + 1s).value().is_repeated);
  REQUIRE(again.release(owner(2)));
  CHECK_FALSE(again.status("key:a"));
}

TEST_CASE("rows that contradict each other make no table") {
  const auto limits = std::vector<resource_limit>{{"slot", 5, false}};
  const auto row = lease_row{"slot", 1, owner(1), start, {}};
  auto other = row;
  CHECK(lease_table::rebuild({row, row}, limits, {}).error().message
        == "00000000-0000-0000-0000-000000000001 has two leases on \"slot\"");
  other.owner.epoch = 2;
  CHECK_FALSE(lease_table::rebuild({row, other}, limits, {}));
  other = row;
  other.resource = "gpu";
  CHECK(lease_table::rebuild({other}, limits, {}).error().message
        == "the lease of 00000000-0000-0000-0000-000000000001 on \"gpu\" has "
           "no limit");
}

TEST_CASE("the examination finds a lease whose owner is gone") {
  auto table = with_limits(2);
  REQUIRE(table.acquire(ask(owner(1), {{"slot", 1, {}}}), start));
  const auto found = table.check([](const lease_owner&) { return false; });
  CHECK(found
        == std::vector<std::string>{"00000000-0000-0000-0000-000000000001 "
                                    "holds leases and does not live"});
}
