#include "cluster/leadership/lease_keeper.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using kind = lease_action::kind;

namespace {

using instant = lease_keeper::instant;

constexpr auto start = instant{1'000s};

/// A keeper and what was asked of it last.
struct kept_lease {
  lease_keeper keeper{"a/1", {}};
  lease_keeper::actions last;

  lease_keeper::actions& tick(instant now, std::uint64_t draw = 0) {
    return last = keeper.tick(now, draw);
  }

  /// Ticks as often as it should, until then.
  void tick_until(instant from, instant until) {
    for (auto at = from; at <= until; at += 50ms) {
      tick(at);
      if (!last.empty())
        return;
    }
  }

  lease_keeper::actions& answer(instant now, const lease_answer& what,
                                std::uint64_t draw = 0) {
    return answer_to(last.back().request, now, what, draw);
  }

  lease_keeper::actions& answer_to(std::uint64_t request, instant now,
                                   const lease_answer& what,
                                   std::uint64_t draw = 0) {
    return last = keeper.answer(
             now, {request, lease_reply::status::answered, what}, draw);
  }

  lease_keeper::actions& fail(instant now, lease_reply::status how
                                           = lease_reply::status::failed) {
    return last = keeper.answer(now, {last.back().request, how, {}}, 0);
  }
};

std::vector<kind> kinds(const lease_keeper::actions& of) {
  auto all = std::vector<kind>{};
  for (const auto& each : of)
    all.push_back(each.what);
  return all;
}

using list = std::vector<kind>;

const auto nobody = lease_answer{};
const auto mine = lease_answer{true, "a/1", 1, 1'200ms};
const auto theirs = lease_answer{false, "b/1", 7, 500ms};

/// One that leads under epoch 1: asked at `start`, granted 10 ms later.
kept_lease leading() {
  auto it = kept_lease{};
  CHECK(kinds(it.tick(start)) == list{kind::watch});
  CHECK(kinds(it.answer(start, nobody)) == list{kind::acquire});
  CHECK(kinds(it.answer(start + 10ms, mine)) == list{kind::lead});
  CHECK(it.last.back().epoch == 1);
  return it;
}

} // namespace

TEST_CASE("a node looks, asks for a free lease, and leads") {
  auto it = leading();
  CHECK(it.keeper.leads(start + 10ms));
  CHECK(it.keeper.epoch(start + 10ms) == 1);
  CHECK(it.keeper.last_seen() == mine);
}

TEST_CASE("the belief counts from when the request was sent, less a margin") {
  auto it = leading();
  CHECK(it.keeper.believes_until() == start + 1'050ms);
  it.tick(start + 800ms - 400ms);
  it.tick(start + 800ms);
  CHECK(it.keeper.leads(start + 1'050ms - 1ns));
  CHECK_FALSE(it.keeper.leads(start + 1'050ms));
}

TEST_CASE("a leader renews at a third of the lease, and believes for longer") {
  auto it = leading();
  CHECK(it.tick(start + 350ms).empty());
  CHECK(it.keeper.next_check() == start + 400ms);
  CHECK(kinds(it.tick(start + 400ms)) == list{kind::renew});
  CHECK(it.last.back().epoch == 1);
  CHECK(it.answer(start + 420ms, mine).empty());
  CHECK(it.keeper.believes_until() == start + 1'450ms);
  CHECK(it.tick(start + 750ms).empty());
  CHECK(kinds(it.tick(start + 800ms)) == list{kind::renew});
}

TEST_CASE("a leader that hears nothing asks again, then steps down in time") {
  auto it = leading();
  CHECK(kinds(it.tick(start + 400ms)) == list{kind::renew});
  CHECK(it.tick(start + 650ms).empty());
  CHECK(kinds(it.tick(start + 700ms)) == list{kind::renew});
  CHECK(kinds(it.fail(start + 710ms)).empty());
  CHECK(it.tick(start + 800ms).empty());
  CHECK(kinds(it.tick(start + 850ms)) == list{kind::renew});
  CHECK(it.keeper.next_check() == start + 1'050ms);
  CHECK(kinds(it.tick(start + 1'050ms))
        == list{kind::step_down, kind::release});
  CHECK(it.last.front().reason == step_down_reason::belief_over);
  CHECK_FALSE(it.keeper.epoch(start + 1'050ms));
}

TEST_CASE("an answer that is late counts from its request all the same") {
  auto it = leading();
  it.tick(start + 400ms);
  const auto late = it.last.back().request;
  it.tick(start + 700ms);
  CHECK(it.answer_to(late, start + 900ms, mine).empty());
  CHECK(it.keeper.believes_until() == start + 1'450ms);
  // A second time it says nothing.
  CHECK(it.answer_to(late, start + 910ms, mine).empty());
  CHECK(it.keeper.believes_until() == start + 1'450ms);
}

TEST_CASE("a renewal confirmed after the end of the belief revives nothing") {
  auto it = leading();
  it.tick(start + 400ms);
  const auto late = it.last.back().request;
  it.tick(start + 700ms);
  it.tick(start + 1'000ms);
  CHECK(kinds(it.answer_to(late, start + 1'060ms, mine))
        == list{kind::step_down, kind::release, kind::release});
  CHECK_FALSE(it.keeper.leads(start + 1'060ms));
}

TEST_CASE("a grant that comes too late to be of use is given back") {
  auto it = kept_lease{};
  it.tick(start);
  it.answer(start, nobody);
  const auto late = it.last.back().request;
  it.tick(start + 350ms);
  it.tick(start + 700ms);
  it.tick(start + 1'040ms);
  CHECK(kinds(it.answer_to(late, start + 1'050ms, mine))
        == list{kind::release});
  CHECK(it.last.back().epoch == 1);
  CHECK_FALSE(it.keeper.leads(start + 1'050ms));
  // What gives it back may be late, too: the lease is not taken up again.
  const auto next = it.last.back().request - 1;
  CHECK(kinds(it.answer_to(next, start + 1'060ms, {false, "a/1", 1, 100ms}))
        == list{kind::release});
}

TEST_CASE("a renewal that is refused ends it at once") {
  auto it = leading();
  it.tick(start + 400ms);
  CHECK(kinds(it.answer(start + 410ms, theirs)) == list{kind::step_down});
  CHECK(it.last.front().reason == step_down_reason::lost);
  CHECK_FALSE(it.keeper.leads(start + 410ms));
}

TEST_CASE("a leader whose ticks are late steps down and abstains") {
  auto it = leading();
  it.tick(start + 50ms);
  CHECK(it.keeper.leads(start + 450ms));
  CHECK_FALSE(it.keeper.leads(start + 451ms));
  CHECK(kinds(it.tick(start + 451ms)).front() == kind::step_down);
  CHECK(it.last.front().reason == step_down_reason::late_ticks);
  CHECK(it.last[1].what == kind::release);
  CHECK_FALSE(it.keeper.leads(start + 452ms));
  // It looks, but does not ask for the free lease before a length is over.
  auto asked_at = instant{};
  for (auto at = start + 500ms; at < start + 3s && asked_at == instant{};
       at += 50ms) {
    it.tick(at);
    while (!it.last.empty() && it.last.back().what == kind::watch)
      it.answer(at, {false, "a/1", 1, 0us});
    if (!it.last.empty() && it.last.back().what == kind::acquire)
      asked_at = at;
  }
  CHECK(asked_at >= start + 1'651ms);
  CHECK(asked_at < start + 2s);
}

TEST_CASE("a leader steps down when others find its ticks late") {
  auto it = leading();
  CHECK(kinds(it.keeper.ticks_were_late(start + 20ms))
        == list{kind::step_down, kind::release});
  CHECK_FALSE(it.keeper.leads(start + 20ms));
}

TEST_CASE("an answer does not make a leader of a node that was away") {
  auto it = kept_lease{};
  it.tick(start);
  it.answer(start, nobody);
  CHECK(kinds(it.answer(start + 401ms, mine)) == list{kind::release});
}

TEST_CASE("a standby asks when the lease it saw must be over") {
  auto it = kept_lease{};
  it.tick(start);
  CHECK(
    it.answer(start + 5ms, {false, "b/1", 7, 200ms}, std::uint64_t{30} << 32U)
      .empty());
  CHECK(it.keeper.next_check() == start + 235ms);
  CHECK(kinds(it.tick(start + 235ms)) == list{kind::acquire});
}

TEST_CASE("a standby looks often, in case the lease is given back") {
  auto it = kept_lease{};
  it.tick(start);
  it.answer(start, theirs, 40);
  CHECK(it.keeper.next_check() == start + 290ms);
  CHECK(kinds(it.tick(start + 290ms)) == list{kind::watch});
  CHECK(kinds(it.answer(start + 291ms, {false, "b/1", 7, 0us}))
        == list{kind::acquire});
  CHECK(kinds(it.answer(start + 292ms, {true, "a/1", 8, 1'200ms}))
        == list{kind::lead});
}

TEST_CASE("chance spreads those who look at the same moment") {
  auto times = std::set<instant>{};
  for (auto draw = std::uint64_t{0}; draw < 101; ++draw) {
    auto it = kept_lease{};
    it.tick(start);
    it.answer(start, theirs, draw);
    times.insert(it.keeper.next_check());
  }
  CHECK(times.size() == 101);
  CHECK(*times.begin() == start + 250ms);
  CHECK(*times.rbegin() == start + 350ms);
}

TEST_CASE("a standby that was told to look does so at once") {
  auto it = kept_lease{};
  it.tick(start);
  it.answer(start, theirs);
  CHECK(kinds(it.last = it.keeper.look_now(start + 1ms)) == list{kind::watch});
  CHECK(it.keeper.look_now(start + 2ms).empty());
  CHECK(kinds(it.answer(start + 3ms, {false, "b/1", 7, 0us}))
        == list{kind::acquire});
}

TEST_CASE("who finds a lease of its own of which it was not told renews it") {
  auto it = kept_lease{};
  it.tick(start);
  it.answer(start, nobody);
  it.fail(start + 10ms); // The lease was granted, and the answer lost.
  CHECK(kinds(it.tick(start + 110ms)) == list{kind::acquire});
  CHECK(kinds(it.answer(start + 115ms, {false, "a/1", 1, 1'100ms}))
        == list{kind::renew});
  CHECK(kinds(it.answer(start + 120ms, mine)) == list{kind::lead});
  CHECK(it.keeper.believes_until() == start + 115ms + 1'050ms);
}

TEST_CASE("an epoch that was given up is never led under again") {
  auto it = leading();
  it.last = it.keeper.step_aside(start + 100ms, 100ms);
  CHECK(kinds(it.last) == list{kind::step_down, kind::release});
  it.tick(start + 200ms);
  CHECK(kinds(it.tick(start + 350ms)) == list{kind::watch});
  // The release was lost.
  CHECK(kinds(it.answer(start + 351ms, {false, "a/1", 1, 850ms}))
        == list{kind::release});
  CHECK(it.last.back().epoch == 1);
  CHECK_FALSE(it.keeper.leads(start + 351ms));
}

TEST_CASE("who steps aside lets others before") {
  auto it = leading();
  it.last = it.keeper.step_aside(start + 100ms, 5s);
  CHECK(it.last.front().reason == step_down_reason::asked);
  for (auto at = start + 150ms; at < start + 5s; at += 50ms) {
    it.tick(at);
    for (const auto& each : it.last)
      CHECK(each.what == kind::watch);
    if (!it.last.empty())
      CHECK(it.answer(at, {false, "a/1", 1, 0us}).empty());
  }
}

TEST_CASE("who stepped aside leads again at once if nobody else is there") {
  auto it = leading();
  it.last = it.keeper.step_aside(start + 100ms, 5s);
  it.tick(start + 150ms);
  it.last = it.keeper.come_back(start + 200ms);
  CHECK(kinds(it.last) == list{kind::watch});
  CHECK(kinds(it.answer(start + 220ms, {false, "a/1", 1, 0us}))
        == list{kind::acquire});
  it.answer(start + 230ms, {true, "a/1", 2, 1'200ms});
  CHECK(it.keeper.leads(start + 240ms));
  CHECK(it.keeper.come_back(start + 250ms).empty());
}

TEST_CASE("a node that stops gives the lease back, also one that comes late") {
  auto it = leading();
  CHECK(kinds(it.keeper.stop(start + 20ms))
        == list{kind::step_down, kind::release});
  CHECK_FALSE(it.keeper.leads(start + 20ms));
  CHECK(it.tick(start + 100ms).empty());
  CHECK(it.keeper.next_check() == instant::max());

  auto other = kept_lease{};
  other.tick(start);
  other.answer(start, nobody);
  const auto request = other.last.back().request;
  CHECK(other.keeper.stop(start + 5ms).empty());
  CHECK(kinds(other.answer_to(request, start + 10ms, mine))
        == list{kind::release});
}

TEST_CASE("whoever waits for a database that hangs does not forget to wait") {
  auto it = kept_lease{};
  auto sent = 0;
  for (auto at = start; at < start + 60s; at += 50ms)
    sent += static_cast<int>(it.tick(at).size());
  // One request each 300 ms, and no more.
  CHECK(sent >= 150);
  CHECK(sent <= 200);
  CHECK(it.keeper.answer(start + 60s, {1, {}, mine}, 0).empty());
}

TEST_CASE("a request that timed out is sent again after a while") {
  auto it = kept_lease{};
  it.tick(start);
  const auto request = it.last.back().request;
  CHECK(it.fail(start + 10ms, lease_reply::status::timed_out).empty());
  CHECK(it.tick(start + 100ms).empty());
  CHECK(kinds(it.tick(start + 110ms)) == list{kind::watch});
  // It is no longer waited for.
  CHECK(it.answer_to(request, start + 111ms, theirs).empty());
  CHECK(it.keeper.last_seen() == lease_answer{});
}

TEST_CASE("reasons to step down have words") {
  auto words = std::set<std::string_view>{};
  for (auto reason : {step_down_reason::belief_over, step_down_reason::lost,
                      step_down_reason::late_ticks, step_down_reason::asked,
                      step_down_reason::stopped})
    words.insert(to_string(reason));
  CHECK(words.size() == 5);
}
