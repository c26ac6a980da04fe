#include "tests/actors/engine/run_story.hpp"

#include "actors/engine/task_times.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

namespace troupe::tests {

using namespace engine;
using namespace std::chrono_literals;

workflow make_workflow(const std::vector<step_sketch>& steps) {
  auto of = workflow{};
  of.id = "story";
  for (const auto& sketch : steps) {
    auto step = workflow_step{};
    step.id = sketch.id;
    step.call.activity = sketch.activity;
    step.call.with.written = nlohmann::json::object();
    step.call.retry.attempts = sketch.attempts;
    for (const auto& need : sketch.needs)
      step.needs.push_back(find_step(of, need).value());
    std::ranges::sort(step.needs);
    if (sketch.has_compensation) {
      step.compensate = step.call;
      step.compensate->activity = "noop";
    }
    of.steps.push_back(std::move(step));
  }
  REQUIRE(resolve_order(of).empty());
  return of;
}

text_template expression_text(const std::string& text) {
  return text_template::parse("${" + text + "}", {}).value();
}

run_story::run_story(workflow of, const std::string& inputs)
  : definition{std::make_shared<const workflow>(std::move(of))}, state{
                                                                   definition} {
  context.now = instant{1'700'000'000s};
  context.epoch = 1;
  context.draw = [this] { return draw; };
  context.new_id = [this] { return "child-" + std::to_string(++ids_); };
  auto request = messages::RunSubmitted{};
  request.set_run_id("run-1");
  request.set_workflow_id(definition->id);
  request.set_inputs(inputs);
  REQUIRE(
    decide([&](run_decision& decision) { return decision.submit(request); }));
}

void run_story::keep(run_decision& decision) {
  const auto& events = decision.events();
  history.insert(history.end(), events.events().begin(), events.events().end());
  const auto now = state.status();
  // A decision may go several steps at once; a table of the steps alone would
  // allow too little, its closure anything. Where it stands must be reachable.
  INFO(to_string(last_) << " -> " << to_string(now));
  if (now != last_ && events.events_size() == 1)
    CHECK(may_become(last_, now));
  last_ = now;
}

void run_story::start() {
  REQUIRE(decide([](run_decision& decision) { return decision.start(); }));
}

void run_story::go_on_from(const run_state& first,
                           const derivation_plan& plan) {
  state = run_state{definition};
  history.clear();
  auto submission = first.submission();
  submission.set_run_id("run-2");
  submission.set_reset_of(first.submission().run_id());
  REQUIRE(decide([&](run_decision& it) { return it.submit(submission); }));
  REQUIRE(decide(
    [&](run_decision& it) { return it.take_over(plan.taken, plan.signals); }));
}

step_index run_story::index_of(const std::string& step) const {
  return find_step(*definition, step).value();
}

step_status run_story::status_of(const std::string& step) const {
  return state.status_of(index_of(step));
}

task_claim run_story::take(const std::string& step, std::uint32_t item,
                           bool compensation) {
  const auto key = task_key{index_of(step), item, compensation};
  const auto claim = decide([&](run_decision& decision) {
    return decision.claim(key, "worker-1", context.now + 10s);
  });
  REQUIRE(claim);
  REQUIRE(decide(
    [&](run_decision& decision) { return decision.begin(key, claim->claim); }));
  return *claim;
}

void run_story::succeed(const task_claim& claim, const nlohmann::json& output) {
  REQUIRE(decide([&](run_decision& decision) {
    return decision.succeed(claim.task, claim.claim, output);
  }));
}

void run_story::fail(const task_claim& claim, const std::string& kind,
                     bool permanent) {
  auto error = messages::TaskError{};
  error.set_kind(kind);
  error.set_message("it is " + kind);
  error.set_permanent(permanent);
  REQUIRE(decide([&](run_decision& decision) {
    return decision.fail(claim.task, claim.claim, error);
  }));
}

void run_story::pass(const std::string& step, const nlohmann::json& output) {
  succeed(take(step), output);
}

void run_story::undo(const std::string& step) {
  succeed(take(step, 0, true));
}

void run_story::advance(std::chrono::milliseconds by) {
  context.now += by;
}

void run_story::check_time() {
  for (auto step = step_index{0}; step < state.steps().size(); ++step)
    for (const auto compensation : {false, true}) {
      const auto count = compensation ? state.steps()[step].compensations.size()
                                      : state.steps()[step].tasks.size();
      for (auto item = std::uint32_t{0}; item < count; ++item)
        REQUIRE(decide([&](run_decision& decision) {
          return decision.check_time({step, item, compensation});
        }));
    }
  REQUIRE(decide([](run_decision& decision) { return decision.check_time(); }));
}

std::vector<task_key> run_story::ready() const {
  auto keys = std::vector<task_key>{};
  for (auto step = step_index{0}; step < state.steps().size(); ++step)
    for (const auto compensation : {false, true}) {
      const auto& some = compensation ? state.steps()[step].compensations
                                      : state.steps()[step].tasks;
      for (auto item = std::uint32_t{0}; item < some.size(); ++item) {
        if (is_ready(some[item], context.now))
          keys.push_back({step, item, compensation});
      }
    }
  return keys;
}

run_state run_story::folded() const {
  auto run = run_state{definition};
  for (const auto& event : history)
    REQUIRE(run.apply(event));
  return run;
}

namespace {

void describe_works(std::ostream& out, const std::vector<task_work>& some) {
  for (const auto& work : some)
    out << ' ' << to_string(work.status) << '/' << work.attempts << '/'
        << work.lost << '/' << work.claim << '/'
        << work.since.time_since_epoch().count() << '/'
        << work.due.time_since_epoch().count() << '/' << work.what << '/'
        << work.output << '/' << work.error.kind();
}

} // namespace

std::string describe(const run_state& run) {
  auto out = std::ostringstream{};
  out << to_string(run.status()) << ' ' << run.sequence() << ' '
      << run.last_claim() << ' ' << run.busy() << ' ' << run.idle() << ' '
      << run.reason() << ' ' << run.signals().size();
  if (const auto reason = run.waiting_on())
    out << ' ' << to_string(reason->what) << ' ' << reason->detail;
  for (auto step = step_index{0}; step < run.steps().size(); ++step) {
    const auto& state = run.steps()[step];
    out << "\n  " << to_string(run.status_of(step)) << ' ' << state.unmet << ' '
        << state.open << ' ' << state.succeeded << ' ' << state.failed << ' '
        << state.to_undo;
    describe_works(out, state.tasks);
    out << " |";
    describe_works(out, state.compensations);
  }
  return out.str();
}

} // namespace troupe::tests
