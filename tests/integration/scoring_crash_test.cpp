#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/store_check.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t item_count = 3'000;

/// 20, a few under sanitizers, or as many as the nightly run asks for.
int kill_count() {
  const auto* asked = std::getenv("TEST_KILLS");
  if (asked == nullptr)
    return is_slowed() ? 5 : 20;
  return std::atoi(asked);
}

/// Scorings of one portfolio, in a folder of their own.
struct scorings {
  temporary_folder folder;
  std::string items
    = folder.write("items.jsonl", golden_lines_text(item_count)).string();
  std::string out = (folder / "out").string();
  std::string store = (folder / "store.db").string();

  program start(const std::string& from) {
    return program{{"score", "--items", from, "--format", "jsonl", "--config",
                    golden("qvf/config.json").string(), "--batch-size", "100",
                    "--as-of", "2026-01-31T00:00:00Z", "--out", out, "--store",
                    store, "--workers", "2"},
                   folder / "printed"};
  }

  void complete() {
    auto run = start(items);
    if (run.wait() != 0)
      FAIL(run.output());
  }

  /// The files under their names; those still being written have others.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    auto found = std::map<std::string, std::string>{};
    if (fs::is_directory(out))
      for (const auto& entry : fs::directory_iterator{out})
        if (entry.path().string().find(".tmp-") == std::string::npos)
          found[entry.path().filename().string()] = read_file(entry.path());
    return found;
  }

  /// Complete runs in the store; fails the test if anything else is in it.
  [[nodiscard]] std::uint64_t sound_runs() const {
    if (!fs::exists(store))
      return 0;
    const auto found = check_scorings(store);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    for (const auto& reason : runtime::check_store(store, scoring_schema()))
      FAIL(runtime::render(reason));
    REQUIRE(found.items == found.runs * item_count);
    return found.runs;
  }

  /// The first column of each row.
  [[nodiscard]] std::vector<std::string> ask(const std::string& sql) const {
    auto reader = runtime::snapshot_reader::open(store).value();
    auto found = std::vector<std::string>{};
    const auto read
      = reader.query(sql, {}, [&](const runtime::sqlite_row& row) {
          found.emplace_back(row.text(0));
        });
    if (!read)
      FAIL(runtime::render(read.error()));
    return found;
  }

  /// Goes on with all that was begun, whoever was to do it, until it is over.
  void finish() const {
    for (const auto& id :
         ask("SELECT run_id FROM engine_runs WHERE is_over = 0")) {
      auto run = program{{"run", "execute", "--continue", id, "--store", store},
                         folder / "printed"};
      if (run.wait() != 0)
        FAIL(run.output());
    }
  }

  /// Every run has completed, and has the one scoring that is its own.
  void require_one_scoring_each() const {
    const auto runs = ask("SELECT run_id || '/score/0' FROM engine_runs"
                          " WHERE status = 'completed' ORDER BY run_id");
    CHECK(ask("SELECT run_id FROM engine_runs WHERE status <> 'completed'")
            .empty());
    CHECK(ask("SELECT COALESCE(idempotency_key, 'none') FROM scoring_runs"
              " ORDER BY idempotency_key")
          == runs);
  }
};

/// Exits 130 and leaves neither files nor runs.
void require_clean(scorings& with, program& run) {
  const auto code = run.wait();
  INFO(run.output());
  CHECK(code == 130);
  CHECK(with.files().empty());
  CHECK(with.sound_runs() == 0);
}

/// A program that reads from a pipe in which more may come: half of the
/// portfolio is in it, and its signals are set up.
struct waiting_run {
  explicit waiting_run(scorings& with)
    : path{(with.folder / "pipe").string()}, is_made{::mkfifo(path.c_str(),
                                                              0600)
                                                     == 0},
      run{with.start(path)}, pipe{::open(path.c_str(), O_WRONLY | O_CLOEXEC)} {
    const auto half = golden_lines_text(item_count / 2);
    for (std::size_t at = 0; at < half.size();) {
      const auto count = ::write(pipe, half.data() + at, half.size() - at);
      REQUIRE(count > 0);
      at += static_cast<std::size_t>(count);
    }
  }

