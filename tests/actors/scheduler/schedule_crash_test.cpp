#include "actors/scheduler/schedule_decision.hpp"
#include "tests/actors/scheduler/draws.hpp"
#include "tests/actors/scheduler/schedule_texts.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;
using messages::ScheduleStart;

namespace {

constexpr auto failed = messages::StartEnded::FAILED;
constexpr auto succeeded = messages::StartEnded::SUCCEEDED;

std::string random_keys(draws& from) {
  const auto pick = [&from](const std::vector<std::string>& of) {
    return of[from.below(of.size())];
  };
  auto keys = pick({"every: 7m\n", "every: 1h\n", "cron: '*/20 * * * *'\n",
                    "frequency: daily\nat: ['01:30', '02:30', '13:00']\nzone: "
                    "Europe/Berlin\n"});
  keys
    += "overlap: "
       + pick({"skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"})
       + "\n";
  keys += "catch_up: " + pick({"10m", "2h", "1d"}) + "\n";
  if (from.chance(40))
    keys += "jitter: " + pick({"30s", "9m"}) + "\n";
  if (from.chance(30))
    keys += "after: {ids: [load], on_failure: "
            + pick({"run_anyway", "skip", "wait"}) + "}\n";
  if (from.chance(30))
    keys += "pause_on_failures: 2\n";
  if (from.chance(20))
    keys += "max_runs: 7\n";
  if (from.chance(40))
    keys += "calendar: {on_excluded: " + pick({"skip", "defer"})
            + ", exclude: [{from: '09:05', to: '11:30'}]}\n";
  return keys;
}

/// What is left of a state when it is written down.
std::string summary(const schedule_state& state) {
  auto text = std::to_string(state.sequence()) + " "
              + std::to_string(state.is_paused()) + state.pause_reason() + " "
              + to_string(state.decided_until()) + " "
              + std::to_string(state.failures_in_row()) + " "
              + std::to_string(state.fired_count()) + " "
              + std::to_string(state.skipped_count()) + " "
              + std::to_string(state.missed_count());
  for (const auto& [key, start] : state.active())
    text += " a" + fire_key("s", key)
            + std::to_string(start.is_cancel_requested)
            + to_string(start.fired_at);
  for (const auto& [key, by] : state.held())
    text += " h" + fire_key("s", key) + by;
  return text;
}

/// A schedule, the store of its events, and the engine that runs what it fires.
/// The process dies at any point between these; store and engine stay.
class world {
public:
  explicit world(std::uint64_t seed)
    : from_{seed}, of_{schedule(random_keys(from_))},
      ahead_{from_.chance(50) ? 1min * from_.between(1, 90) : 0min} {
    decide([](auto& decision) { REQUIRE(decision.create("ann")); });
    while (stored_.empty())
      decide([](auto& decision) { REQUIRE(decision.create("ann")); });
    created_ = from_micros(stored_.front().at());
  }

  void live() {
    for (auto step = 0; step < 300; ++step)
      act();
    // Without further crashes, everything due gets decided.
    crash_percent_ = 0;
    recover();
    decide_all_due();
  }

