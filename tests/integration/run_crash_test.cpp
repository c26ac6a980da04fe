#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

constexpr auto steps = 6;
constexpr auto items = 4;

/// 20, or as many as the nightly run asks for.
int kill_count() {
  const auto* asked = std::getenv("TEST_KILLS");
  return asked == nullptr ? 20 : std::atoi(asked);
}

/// Runs of one workflow whose steps have effects outside: each is known by
/// its key of idempotency.
struct keyed_runs {
  temporary_folder folder;
  std::string store = (folder / "runs.db").string();
  fs::path done = folder / "done";
  std::string file;

  keyed_runs() {
    fs::create_directory(done);
    // Making a folder is done or not, and its time tells the order.
    const auto effect = "mkdir '" + done.string()
                        + "'/$(echo $TROUPE_IDEMPOTENCY_KEY | tr / _) "
                          "2>/dev/null; echo null";
    auto text = std::string{"apiVersion: troupe/v1\nkind: Workflow\nid: keyed\n"
                            "steps:\n"};
    for (auto i = 0; i < steps; ++i)
      text += "- {id: s" + std::to_string(i)
              + (i == 0 ? "" : ", needs: [s" + std::to_string(i - 1) + "]")
              + ", foreach: [1, 2, 3, 4], activity: command, with: {argv: [sh, "
                "-c, \""
              + effect + "\"]}}\n";
    file = folder.write("keyed.yaml", text).string();
  }

  program start(const std::string& key) {
    return program{{"run", "execute", file, "--key", key, "--store", store,
                    "--jobs", "2"},
                   folder / "printed"};
  }

  /// Effects in the order in which they happened.
  [[nodiscard]] std::vector<std::string> effects() const {
    auto timed = std::multimap<fs::file_time_type, std::string>{};
    for (const auto& entry : fs::directory_iterator{done})
      timed.emplace(entry.last_write_time(), entry.path().filename().string());
    auto lines = std::vector<std::string>{};
    for (const auto& [time, name] : timed)
      lines.push_back(name);
    return lines;
  }
};

/// The step in "RUN_sN_ITEM".
int step_of(const std::string& effect) {
  const auto at = effect.find("_s");
  return effect[at + 2] - '0';
}

} // namespace

TEST_CASE("a run killed at any moment goes on, and does everything once") {
  auto with = keyed_runs{};
  auto random = std::mt19937_64{11};
  auto runs = std::set<std::string>{};
  auto number = 0;
  for (auto kills = 0; kills < kill_count();) {
    const auto key = "k" + std::to_string(++number);
    for (auto i = 0; i < 4; ++i, ++kills) {
      auto run = with.start(key);
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % 120});
      run.send(SIGKILL);
      run.wait();
    }
    auto last = with.start(key);
    const auto code = last.wait();
    INFO(last.output());
    REQUIRE(code == 0);
    auto stored = recorded_runs::open(with.store);
    REQUIRE(stored);
    auto all = run_filter{};
    all.limit = 1'000;
    const auto listed = stored->list(all);
    REQUIRE(listed);
    // Whatever a killed program had accepted is there, once.
    REQUIRE(listed->size() == static_cast<std::size_t>(number));
    REQUIRE(listed->front().status == "completed");
    runs.insert(listed->front().run_id);
  }
  const auto effects = with.effects();
  CHECK(effects.size() == runs.size() * steps * items);
  for (const auto& run : runs) {
    auto last = 0;
    for (const auto& effect : effects)
      if (effect.starts_with(run)) {
        CHECK(step_of(effect) >= last);
        last = step_of(effect);
      }
    CHECK(last == steps - 1);
  }
}

namespace {

constexpr auto job = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "job", "inputs": {"n": {"type": "integer"}}, "steps": [
{"id": "a", "activity": "noop", "with": {"n": "${inputs.n}"}},
{"id": "b", "needs": ["a"], "activity": "noop", "foreach": [1, 2, 3]}]})";

/// A server that is killed again and again, and whoever asks it for runs.
struct killed_server {
  temporary_folder folder;
  std::string store = (folder / "runs.db").string();
  std::optional<program> process;
  std::optional<engine_client> client;
  int submitted = 0;
  std::map<std::string, std::string> acknowledged; ///< Run by key.

  void start() {
    process.emplace(std::vector<std::string>{"server", "--store", store,
                                             "--listen", "none"},
                    folder / "printed");
    for (auto i = 0; i < 2'000; ++i) {
      auto connected = engine_client::connect(socket_of(store));
      if (connected) {
        client.emplace(std::move(*connected));
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    FAIL("the server does not start: " + process->output());
  }

  /// Submits one run after another until the server is gone.
  void submit_until_killed(std::chrono::milliseconds moment) {
    auto killer = std::thread{[&] {
      std::this_thread::sleep_for(moment);
      process->send(SIGKILL);
    }};
    while (submit("k" + std::to_string(submitted)))
      ++submitted;
    killer.join();
    process->wait();
  }

  /// False when the server is gone.
  bool submit(const std::string& key) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(job);
    wanted.set_inputs(R"({"n": 1})");
    wanted.set_idempotency_key(key);
    const auto accepted = client->submit(wanted);
    if (!accepted)
      return false;
    const auto known = acknowledged.try_emplace(key, accepted->run_id());
    CHECK(known.first->second == accepted->run_id());
    return true;
  }
};

} // namespace