  ~waiting_run() {
    ::close(pipe);
  }

  std::string path;
  bool is_made;
  program run;
  int pipe;
};

} // namespace

TEST_CASE("a scoring killed at any moment is stored whole or not at all") {
  auto reference = scorings{};
  const auto begin = steady_clock::now();
  reference.complete();
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(
    steady_clock::now() - begin);
  const auto expected = reference.files();
  REQUIRE(expected.size() == 5);
  auto random = std::mt19937_64{5};
  auto stored = std::uint64_t{0};
  auto published = 0;
  const auto kills = kill_count();
  constexpr auto kills_per_store = 10;
  for (auto done = 0; done < kills;) {
    auto with = scorings{};
    auto runs = std::uint64_t{0};
    // Killed scorings that the next program goes on with beside its own, unless
    // they were stored.
    auto open = std::uint64_t{0};
    for (auto i = 0; i < kills_per_store && done < kills; ++i, ++done) {
      fs::remove_all(with.out);
      const auto moment = std::chrono::microseconds{
        random() % static_cast<std::uint64_t>(duration.count() * 11 / 10)};
      CAPTURE(done, moment.count());
      auto run = with.start(with.items);
      std::this_thread::sleep_for(moment);
      run.send(SIGKILL);
      run.wait();
      const auto now = with.sound_runs();
      ++open;
      REQUIRE(now >= runs);
      REQUIRE(now <= runs + open);
      const auto files = with.files();
      for (const auto& [name, bytes] : files)
        REQUIRE(bytes == expected.at(name));
      // Files are for what is stored, now or by a program before.
      REQUIRE((files.empty() || now > 0));
      published += files.empty() ? 0 : 1;
      stored += now - runs;
      open -= now - runs;
      runs = now;
    }
    with.complete();
    CHECK(with.files() == expected);
    with.finish();
    CHECK(with.sound_runs() <= runs + open + 1);
    with.require_one_scoring_each();
  }
  WARN(kills << " kills within " << duration.count() / 1000 << " ms: " << stored
             << " runs were stored, all whole, and " << published
             << " had published files");
}

TEST_CASE("one interrupt ends a scoring with 130 and leaves nothing") {
  auto with = scorings{};
  auto waiting = waiting_run{with};
  waiting.run.send(SIGINT);
  require_clean(with, waiting.run);
}

TEST_CASE("a second interrupt ends the program at once with 130") {
  auto with = scorings{};
  auto waiting = waiting_run{with};
  // Signals of one kind that wait would count once.
  waiting.run.send(SIGINT);
  waiting.run.send(SIGTERM);
  require_clean(with, waiting.run);
}

TEST_CASE("an interrupt at any moment leaves all of a scoring or nothing") {
  auto with = scorings{};
  const auto begin = steady_clock::now();
  with.complete();
  const auto duration = steady_clock::now() - begin;
  const auto expected = with.files();
  auto random = std::mt19937_64{6};
  auto runs = with.sound_runs();
  for (auto i = 0; i < 10; ++i) {
    fs::remove_all(with.out);
    auto run = with.start(with.items);
    std::this_thread::sleep_for(duration * (random() % 100) / 100);
    run.send(SIGINT);
    const auto code = run.wait();
    const auto now = with.sound_runs();
    CAPTURE(i, code, run.output());
    // Before the program is ready for it, a signal just ends it.
    REQUIRE((code == 0 || code == 130 || code == 128 + SIGINT));
    CHECK(now == runs + (code == 0 ? 1 : 0));
    if (code == 0)
      CHECK(with.files() == expected);
    else
      CHECK(with.files().empty());
    runs = now;
  }
}
