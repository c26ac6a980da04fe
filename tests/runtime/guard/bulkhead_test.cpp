#include "runtime/guard/bulkhead.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace std::chrono_literals;
using namespace troupe::runtime;

namespace {

using call_id = bulkhead::call_id;
using end = bulkhead::waiting_end;
using refusal = bulkhead::refusal_reason;

constexpr auto start = clock::steady_time{1'000s};

bulkhead::request call(call_id id, call_class rank = call_class::normal,
                       deadline until = {}) {
  return {id, rank, until, id};
}

std::vector<call_id> granted(bulkhead& pool, clock::steady_time now) {
  auto ids = std::vector<call_id>{};
  for (const auto& result : pool.advance(now)) {
    if (result.end == end::granted)
      ids.push_back(result.id);
  }
  return ids;
}

} // namespace

TEST_CASE("a bulkhead runs so many calls, lets some wait, refuses the rest") {
  auto pool = bulkhead{{2, 1, 0s}};
  CHECK(pool.admit(call(1), start) == bulkhead::decision{bulkhead::admitted{}});
  CHECK(pool.admit(call(2), start) == bulkhead::decision{bulkhead::admitted{}});
  CHECK(pool.admit(call(3), start) == bulkhead::decision{bulkhead::queued{}});
  const auto full = pool.admit(call(4), start);
  CHECK(std::get<bulkhead::refused>(full).reason == refusal::queue_full);
  CHECK(pool.release(1, start + 1s));
  CHECK(granted(pool, start + 1s) == std::vector<call_id>{3});
  CHECK(pool.running() == 2);
  CHECK(pool.waiting() == 0);
}

TEST_CASE("who waits goes by class, then by deadline, then by arrival") {
  auto pool = bulkhead{{1, 10, 0s}};
  CHECK(std::holds_alternative<bulkhead::admitted>(pool.admit(call(1), start)));
  const auto soon = deadline{start + 10s};
  const auto later = deadline{start + 20s};
  static_cast<void>(pool.admit(call(2), start));
  static_cast<void>(pool.admit(call(3, call_class::low, soon), start));
  static_cast<void>(pool.admit(call(4, call_class::normal, later), start));
  static_cast<void>(pool.admit(call(5, call_class::normal, soon), start));
  static_cast<void>(pool.admit(call(6, call_class::critical), start));
  static_cast<void>(pool.admit(call(7, call_class::normal, soon), start));
  CHECK(pool.queue() == std::vector<call_id>{6, 5, 7, 4, 2, 3});
}

TEST_CASE("a full queue sheds the last of the lowest class for a higher one") {
  auto pool = bulkhead{{1, 2, 0s}};
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2, call_class::low), start));
  static_cast<void>(pool.admit(call(3, call_class::low), start));
  CHECK(std::get<bulkhead::queued>(pool.admit(call(4, call_class::high), start))
          .displaced
        == call_id{3});
  CHECK(pool.queue() == std::vector<call_id>{4, 2});
  CHECK(std::holds_alternative<bulkhead::refused>(
    pool.admit(call(5, call_class::low), start)));
}

TEST_CASE("nobody overtakes the queue into a slot that is free") {
  auto pool = bulkhead{{1, 2, 0s}};
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2), start));
  CHECK(pool.release(1, start));
  CHECK(std::holds_alternative<bulkhead::queued>(pool.admit(call(3), start)));
  CHECK(granted(pool, start) == std::vector<call_id>{2});
}

TEST_CASE("who waits too long leaves the queue, from anywhere in it") {
  auto pool = bulkhead{{1, 3, 5s}};
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2), start));
  static_cast<void>(
    pool.admit(call(3, call_class::low, deadline{start + 3s}), start + 1s));
  CHECK(pool.next_check() == start + 3s);
  CHECK(pool.advance(start + 3s - 1ns).empty());
  CHECK(pool.advance(start + 3s)
        == std::vector{bulkhead::wait_result{3, end::deadline_passed, 2s}});
  CHECK(pool.next_check() == start + 5s);
  CHECK(pool.advance(start + 5s)
        == std::vector{bulkhead::wait_result{2, end::queue_timeout, 5s}});
  CHECK_FALSE(pool.next_check());
}

