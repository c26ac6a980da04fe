#include "actors/engine/run_validator.hpp"
#include "tests/actors/engine/run_story.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using namespace std::chrono_literals;

namespace {

/// A workflow of up to 12 steps: random needs, retries, fan-outs and
/// compensations; a few wait instead of working.
workflow random_workflow(std::mt19937_64& random) {
  auto sketches = std::vector<step_sketch>{};
  const auto count = 1 + random() % 12;
  for (auto i = std::size_t{0}; i < count; ++i) {
    auto sketch = step_sketch{"s" + std::to_string(i)};
    for (auto need = std::size_t{0}; need < i; ++need)
      if (random() % 3 == 0)
        sketch.needs.push_back("s" + std::to_string(need));
    sketch.attempts = 1 + static_cast<std::uint32_t>(random() % 3);
    sketch.has_compensation = random() % 2 == 0;
    if (random() % 8 == 0)
      sketch.activity = "sleep";
    sketches.push_back(std::move(sketch));
  }
  auto of = make_workflow(sketches);
  for (auto& step : of.steps) {
    if (step.call.activity == "sleep")
      step.call.with.written = {{"for", "1s"}};
    else if (random() % 6 == 0)
      step.foreach.emplace().items.written
        = nlohmann::json(random() % 5, random() % 100);
    if (step.foreach)
      step.foreach->parallel_max = 1 + static_cast<std::uint32_t>(random() % 3);
    step.speculate = step.foreach && step.call.activity == "noop";
    if (random() % 5 == 0)
      step.call.timeouts.start_to_close = 5s;
  }
  if (random() % 3 == 0)
    of.on_failure.kind = failure_policy::action::keep;
  return of;
}

/// What is under way in a run, and who does it.
class random_workers {
public:
  random_workers(run_story& story, std::mt19937_64& random, unsigned failures)
    : story_{story}, random_{random}, failures_{failures} {}

