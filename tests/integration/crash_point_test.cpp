#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/stored_result.hpp"
#include "actors/simulation/simulation_check.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto crashed = 99;

/// The workload in `folder`, from wherever it stands, or the deletion of what
/// it left there; its exit code.
int run(const temporary_folder& folder, const std::string& crash_at,
        const std::string& log = {}, const char* what = "work") {
  const auto program
    = troupe_binary().parent_path() / "tests/integration/crash_point_program";
  const auto id = ::fork();
  REQUIRE(id >= 0);
  if (id == 0) {
    if (!crash_at.empty())
      ::setenv("TROUPE_CRASH_AT", crash_at.c_str(), 1);
    if (!log.empty())
      ::setenv("TROUPE_CRASH_LOG", log.c_str(), 1);
    const auto printed = ::open((folder / "printed").c_str(),
                                O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(printed, STDOUT_FILENO);
    ::dup2(printed, STDERR_FILENO);
    // However it hangs, the test ends.
    ::alarm(60);
    ::execl(program.c_str(), program.c_str(), folder.path().c_str(), what,
            nullptr);
    ::_exit(127);
  }
  auto status = 0;
  ::waitpid(id, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  auto file = std::ifstream{path};
  auto lines = std::vector<std::string>{};
  for (auto line = std::string{}; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

/// Keys of effects in the order in which they first happened, without the run;
/// once more under the same key is nothing.
std::vector<std::string> effects_of(const std::vector<std::string>& keys,
                                    const std::string& run_id) {
  auto seen = std::vector<std::string>{};
  for (const auto& key : keys)
    if (key.starts_with(run_id)) {
      const auto what = key.substr(run_id.size());
      if (std::ranges::find(seen, what) == seen.end())
        seen.push_back(what);
    }
  return seen;
}

/// "s1" or "undo s1" for each of such keys.
std::vector<std::string> steps_of(const std::vector<std::string>& effects) {
  auto steps = std::vector<std::string>{};
  for (const auto& effect : effects) {
    const auto at = effect.find("/s");
    REQUIRE(at != std::string::npos);
    const auto is_undo = effect.ends_with("/undo");
    steps.push_back((is_undo ? "undo " : "") + effect.substr(at + 1, 2));
  }
  return steps;
}

/// What a scoring has published, by name, without what is still being written.
std::map<std::string, std::string> ranks_in(const temporary_folder& folder) {
  auto found = std::map<std::string, std::string>{};
  for (const auto& entry :
       std::filesystem::directory_iterator{folder / "ranks"})
    if (entry.path().string().find(".tmp-") == std::string::npos)
      found[entry.path().filename()] = read_file(entry.path());
  return found;
}

/// One scoring is stored, under the key of its step.
void check_scoring(const std::string& store, const std::string& run_id) {
  const auto found = scoring::check_scorings(store);
  CHECK(found.runs == 1);
  CHECK(found.items == 3);
  for (const auto& reason : found.problems)
    FAIL(runtime::render(reason));
  const auto result = scoring::load_result(store, run_id + "/score/0");
  CHECK((result && *result));
}

/// What the world and the store have to say once all is over.
void check(const temporary_folder& folder) {
  auto acknowledged = std::map<std::string, std::set<std::string>>{};
  for (const auto& line : lines_of(folder / "acknowledged")) {
    auto words = std::istringstream{line};
    auto key = std::string{};
    auto run_id = std::string{};
    words >> key >> run_id;
    acknowledged[key].insert(run_id);
  }
  // No acknowledged run was lost, else its key would have another one.
  REQUIRE(acknowledged["good"].size() == 1);
  REQUIRE(acknowledged["bad"].size() == 1);
  REQUIRE(acknowledged["scored"].size() == 1);
  const auto keys = lines_of(folder / "effects");
  CHECK(steps_of(effects_of(keys, *acknowledged["good"].begin()))
        == std::vector<std::string>{"s0", "s0", "s0", "s2", "s5"});
  CHECK(steps_of(effects_of(keys, *acknowledged["bad"].begin()))
        == std::vector<std::string>{"s0", "s1", "undo s1", "undo s0"});
  // 5 of the good one, 4 of the bad one, 1 of the child.
  CHECK(std::set<std::string>{keys.begin(), keys.end()}.size() == 10);
  const auto found = check_runs((folder / "store.db").string());
  CHECK(found.runs == 4);
  for (const auto& reason : found.problems)
    FAIL(runtime::render(reason));
  check_scoring(folder / "store.db", *acknowledged["scored"].begin());
}

std::map<std::string, int> count_visits(const std::string& log) {
  auto counted = std::map<std::string, int>{};
  for (const auto& name : lines_of(log))
    ++counted[name];
  return counted;
}

/// The visits at which the process is ended.
std::set<int> chosen_visits(int count) {
  return {1, 2, (count + 1) / 2, count};
}

/// How it is when nothing goes wrong.
struct smooth_run {
  std::map<std::string, int> visits; ///< By point.
  std::map<std::string, std::string> ranks;
};

smooth_run run_smoothly() {
  const auto folder = temporary_folder{};
  const auto log = (folder / "visits").string();
  REQUIRE(run(folder, {}, log) == 0);
  check(folder);
  auto smooth = smooth_run{};
  smooth.visits = count_visits(log);
  smooth.ranks = ranks_in(folder);
  return smooth;
}

/// A store with runs that are all over, and copies of it to try things with.
struct worked {
  worked() {
    REQUIRE(run(folder, {}) == 0);
  }

  void copy_to(const temporary_folder& to) const {
    for (const auto& entry : std::filesystem::directory_iterator{folder.path()})
      if (entry.path().filename().string().starts_with("store.db"))
        std::filesystem::copy_file(entry.path(), to / entry.path().filename());
  }

  temporary_folder folder;
};

/// Rows of the tables that pruning has to do with; what `doctor` finds fails
/// the test.
std::map<std::string, std::string> rows_left(const temporary_folder& folder) {
  for (const auto& reason : check_runs(folder / "store.db").problems)
    FAIL(runtime::render(reason));
  auto reader = runtime::snapshot_reader::open(folder / "store.db").value();
  auto counted = std::map<std::string, std::string>{};
  for (const auto* table :
       {"engine_runs", "engine_history", "engine_pruned", "engine_kept_keys",
        "engine_snapshots", "engine_deadlines", "engine_blob_uses",
        "scoring_runs"}) {
    const auto sql = std::string{"SELECT count(*) FROM "} + table;
    REQUIRE(reader.query(sql, {}, [&](const runtime::sqlite_row& row) {
      counted[table] = row.text(0);
    }));
  }
  return counted;
}

} // namespace

TEST_CASE("a process that ends at any boundary goes on as if it had not") {
  const auto [points, ranks] = run_smoothly();
  REQUIRE(ranks.size() == 5);
  REQUIRE(points.contains("scoring.stored"));
  auto crashes = 0;
  for (const auto& [name, count] : points) {
    for (const auto visit : chosen_visits(count)) {
      const auto point = name + ":" + std::to_string(visit);
      INFO(point);
      // Threads meet in other orders each time: perhaps it does not come there.
      auto code = 0;
      for (auto tries = visit == 1 ? 5 : 1; tries > 0 && code == 0; --tries) {
        const auto folder = temporary_folder{};
        code = run(folder, point);
        INFO("exit code " << code);
        REQUIRE((code == crashed || code == 0));
        const auto again = run(folder, {});
        INFO(read_file(folder / "printed"));
        REQUIRE(again == 0);
        check(folder);
        CHECK(ranks_in(folder) == ranks);
      }
      REQUIRE((code == crashed || visit != 1));
      crashes += code == crashed ? 1 : 0;
    }
  }
  CHECK(points.size() >= 15);
  CHECK(crashes >= 30);
  WARN(points.size() << " points, " << crashes << " crashes");
}

TEST_CASE("a process that ends while it deletes runs goes on deleting") {
  const auto before = worked{};
  const auto smooth = temporary_folder{};
  before.copy_to(smooth);
  const auto log = (smooth / "visits").string();
  REQUIRE(run(smooth, {}, log, "prune") == 0);
  const auto points = count_visits(log);
  const auto expected = rows_left(smooth);
  // The newest run stays, for its number; of all others only the keys.
  CHECK(expected.at("engine_runs") == "1");
  CHECK(expected.at("engine_pruned") == "0");
  CHECK(expected.at("engine_kept_keys") == "3");
  CHECK(expected.at("scoring_runs") == "1");
  REQUIRE(points.contains("pruning.deletes"));
  REQUIRE(points.at("pruning.deleted") >= 5);
  auto crashes = 0;
  for (const auto& [name, count] : points)
    for (const auto visit : chosen_visits(count)) {
      const auto folder = temporary_folder{};
      before.copy_to(folder);
      const auto point = name + ":" + std::to_string(visit);
      INFO(point);
      const auto code = run(folder, point, {}, "prune");
      REQUIRE((code == crashed || (code == 0 && visit != 1)));
      crashes += code == crashed ? 1 : 0;
      // Also what is half deleted is nothing to object to.
      CHECK(rows_left(folder).at("engine_runs") != "0");
      const auto again = run(folder, {}, {}, "prune");
      INFO(read_file(folder / "printed"));
      REQUIRE(again == 0);
      CHECK(rows_left(folder) == expected);
    }
  CHECK(crashes >= 20);
  WARN(points.size() << " points, " << crashes << " crashes");
}

TEST_CASE(
  "a log that is torn anywhere leaves a shorter past, and no wrong one") {
  const auto folder = temporary_folder{};
  const auto last = run_smoothly().visits.at("store.answered");
  REQUIRE(run(folder, "store.answered:" + std::to_string(last / 2)) == crashed);
  const auto log = read_file(folder / "store.db-wal");
  auto random = std::mt19937_64{5};
  for (auto round = 0; round < 20; ++round) {
    const auto tear = random() % (log.size() + 1);
    const auto is_garbage = round % 2 == 1;
    CAPTURE(tear, is_garbage);
    const auto copy = temporary_folder{};
    std::filesystem::copy_file(folder / "store.db", copy / "store.db");
    copy.write("store.db-wal",
               log.substr(0, tear)
                 + std::string(is_garbage ? log.size() - tear : 0, 'Z'));
    const auto code = run(copy, {});
    INFO(read_file(copy / "printed"));
    REQUIRE(code == 0);
    const auto found = check_runs((copy / "store.db").string());
    CHECK(found.runs == 4);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    CHECK(scoring::check_scorings(copy / "store.db").runs == 1);
  }
}

TEST_CASE("a simulation that ends at any boundary of its years goes on") {
  const auto names = {"events.csv", "snapshots.csv", "years.json"};
  const auto prepare = [&](const temporary_folder& folder) {
    std::filesystem::copy_file(golden("simulation/census.csv"),
                               folder / "people.csv");
    std::filesystem::copy_file(golden("simulation/scenario.yaml"),
                               folder / "scenario.yaml");
  };
  const auto check_files = [&](const temporary_folder& folder) {
    for (const auto* name : names) {
      INFO(name);
      const auto is_equal = read_file(folder / "years" / name)
                            == read_file(golden("simulation") / name);
      CHECK(is_equal);
    }
    const auto found = simulation::check_simulations(folder / "store.db");
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    CHECK(found.runs == 1);
    CHECK(found.years == 5);
  };
  const auto smooth = temporary_folder{};
  prepare(smooth);
  const auto log = (smooth / "visits").string();
  REQUIRE(run(smooth, {}, log, "simulate") == 0);
  check_files(smooth);
  const auto points = count_visits(log);
  for (const auto* name : {"simulation.storing", "simulation.stored"}) {
    REQUIRE(points.at(name) >= 5);
    for (auto visit = 1; visit <= points.at(name); ++visit) {
      const auto point = std::string{name} + ":" + std::to_string(visit);
      INFO(point);
      const auto folder = temporary_folder{};
      prepare(folder);
      REQUIRE(run(folder, point, {}, "simulate") == crashed);
      // What is stored is enough to go on with.
      std::filesystem::remove(folder / "people.csv");
      const auto again = run(folder, {}, {}, "simulate");
      INFO(read_file(folder / "printed"));
      REQUIRE(again == 0);
      check_files(folder);
    }
  }
}