TEST_CASE("a slot that nobody has cannot be given back") {
  auto pool = bulkhead{{1, 1, 0s}};
  CHECK_FALSE(pool.release(1, start));
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2), start));
  CHECK_FALSE(pool.release(2, start));
  CHECK(pool.release(1, start));
  CHECK_FALSE(pool.release(1, start));
  CHECK(pool.waiting() == 1);
}

TEST_CASE("calls that run already have their slots, beyond the limit too") {
  auto pool = bulkhead{{1, 2, 0s}};
  CHECK(pool.adopt(1, start));
  CHECK(pool.adopt(2, start));
  CHECK_FALSE(pool.adopt(2, start));
  static_cast<void>(pool.admit(call(3), start));
  CHECK_FALSE(pool.adopt(3, start));
  CHECK(pool.running() == 2);
  CHECK(pool.release(1, start));
  CHECK(granted(pool, start).empty());
  CHECK(pool.release(2, start));
  CHECK(granted(pool, start) == std::vector<call_id>{3});
}

TEST_CASE("an id has one place at most") {
  auto pool = bulkhead{{1, 1, 0s}};
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2), start));
  for (const auto id : {call_id{1}, call_id{2}})
    CHECK(std::get<bulkhead::refused>(pool.admit(call(id), start)).reason
          == refusal::known_id);
}

TEST_CASE("a call whose deadline has passed does not enter") {
  auto pool = bulkhead{{1, 1, 0s}};
  const auto decided
    = pool.admit(call(1, call_class::critical, deadline{start}), start);
  CHECK(std::get<bulkhead::refused>(decided).reason
        == refusal::deadline_passed);
}

TEST_CASE("a refusal says when a place may be free") {
  auto pool = bulkhead{{2, 4, 0s}};
  for (call_id id = 1; id <= 6; ++id)
    static_cast<void>(pool.admit(call(id), start));
  CHECK(pool.release(1, start + 8s));
  CHECK(pool.release(2, start + 8s));
  static_cast<void>(pool.advance(start + 8s));
  static_cast<void>(pool.admit(call(7), start + 8s));
  static_cast<void>(pool.admit(call(8), start + 8s));
  // Four wait before it, by two: the third turn.
  CHECK(std::get<bulkhead::refused>(pool.admit(call(9), start + 8s)).retry_after
        == 24s);
}

TEST_CASE("time that goes back makes no negative waits") {
  auto pool = bulkhead{{1, 2, 5s}};
  static_cast<void>(pool.admit(call(1), start));
  static_cast<void>(pool.admit(call(2), start));
  CHECK(pool.release(1, start - 1h));
  CHECK(pool.advance(start - 1h)
        == std::vector{bulkhead::wait_result{2, end::granted, 0s}});
  CHECK(pool.expected_wait() >= 0s);
}

// -- every sequence of events -------------------------------------------------

namespace {

enum class place : std::uint8_t { nowhere, running, waiting };

/// A bulkhead of two slots and two places to wait, and what a caller knows.
struct observed_bulkhead {
  static constexpr auto slots = std::size_t{2};
  static constexpr auto places = std::size_t{2};
  static constexpr auto timeout = 3s;

  bulkhead pool{{slots, places, timeout}};
  std::map<call_id, place> known;
  clock::steady_time now = start;
  std::uint64_t next_sequence = 0;

