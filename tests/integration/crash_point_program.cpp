// An engine with a scripted workload that ends at a crash point: whoever starts
// it says at which. Once more with the same folder, it goes on.
//
//     crash_point_program FOLDER work
//     crash_point_program FOLDER prune
//     crash_point_program FOLDER simulate
//
// The second one deletes the runs of the first one, in many transactions. The
// third one simulates people.csv under scenario.yaml, which are in the folder.
// TROUPE_CRASH_AT=NAME:N ends it at the n-th visit, without any cleaning up;
// TROUPE_CRASH_LOG=FILE gets a line with the name of each visit.
#include "actors/engine/activity_reports.hpp"
#include "actors/engine/local_engine.hpp"
#include "actors/engine/run_pruning.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "actors/simulation/simulation_schema.hpp"
#include "runtime/clock.hpp"
#include "runtime/crash_point.hpp"
#include "tools/activities/score_activity.hpp"
#include "tools/activities/simulate_activity.hpp"

#include <caf/scoped_actor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

using namespace troupe;
using namespace troupe::engine;

namespace {

constexpr auto child = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "child", "steps": [{"id": "c", "activity": "noop"}]})";

constexpr auto good = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "good", "steps": [
{"id": "s0", "activity": "noop", "foreach": [1, 2, 3]},
{"id": "s1", "needs": ["s0"], "activity": "sleep", "with": {"for": "5ms"}},
{"id": "s2", "needs": ["s1"], "activity": "noop"},
{"id": "s3", "needs": ["s2"], "activity": "signal", "with": {"name": "go"}},
{"id": "s4", "needs": ["s3"], "activity": "workflow", "with": {"id": "child"}},
{"id": "s5", "needs": ["s4"], "activity": "noop"}]})";

constexpr auto bad = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "bad", "steps": [
{"id": "s0", "activity": "noop", "with": {"zero": 0},
 "compensate": {"activity": "noop"}},
{"id": "s1", "needs": ["s0"], "activity": "noop",
 "compensate": {"activity": "noop"}},
{"id": "s2", "needs": ["s1"], "activity": "noop",
 "with": {"x": "${1 / steps.s0.output.zero}"}}]})";

/// What it is about is next to the store.
constexpr auto scored = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "scored", "inputs": {"folder": {"type": "string", "required": true}},
"steps": [
{"id": "score", "activity": "score", "with": {
 "items": "${inputs.folder + '/items.jsonl'}", "preset": "agile",
 "as_of": "2026-01-31", "out": "${inputs.folder + '/ranks'}"}}]})";

constexpr auto simulated = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "simulated", "inputs": {"folder": {"type": "string", "required": true}},
"steps": [
{"id": "simulate", "activity": "simulate", "with": {
 "census": "${inputs.folder + '/people.csv'}",
 "config": "${inputs.folder + '/scenario.yaml'}",
 "batch_size": 50, "out": "${inputs.folder + '/years'}"}}]})";

constexpr auto items = R"({"work_item_id": "A", "business_value_raw": 5}
{"work_item_id": "B", "financial": {"initial_investment": 9, "expected_revenue": [7, 8]}}
{"work_item_id": "C", "business_value_raw": 2, "story_points": 8}
)";

constexpr auto crash_exit_code = 99;

void visit_crash_point(const char* name) {
  static auto mutex = std::mutex{};
  static auto visits = std::map<std::string, int>{};
  static const auto* wanted = std::getenv("TROUPE_CRASH_AT");
  static const auto* log = std::getenv("TROUPE_CRASH_LOG");
  const auto guard = std::lock_guard{mutex};
  const auto visit = std::string{name} + ":" + std::to_string(++visits[name]);
  if (log != nullptr)
    std::ofstream{log, std::ios::app} << name << "\n";
  if (wanted != nullptr && visit == wanted)
    ::_exit(crash_exit_code);
}

/// One call, so that the line is there or not, whatever happens.
void append(const std::string& file, const std::string& line) {
  const auto to
    = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (to < 0 || ::write(to, line.data(), line.size()) < 0)
    ::_exit(1);
  ::close(to);
}

template <class T>
T expect(runtime::outcome<T> what) {
  if (!what) {
    std::fprintf(stderr, "%s\n", runtime::render(what.error()).c_str());
    std::exit(1);
  }
  return std::move(*what);
}

void add_scoring(activity_registry& registry, const runtime::store_actor& store,
                 const std::string& path) {
  static const auto time = runtime::real_clock{};
  auto options = tools::score_activity_options{};
  options.scorer.store = path;
  options.scorer.workers = 1;
  options.time = &time;
  tools::add_score_activity(registry, store, std::move(options));
}

void add_simulating(activity_registry& registry,
                    const runtime::store_actor& store,
                    const std::string& path) {
  auto options = tools::simulate_activity_options{};
  options.simulator.store = path;
  options.simulator.workers = 1;
  tools::add_simulate_activity(registry, store, std::move(options));
}