TEST_CASE("a server killed at any moment loses nothing that it acknowledged") {
  // So that some runs are accepted, and some are not; longer when the machine
  // is so busy that few are.
  auto moment_max = 60U;
  constexpr auto moment_most = 2'000U;
  auto with = killed_server{};
  auto random = std::mt19937_64{7};
  for (auto kills = 0; kills < kill_count(); ++kills) {
    with.start();
    if (with.acknowledged.size() < 2 * static_cast<std::size_t>(kills))
      moment_max = std::min(2 * moment_max, moment_most);
    with.submit_until_killed(std::chrono::milliseconds{random() % moment_max});
    const auto found = check_runs(with.store);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
  }
  with.start();
  // Whoever got no answer asks again, with the same key.
  for (auto i = 0; i <= with.submitted; ++i)
    REQUIRE(with.submit("k" + std::to_string(i)));
  for (const auto& [key, run] : with.acknowledged) {
    const auto ended = with.client->await(run, std::chrono::seconds{20});
    REQUIRE(ended);
    INFO(ended->reason());
    REQUIRE(ended->status() == "completed");
  }
  with.process->send(SIGTERM);
  CHECK(with.process->wait() == 0);
  const auto found = check_runs(with.store);
  for (const auto& reason : found.problems)
    FAIL(runtime::render(reason));
  // Each key has one run, and there are no others.
  CHECK(found.runs == with.acknowledged.size());
  CHECK(found.runs > static_cast<std::size_t>(kill_count()));
}

TEST_CASE("a backup of a server at work is a store of one moment") {
  auto with = killed_server{};
  with.start();
  for (auto i = 0; i < 5; ++i) {
    for (auto j = 0; j < 40; ++j)
      REQUIRE(with.submit("k" + std::to_string(with.submitted++)));
    const auto known = with.acknowledged.size();
    const auto copy = (with.folder / ("copy-" + std::to_string(i))).string();
    auto backup = program{{"backup", copy, "--store", with.store},
                          with.folder / "backup.txt"};
    for (auto j = 0; j < 40; ++j)
      REQUIRE(with.submit("k" + std::to_string(with.submitted++)));
    // Also while the server works nothing contradicts itself.
    for (const auto& reason : check_runs(with.store).problems)
      FAIL(runtime::render(reason));
    const auto code = backup.wait();
    INFO(backup.output());
    REQUIRE(code == 0); // It has examined the copy.
    CHECK(check_runs(copy).runs >= known);
  }
  with.process->send(SIGTERM);
  CHECK(with.process->wait() == 0);
  const auto restored = (with.folder / "restored.db").string();
  auto restore = program{{"restore", (with.folder / "copy-4").string(),
                          "--store", restored},
                         with.folder / "restore.txt"};
  REQUIRE(restore.wait() == 0);
  // Where a store is, nothing is restored.
  auto again = program{{"restore", (with.folder / "copy-4").string(), "--store",
                        restored},
                       with.folder / "restore.txt"};
  CHECK(again.wait() == 4);
}

TEST_CASE("a schedule of a server that is killed loses and doubles nothing") {
  auto folder = temporary_folder{};
  const auto store = (folder / "runs.db").string();
  const auto flow
    = folder.write("job.yaml",
                   "apiVersion: troupe/v1\nkind: Workflow\nid: job\n"
                   "steps: [{id: s, activity: noop}]\n");
  const auto schedule
    = folder.write("ticks.yaml",
                   "apiVersion: troupe/v1\nkind: Schedule\nid: ticks\n"
                   "workflow: job\nevery: 1s\noverlap: allow_all\n");
  const auto troupe = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--store", store});
    return program{arguments, folder / "printed"}.wait();
  };
  auto random = std::mt19937_64{11};
  for (auto life = 0; life < 3; ++life) {
    auto server = program{{"server", "--store", store, "--listen", "none"},
                          folder / "server.txt"};
    while (!engine_client::connect(socket_of(store)))
      std::this_thread::sleep_for(5ms);
    if (life == 0) {
      REQUIRE(troupe({"workflow", "apply", flow.string()}) == 0);
      REQUIRE(troupe({"schedule", "add", schedule.string()}) == 0);
    }
    std::this_thread::sleep_for(1'000ms + 1ms * (random() % 700));
    server.send(SIGKILL);
    server.wait();
  }
  auto server = program{{"server", "--store", store, "--listen", "none"},
                        folder / "server.txt"};
  while (!engine_client::connect(socket_of(store)))
    std::this_thread::sleep_for(5ms);
  REQUIRE(troupe({"schedule", "pause", "ticks"}) == 0);
  auto client = engine_client::connect(socket_of(store));
  REQUIRE(client);
  while (client->status()->open_runs() != 0)
    std::this_thread::sleep_for(5ms);
  auto schedules = scheduler::recorded_schedules::open(store);
  REQUIRE(schedules);
  const auto history = schedules->history("ticks");
  REQUIRE(history);
  auto fired = std::set<std::int64_t>{};
  for (const auto& event : *history)
    if (event.has_fired())
      REQUIRE(fired.insert(event.fired().start().due()).second);
  // Every second of it has a start, whoever lived then.
  REQUIRE(fired.size() >= 3);
  CHECK(*fired.rbegin() - *fired.begin()
        == static_cast<std::int64_t>(fired.size() - 1) * 1'000'000);
  auto runs = recorded_runs::open(store);
  REQUIRE(runs);
  auto filter = run_filter{};
  filter.limit = 1'000;
  const auto listed = runs->list(filter);
  REQUIRE(listed);
  CHECK(listed->size() == fired.size());
  CHECK(check_runs(store).problems.empty());
}