  void admit(call_id id) {
    static const auto requests = std::map<call_id, bulkhead::request>{
      {1, call(1, call_class::low)},
      {2, call(2, call_class::normal)},
      {3, call(3, call_class::normal, deadline{start + 2s})},
      {4, call(4, call_class::critical)},
      {5, call(5, call_class::low, deadline{start + 4s})}};
    auto request = requests.at(id);
    request.sequence = next_sequence++;
    const auto decided = pool.admit(request, now);
    if (const auto* const refused = std::get_if<bulkhead::refused>(&decided)) {
      REQUIRE((refused->reason == refusal::known_id)
              == (known[id] != place::nowhere));
      if (refused->reason == refusal::queue_full)
        REQUIRE(pool.waiting() == places);
      return;
    }
    REQUIRE(known[id] == place::nowhere);
    known[id] = std::holds_alternative<bulkhead::admitted>(decided)
                  ? place::running
                  : place::waiting;
    if (const auto* const queued = std::get_if<bulkhead::queued>(&decided);
        queued != nullptr && queued->displaced) {
      REQUIRE(known[*queued->displaced] == place::waiting);
      REQUIRE(requests.at(*queued->displaced).rank > request.rank);
      known[*queued->displaced] = place::nowhere;
    }
  }

  void release(call_id id) {
    REQUIRE(pool.release(id, now) == (known[id] == place::running));
    if (known[id] == place::running)
      known[id] = place::nowhere;
  }

  void withdraw(call_id id) {
    REQUIRE(pool.withdraw(id) == (known[id] == place::waiting));
    if (known[id] == place::waiting)
      known[id] = place::nowhere;
  }

  void advance(std::chrono::seconds elapsed) {
    now += elapsed;
    for (const auto& result : pool.advance(now)) {
      REQUIRE(known[result.id] == place::waiting);
      REQUIRE(result.waited >= 0s);
      known[result.id]
        = result.end == end::granted ? place::running : place::nowhere;
    }
    // Nobody waits beside a free slot, nor longer than allowed.
    REQUIRE((pool.waiting() == 0 || pool.running() == slots));
    REQUIRE((!pool.next_check() || *pool.next_check() > now));
  }

  void check() {
    REQUIRE(pool.running() <= slots);
    REQUIRE(pool.waiting() <= places);
    const auto count = [&](place at) {
      return static_cast<std::size_t>(
        std::count_if(known.begin(), known.end(),
                      [&](const auto& entry) { return entry.second == at; }));
    };
    REQUIRE(pool.running() == count(place::running));
    REQUIRE(pool.waiting() == count(place::waiting));
    for (const auto id : pool.queue())
      REQUIRE(known[id] == place::waiting);
    REQUIRE(pool.next_check().has_value() == (pool.waiting() > 0));
  }

  /// From anywhere, it empties.
  void check_drains() {
    for (int i = 0; i < 3; ++i) {
      for (call_id id = 1; id <= 5; ++id)
        release(id);
      advance(0s);
    }
    REQUIRE(pool.running() == 0);
    REQUIRE(pool.waiting() == 0);
  }
};

void do_event(observed_bulkhead& of, int event) {
  if (event < 5)
    of.admit(static_cast<call_id>(event + 1));
  else if (event < 9)
    of.release(static_cast<call_id>(event - 4));
  else if (event == 9)
    of.withdraw(2);
  else
    of.advance(std::chrono::seconds{event - 10});
}

constexpr auto event_count = 13;

void explore(const observed_bulkhead& from, int depth, std::size_t& seen) {
  for (int event = 0; event < event_count; ++event) {
    auto next = from;
    do_event(next, event);
    next.check();
    ++seen;
    if (depth > 1)
      explore(next, depth - 1, seen);
    else
      next.check_drains();
  }
}

} // namespace

TEST_CASE("no sequence of events breaks a bulkhead") {
  constexpr auto length = troupe::tests::is_slowed() ? 4 : 5;
  auto seen = std::size_t{0};
  explore({}, length, seen);
  CHECK(seen == 13 + 169 + 2'197 + 28'561 + (length == 5 ? 371'293 : 0));
}