  void check() const {
    check_fold();
    check_snapshots();
    check_due_times();
    check_runs();
  }

private:
  void act() {
    latest_ = std::max(latest_, now_);
    const auto what = from_.below(10);
    // What comes from outside finds the schedule as if nobody looked ahead.
    if (what >= 2 && what <= 7 && what != 5 && what != 6)
      take_back();
    switch (what) {
      case 0:
        now_ += 1s * from_.between(1, 40'000);
        break;
      case 1:
        now_ -= 1s * from_.between(1, 300); // Somebody sets the clock.
        break;
      case 2:
        if (from_.chance(20))
          decide([](auto& decision) { (void)decision.pause("bob", "why"); });
        break;
      case 3:
        decide([](auto& decision) { (void)decision.resume("bob"); });
        break;
      case 4:
        if (from_.chance(30))
          decide([](auto& decision) { (void)decision.trigger("bob"); });
        break;
      case 5: {
        const auto good = from_.chance(60);
        decide(
          [&](auto& decision) { decision.end_dependency("load", good, now_); });
        break;
      }
      case 6:
        end_a_run();
        break;
      case 7:
        if (from_.chance(20))
          backfill();
        break;
      default:
        now_ += 1s * from_.between(1, 3'000);
        decide_all_due();
    }
  }

  /// Refused where the range reaches into what is not decided yet.
  void backfill() {
    const auto last = now_ - 1s * from_.between(0, 7'200);
    const auto range = backfill_range{last - 3h, last, 100};
    decide([&](auto& decision) {
      (void)decision.backfill(range, "bob", [this](const std::string& key) {
        return runs_.contains(key);
      });
    });
  }

  void decide_all_due() {
    auto more = true;
    while (more) {
      more = false;
      decide([&](auto& decision) { more = decision.advance(ahead_); });
    }
  }

  /// The engine takes back runs that have not begun, the latest first, and then
  /// knows nothing of them.
  void take_back() {
    const auto times = schedule_recurrence{of_};
    auto ahead = std::vector<start_key>{};
    for (const auto& [key, started] : state_.active())
      if (key.kind == ScheduleStart::SCHEDULED
          && times.start_of(key.due) > latest_)
        ahead.insert(ahead.begin(), key);
    for (const auto& key : ahead) {
      runs_.erase(fire_key(of_.id, key));
      if (crashes())
        return recover();
      const auto epoch = epoch_;
      decide([&](auto& decision) { CHECK(decision.withdraw(key)); });
      if (epoch_ != epoch)
        return;
    }
  }

  /// The three crash points of a decision: before its events are stored, after
  /// that but before anything follows from them, and within what follows.
  template <class Call>
  void decide(const Call& call) {
    auto decision = schedule_decision{of_, state_, now_, epoch_};
    call(decision);
    const auto events = decision.take_events();
    if (crashes())
      return recover();
    stored_.insert(stored_.end(), events.events().begin(),
                   events.events().end());
    CHECK((of_.overlap == overlap_policy::allow_all
           || state_.active().size() <= 1));
    if (crashes())
      return recover();
    for (const auto& event : events.events()) {
      if (event.has_fired())
        start(to_start_key(event.fired().start()));
      if (crashes())
        return recover();
    }
  }

  bool crashes() {
    return from_.chance(crash_percent_);
  }

  /// The engine knows runs by their key: the second start is the first.
  void start(const start_key& key) {
    runs_.emplace(fire_key(of_.id, key), std::nullopt);
  }

  void end_a_run() {
    if (state_.active().empty())
      return;
    const auto key = state_.active().begin()->first;
    if (key.kind == ScheduleStart::SCHEDULED
        && schedule_recurrence{of_}.start_of(key.due) > latest_)
      return; // It has not begun.
    runs_.at(fire_key(of_.id, key)) = from_.chance(60) ? succeeded : failed;
    tell_end(key);
  }

  void tell_end(const start_key& key) {
    const auto outcome = *runs_.at(fire_key(of_.id, key));
    decide([&](auto& decision) { CHECK(decision.end(key, outcome)); });
  }

  /// What a process does when it begins.
  void recover() {
    ++epoch_;
    state_ = {};
    for (const auto& event : stored_)
      REQUIRE(state_.apply(event));
    const auto active = state_.active();
    for (const auto& [key, started] : active)
      start(key);
    for (const auto& [key, started] : active)
      if (runs_.at(fire_key(of_.id, key)) && state_.active().contains(key))
        tell_end(key);
  }

  void check_fold() const {
    auto again = schedule_state{};
    for (const auto& event : stored_)
      REQUIRE(again.apply(event));
    CHECK(summary(again) == summary(state_));
    CHECK(again.to_snapshot().SerializeAsString()
          == state_.to_snapshot().SerializeAsString());
  }

  /// A snapshot of any moment, and what happened since, are the same.
  void check_snapshots() const {
    const auto whole = state_.to_snapshot().SerializeAsString();
    auto state = schedule_state{};
    auto resumed = schedule_state{};
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      REQUIRE(state.apply(stored_[i]));
      if (i != 0)
        REQUIRE(resumed.apply(stored_[i]));
      auto bytes = messages::ScheduleSnapshot{};
      REQUIRE(bytes.ParseFromString(state.to_snapshot().SerializeAsString()));
      auto read = schedule_state::from_snapshot(bytes);
      REQUIRE(read);
      // From now on it goes on from here.
      if (i % 17 == 0)
        resumed = std::move(*read);
    }
    CHECK(resumed.to_snapshot().SerializeAsString() == whole);
  }

  /// Each due time since the beginning has exactly one fate.
  void check_due_times() const {
    const auto times = schedule_recurrence{of_};
    auto fates = std::map<instant, int>{};
    auto decided = std::set<instant>{};
    for (const auto& event : stored_) {
      // The clock may be set back between this and the start.
      if (event.has_held() || event.has_fired()) {
        const auto& start
          = event.has_held() ? event.held().start() : event.fired().start();
        const auto due = from_micros(start.due());
        const auto is_first = start.kind() == ScheduleStart::SCHEDULED
                              && decided.insert(due).second;
        if (is_first)
          check_time(times.start_of(due), from_micros(event.at()));
        if (event.has_fired() && start.kind() == ScheduleStart::SCHEDULED)
          ++fates[due];
      }
      if (event.has_withdrawn()) {
        const auto due = from_micros(event.withdrawn().start().due());
        if (--fates[due] == 0)
          fates.erase(due);
        decided.erase(due);
      }
      if (event.has_skipped())
        ++fates[from_micros(event.skipped().start().due())];
      if (!event.has_missed())
        continue;
      const auto at_least
        = event.missed().reason() == messages::DueTimesMissed::LATE
            ? of_.catch_up
            : 0ms;
      CHECK((times.start_of(from_micros(event.missed().last())) + at_least
             <= from_micros(event.at())));
      auto count = std::uint64_t{0};
      for (auto due = times.next(from_micros(event.missed().first()) - 1us);
           due && *due <= from_micros(event.missed().last());
           due = times.next(*due), ++count)
        ++fates[*due];
      CHECK(count == event.missed().count());
    }
    for (const auto& [key, by] : state_.held())
      if (key.kind == ScheduleStart::SCHEDULED)
        ++fates[key.due];
    auto expected = std::map<instant, int>{};
    const auto end = decided_end(times);
    for (auto due = times.next(created_); due && *due <= end;
         due = times.next(*due))
      expected[*due] = 1;
    CHECK(fates == expected);
  }

  void check_time(instant start, instant decided_at) const {
    CHECK((decided_at >= start - ahead_));
    CHECK((decided_at <= start + of_.catch_up));
  }

  /// The last instant that has to be decided by now.
  [[nodiscard]] instant decided_end(const schedule_recurrence& times) const {
    if (state_.is_paused() || is_used_up(of_, state_))
      return state_.decided_until();
    const auto open = times.next(state_.decided_until());
    CHECK((!open || times.start_of(*open) > now_));
    return std::max(now_, state_.decided_until()) == now_ && open
             ? *open - 1us
             : state_.decided_until();
  }

  /// What was fired has been started, nothing else was.
  void check_runs() const {
    auto fired = std::set<std::string>{};
    auto count = std::size_t{0};
    for (const auto& event : stored_)
      if (event.has_fired()) {
        fired.insert(fire_key(of_.id, to_start_key(event.fired().start())));
        ++count;
      } else if (event.has_withdrawn()) {
        fired.erase(fire_key(of_.id, to_start_key(event.withdrawn().start())));
        --count;
      }
    CHECK(fired.size() == count);
    auto started = std::set<std::string>{};
    for (const auto& [key, end] : runs_)
      started.insert(key);
    CHECK(started == fired);
    if (of_.max_runs != 0)
      CHECK(state_.fired_count() <= of_.max_runs);
  }

  draws from_;
  schedule_definition of_;
  std::chrono::microseconds ahead_;
  instant latest_{}; ///< As the engine's clock, which never goes back.
  schedule_state state_;
  instant now_ = at("2026-03-28T20:00:00Z");
  instant created_{};
  std::uint64_t epoch_ = 1;
  int crash_percent_ = 8;
  std::vector<messages::ScheduleEvent> stored_;
  std::map<std::string, std::optional<messages::StartEnded::Outcome>> runs_;
};

} // namespace

TEST_CASE("crashes at any point lose no due time and double none") {
  for (auto seed = std::uint64_t{1}; seed <= effort(400); ++seed) {
    INFO("seed " << seed);
    auto tried = world{seed};
    tried.live();
    tried.check();
  }
}