/// Whoever deletes runs, as soon as it is there.
struct started_pruning {
  caf::actor_system* system = nullptr;
  run_pruning_actor actor;
};

using pruning_promise = std::shared_ptr<std::promise<started_pruning>>;

/// Deletes little at a time, and only what it is asked to.
engine_companion pruning_companion(const std::string& store,
                                   const pruning_promise& to) {
  static const auto time = runtime::real_clock{};
  auto options = run_pruning_options{};
  options.store_path = store;
  options.bounds = {.runs_max = 1, .rows_max = 2, .blobs_max = 1};
  options.time = &time;
  options.first_after = std::chrono::hours{1};
  auto companion = engine_companion{};
  companion.id = "retention";
  companion.start
    = [=](caf::actor_system& system, const runtime::store_actor& writer,
          const engine_actor& engine) {
        const auto actor = spawn_run_pruning(system, writer, engine, options);
        to->set_value({&system, actor});
        return caf::actor_cast<caf::actor>(actor);
      };
  return companion;
}

local_engine start(const std::string& folder,
                   const pruning_promise& pruning = nullptr) {
  auto options = local_engine_options{};
  options.store = folder + "/store.db";
  options.threads = 2;
  options.schemas
    = {scoring::scoring_schema(), simulation::simulation_schema()};
  if (pruning)
    options.companions = {pruning_companion(options.store, pruning)};
  options.add_activities
    = [folder, path = options.store](activity_registry& registry,
                                     const runtime::store_actor& store) {
        add_scoring(registry, store, path);
        add_simulating(registry, store, path);
        registry.add_immediate("noop", [=](const messages::RunActivity& what) {
          append(folder + "/effects", what.idempotency_key() + "\n");
          return success_of(what.ref(), what.input_json());
        });
      };
  return expect(local_engine::start(std::move(options)));
}

/// The run of that key; what is acknowledged is written down.
std::string submit(local_engine& engine, const std::string& folder,
                   const char* text, const std::string& key,
                   const std::string& inputs = "{}") {
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(text);
  wanted.set_inputs(inputs);
  wanted.set_idempotency_key(key);
  const auto accepted = expect(engine.submit(wanted));
  append(folder + "/acknowledged", key + " " + accepted.run_id() + "\n");
  return accepted.run_id();
}

/// Once, however often it is told.
void signal(local_engine& engine, const std::string& run_id) {
  auto wanted = messages::ChangeRun{};
  wanted.set_run_id(run_id);
  wanted.mutable_signal()->set_name("go");
  wanted.mutable_signal()->set_id("the one");
  // Refused when the run is over: then it was taken before.
  const auto changed = engine.change(wanted);
  if (!changed && changed.error().kind != runtime::problem_kind::conflict)
    std::exit(1);
}

int prune(const std::string& folder) {
  const auto promise = std::make_shared<std::promise<started_pruning>>();
  const auto engine = start(folder, promise);
  auto pruning = promise->get_future().get();
  auto self = caf::scoped_actor{*pruning.system};
  auto is_done = false;
  auto has_more = true;
  while (std::exchange(has_more, false))
    self
      ->request(pruning.actor, std::chrono::minutes{1},
                prune_now{std::chrono::milliseconds{0}})
      .receive(
        [&](const runs_pruned& done) {
          has_more = done.has_more;
          is_done = !has_more;
        },
        [](const caf::error&) {});
  return is_done ? 0 : 1;
}

int work(const std::string& folder) {
  std::ofstream{folder + "/items.jsonl"} << items;
  auto engine = start(folder);
  auto application = messages::ApplyWorkflow{};
  application.set_text(child);
  expect(engine.apply(application));
  const auto first = submit(engine, folder, good, "good");
  const auto second = submit(engine, folder, bad, "bad");
  const auto third = submit(engine, folder, scored, "scored",
                            R"({"folder": ")" + folder + "\"}");
  signal(engine, first);
  const auto is_good
    = expect(engine.await(first, {}, "")).status() == "completed";
  const auto is_undone
    = expect(engine.await(second, {}, "")).status() == "compensated";
  const auto is_scored
    = expect(engine.await(third, {}, "")).status() == "completed";
  return is_good && is_undone && is_scored ? 0 : 1;
}

int simulate(const std::string& folder) {
  auto engine = start(folder);
  const auto run = submit(engine, folder, simulated, "simulated",
                          R"({"folder": ")" + folder + "\"}");
  return expect(engine.await(run, {}, "")).status() == "completed" ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  runtime::watch_crash_points(visit_crash_point);
  const auto what = std::string_view{argv[2]};
  if (what == "simulate")
    return simulate(argv[1]);
  return what == "prune" ? prune(argv[1]) : work(argv[1]);
}
