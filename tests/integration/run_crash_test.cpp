#include "actors/engine/recorded_runs.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

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
    const auto listed = stored->list({});
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
