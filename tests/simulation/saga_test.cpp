#include "tests/simulation/saga_world.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

/// The needs of each step.
using dag_shape = std::vector<std::vector<step_index>>;

const auto shapes = std::vector<dag_shape>{
  {{}},
  {{}, {0}}, // Chains.
  {{}, {0}, {1}},
  {{}, {0}, {1}, {2}},
  {{}, {}}, // Nothing between them.
  {{}, {}, {0, 1}}, // Fan-in.
  {{}, {}, {}, {0, 1, 2}},
  {{}, {0}, {0}}, // Fan-out.
  {{}, {0}, {0}, {0}},
  {{}, {0}, {0}, {1, 2}}, // Diamond.
  {{}, {0}, {}, {2}}, // Two chains.
};

activity_call call_of_noop(std::uint32_t attempts) {
  auto call = activity_call{};
  call.activity = "noop";
  call.with.written = nlohmann::json::object();
  call.retry.attempts = attempts;
  return call;
}

/// `bare` has no compensation, `fan` has two elements.
std::shared_ptr<const workflow> saga_of(const dag_shape& shape,
                                        std::optional<step_index> bare,
                                        std::optional<step_index> fan) {
  auto of = workflow{};
  of.id = "saga";
  for (auto i = step_index{0}; i < shape.size(); ++i) {
    auto step = workflow_step{};
    step.id = "s" + std::to_string(i);
    step.needs = shape[i];
    step.call = call_of_noop(1);
    if (bare != i)
      step.compensate = call_of_noop(2);
    if (fan == i)
      step.foreach.emplace().items.written = {1, 2};
    of.steps.push_back(std::move(step));
  }
  REQUIRE(resolve_order(of).empty());
  return std::make_shared<const workflow>(std::move(of));
}

/// What was tried, and how it ended.
struct saga_count {
  std::size_t played = 0;
  std::size_t crashed = 0;
  std::map<run_status, std::size_t> ends;
};

int play(const saga_plan& plan, saga_count& count) {
  auto world = saga_world{plan};
  const auto objection = world.play();
  if (!objection.empty()) {
    auto fates = std::string{};
    for (const auto fate : plan.fates)
      fates += std::to_string(static_cast<int>(fate));
    INFO(canonical_json(*plan.of));
    INFO("failing " << plan.failing << ", fates " << fates << ", crash "
                    << static_cast<int>(plan.crash.when) << " at "
                    << plan.crash.commit);
    FAIL(objection);
  }
  ++count.played;
  ++count.ends[world.end()];
  return world.commits();
}

/// The same once more for each commit around which the engine can be lost.
void play_with_crashes(saga_plan plan, saga_count& count) {
  using moment = saga_crash::moment;
  const auto commits = play(plan, count);
  for (auto commit = 0; commit < commits; ++commit)
    for (const auto when : {moment::before_store, moment::after_store}) {
      plan.crash = {when, commit};
      play(plan, count);
      ++count.crashed;
    }
  plan.crash = {moment::always, 0};
  play(plan, count);
}

/// Each way in which the compensations of the steps can go. That of a step
/// which cannot have been done does not matter.
void play_all_fates(saga_plan plan, saga_count& count) {
  const auto is_open = [&](step_index step) {
    const auto& of = plan.of->steps[step];
    return of.compensate && (step != plan.failing || of.foreach);
  };
  const auto steps = static_cast<step_index>(plan.of->steps.size());
  auto ways = 1U;
  for (auto step = step_index{0}; step < steps; ++step)
    ways *= is_open(step) ? 3 : 1;
  const auto stride = ways / effort(ways);
  for (auto way = 0U; way < ways; way += stride) {
    plan.fates.assign(steps, undo_fate::works);
    auto rest = way;
    for (auto step = step_index{0}; step < steps; ++step)
      if (is_open(step)) {
        plan.fates[step] = static_cast<undo_fate>(rest % 3);
        rest /= 3;
      }
    play_with_crashes(plan, count);
  }
}

} // namespace

TEST_CASE("whatever fails and crashes, a saga is undone or says what is not") {
  auto count = saga_count{};
  for (const auto& shape : shapes) {
    const auto steps = static_cast<step_index>(shape.size());
    auto variants = std::vector{saga_of(shape, {}, {})};
    for (auto step = step_index{0}; step < steps; ++step) {
      variants.push_back(saga_of(shape, step, {}));
      variants.push_back(saga_of(shape, {}, step));
    }
    for (const auto& of : variants)
      for (auto failing = step_index{0}; failing < steps; ++failing)
        play_all_fates({of, failing, {}, {}}, count);
  }
  INFO(count.played << " runs, " << count.crashed << " with a crash");
  CHECK(count.ends[run_status::compensated] > 0);
  CHECK(count.ends[run_status::failed] > 0);
  CHECK(count.ends.size() == 2);
  CHECK(count.crashed > effort(10'000));
  WARN(count.played << " runs, " << count.crashed << " with one crash");
}