  void step() {
    const auto ready = story_.ready();
    if (!ready.empty() && random_() % 2 == 0)
      return take(ready[random_() % ready.size()]);
    if (!held_.empty() && random_() % 3 != 0)
      return finish(random_() % held_.size());
    story_.advance(std::chrono::milliseconds{random_() % 2'000});
    story_.check_time();
  }

private:
  void take(const task_key& key) {
    const auto claim = story_.decide([&](run_decision& it) {
      return it.claim(key, "w", story_.context.now + 3s);
    });
    if (!claim)
      return;
    held_.push_back(*claim);
    if (random_() % 10 == 0)
      return; // It never begins.
    REQUIRE(story_.decide(
      [&](run_decision& it) { return it.begin(key, claim->claim); }));
    if (random_() % 2 == 0)
      if (const auto second = story_.decide(
            [&](run_decision& it) { return it.speculate(key, "v"); }))
        held_.push_back(*second);
  }

  /// Reports may be late, double or under an old claim: then they are refused,
  /// and nothing has changed.
  void finish(std::size_t index) {
    const auto claim = held_[index];
    if (random_() % 5 != 0)
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
    const auto before = describe(story_.state);
    const auto sequence = story_.state.sequence();
    const auto draw = random_() % 100;
    const auto done = story_.decide([&](run_decision& it) {
      if (draw < failures_) {
        auto error = messages::TaskError{};
        error.set_kind("broken");
        return it.fail(claim.task, claim.claim, error);
      }
      if (draw < failures_ + 3)
        return it.lose(claim.task, claim.claim, "gone");
      return it.succeed(claim.task, claim.claim, draw);
    });
    if (done)
      return;
    CHECK(done.error().kind == runtime::problem_kind::conflict);
    CHECK(story_.state.sequence() == sequence);
    CHECK(describe(story_.state) == before);
  }

  run_story& story_;
  std::mt19937_64& random_;
  unsigned failures_;
  std::vector<task_claim> held_;
};

/// Position of the first event of `step` for which `f` is true, or none.
template <class F>
std::size_t first_event(const run_story& story, F f) {
  const auto found = std::ranges::find_if(story.history, f);
  return static_cast<std::size_t>(found - story.history.begin());
}

void check_order(const run_story& story) {
  const auto& steps = story.definition->steps;
  for (auto index = step_index{0}; index < steps.size(); ++index) {
    const auto begun = first_event(story, [=](const auto& event) {
      return event.has_claimed() && event.claimed().task().step() == index
             && !event.claimed().task().compensation();
    });
    for (const auto need : steps[index].needs)
      for (auto at = begun; at < story.history.size(); ++at) {
        const auto& event = story.history[at];
        const auto is_work_of_need = event.has_claimed()
                                     && event.claimed().task().step() == need
                                     && !event.claimed().task().compensation();
        CHECK_FALSE(is_work_of_need);
      }
  }
}

std::string bytes_of(const run_state& state) {
  return state.to_snapshot().SerializeAsString();
}

/// Goes on from a snapshot of every so many events; the same in the end as
/// what the whole history makes of it.
void check_snapshots(const run_story& story, std::size_t interval) {
  auto state = std::make_unique<run_state>(story.definition);
  for (std::size_t i = 0; i < story.history.size(); ++i) {
    REQUIRE(state->apply(story.history[i]));
    if (i % interval != 0)
      continue;
    const auto bytes = bytes_of(*state);
    auto stored = messages::RunSnapshot{};
    REQUIRE(stored.ParseFromString(bytes));
    auto read = run_state::from_snapshot(story.definition, stored);
    REQUIRE(read);
    REQUIRE(bytes_of(**read) == bytes);
    REQUIRE((*read)->waiting_on().has_value()
            == state->waiting_on().has_value());
    state = std::move(*read);
  }
  REQUIRE(bytes_of(*state) == bytes_of(story.folded()));
  REQUIRE(describe(*state) == describe(story.state));
}

/// Whether `second` needs `first`, directly or through others.
bool is_needed(const workflow& of, step_index first, step_index second) {
  return std::ranges::any_of(of.steps[second].needs, [&](step_index need) {
    return need == first || is_needed(of, first, need);
  });
}

/// What depends on a step is undone before the step.
void check_undo_order(const run_story& story) {
  const auto& steps = story.definition->steps;
  for (auto index = step_index{0}; index < steps.size(); ++index) {
    const auto undone = first_event(story, [=](const auto& event) {
      return event.has_claimed() && event.claimed().task().step() == index
             && event.claimed().task().compensation();
    });
    for (auto other = step_index{0}; other < steps.size(); ++other)
      if (is_needed(*story.definition, index, other))
        for (auto at = undone; at < story.history.size(); ++at) {
          const auto& event = story.history[at];
          CHECK_FALSE((event.has_claimed()
                       && event.claimed().task().step() == other
                       && event.claimed().task().compensation()));
        }
  }
}

} // namespace

TEST_CASE("any run ends, in order, and is what its history says") {
  auto ends = std::map<run_status, int>{};
  for (auto seed = std::uint64_t{1}; seed <= 400; ++seed) {
    CAPTURE(seed);
    auto random = std::mt19937_64{seed};
    auto story = run_story{random_workflow(random)};
    story.draw = std::uint64_t{1} << 63U;
    story.start();
    auto workers
      = random_workers{story, random, static_cast<unsigned>(seed % 4) * 8};
    for (auto i = 0; i < 5'000 && !is_over(story.state.status()); ++i) {
      if (story.state.is_finished() && !story.state.is_compensating()) {
        CHECK(find_objections(*story.definition, story.history).empty());
        REQUIRE(story.decide([](run_decision& it) { return it.conclude(""); }));
        break;
      }
      REQUIRE(story.state.waiting_on());
      workers.step();
    }
    REQUIRE(is_over(story.state.status()));
    ++ends[story.state.status()];
    check_order(story);
    check_undo_order(story);
    REQUIRE(describe(story.folded()) == describe(story.state));
    check_snapshots(story, 1 + seed % 7);
  }
  CHECK(ends[run_status::completed] > 50);
  CHECK(ends[run_status::failed] > 20);
  CHECK(ends[run_status::compensated] > 20);
}

TEST_CASE("the validator objects to a history that was tampered with") {
  auto of = make_workflow({{"a", {}, 2}, {"b", {"a"}}});
  of.success = expression_text("steps.b.output > 1");
  auto story = run_story{of};
  story.start();
  story.pass("a", 1);
  story.pass("b", 2);
  REQUIRE(find_objections(of, story.history).empty());
  auto history = story.history;
  const auto objections = [&] { return find_objections(of, history); };
  SECTION("an event is missing") {
    history.erase(history.begin() + 3);
    CHECK_FALSE(objections().empty());
  }
  SECTION("two events are swapped") {
    std::swap(history[4], history[5]);
    CHECK_FALSE(objections().empty());
  }
  SECTION("somebody else's report counts") {
    for (auto& event : history)
      if (event.has_succeeded())
        event.mutable_succeeded()->set_claim(99);
    CHECK_FALSE(objections().empty());
  }
  SECTION("a replaced engine decided") {
    history[2].set_epoch(2);
    CHECK(objections().front().ends_with(
      "was decided by an engine that had been replaced"));
  }
  SECTION("the result is not what was asked for") {
    for (auto& event : history)
      if (event.has_succeeded())
        event.mutable_succeeded()->set_output("1");
    CHECK(
      objections()
      == std::vector<std::string>{"success is false: ${steps.b.output > 1}"});
  }
  SECTION("more attempts than allowed") {
    for (auto& event : history)
      if (event.has_claimed())
        event.mutable_claimed()->set_attempt(3);
    CHECK_FALSE(objections().empty());
  }
}
