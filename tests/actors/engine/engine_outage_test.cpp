#include "actors/engine/local_engine.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/run_check.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;
using runtime::problem_kind;

namespace {

constexpr auto text = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "waiting", "inputs": {"load": {"type": "string"}}, "steps": [
{"id": "a", "activity": "noop", "with": {"load": "${inputs.load}"}},
{"id": "go", "needs": ["a"], "activity": "signal", "with": {"name": "go"}},
{"id": "b", "needs": ["go"], "activity": "noop"}]})";

/// No file of this process may grow beyond this; a write that would fails as on
/// a broken disk.
class file_limit {
public:
  explicit file_limit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto now = before_;
    now.rlim_cur = bytes;
    is_set_ = ::setrlimit(RLIMIT_FSIZE, &now) == 0;
  }

  file_limit(const file_limit&) = delete;
  file_limit& operator=(const file_limit&) = delete;

  ~file_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

  [[nodiscard]] bool is_set() const noexcept {
    return is_set_;
  }

private:
  rlimit before_{};
  bool is_set_ = false;
};

/// An engine over a store that will fail, with runs under way.
struct failing_store {
  std::string store;
  std::optional<local_engine> engine;
  std::vector<std::string> accepted; ///< Runs.
  int keys = 0;

  explicit failing_store(std::string path) : store{std::move(path)} {
    auto options = local_engine_options{};
    options.store = store;
    options.threads = 2;
    auto started = local_engine::start(options);
    REQUIRE(started);
    engine.emplace(std::move(*started));
    for (auto i = 0; i < 3; ++i)
      REQUIRE(submit(100));
  }

  /// Counts the key when it is accepted.
  runtime::outcome<void> submit(std::size_t bytes) {
    auto wanted = messages::SubmitRun{};
    wanted.set_workflow_text(text);
    wanted.set_inputs("{\"load\": \"" + std::string(bytes, 'x') + "\"}");
    wanted.set_idempotency_key("k" + std::to_string(keys));
    const auto answer = engine->submit(wanted);
    if (!answer)
      return runtime::fail(answer.error());
    ++keys;
    accepted.push_back(answer->run_id());
    return {};
  }

  /// What is refused while the store refuses; every refusal is one to try
  /// again after.
  std::string refusals() {
    auto all = std::string{};
    auto refused = 0;
    for (auto i = 0; i < 200 && refused < 40; ++i) {
      const auto done = submit(100'000);
      if (done)
        continue;
      ++refused;
      REQUIRE(done.error().kind == problem_kind::unavailable);
      CHECK_FALSE(done.error().message.empty());
      all += runtime::render(done.error()) + "\n";
      // The engine takes a moment to start again.
      std::this_thread::sleep_for(10ms);
    }
    REQUIRE(refused == 40);
    return all;
  }

  void check_reads() const {
    auto runs = recorded_runs::open(store);
    REQUIRE(runs);
    for (const auto& run : accepted)
      CHECK(runs->find(run));
  }

  /// There is room again: whatever was accepted goes to its end.
  void finish() {
    auto done = runtime::outcome<void>{};
    for (auto i = 0; i < 1'000; ++i) {
      done = submit(100'000);
      if (done)
        break;
      std::this_thread::sleep_for(20ms);
    }
    REQUIRE(done);
    for (const auto& run : accepted) {
      auto wanted = messages::ChangeRun{};
      wanted.set_run_id(run);
      wanted.mutable_signal()->set_name("go");
      REQUIRE(engine->change(wanted));
      const auto ended = engine->await(run, {}, "");
      REQUIRE(ended);
      CHECK(ended->status() == "completed");
    }
    engine.reset();
    const auto found = check_runs(store);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    CHECK(found.runs == accepted.size());
  }
};

} // namespace

TEST_CASE(
  "on a full disk an engine refuses and says why, until there is room") {
  const auto folder = temporary_folder{};
  auto disk = small_disk{(folder / "disk").string(), "8m"};
  if (!disk.is_mounted()) {
    WARN("skipped: mounting a small disk is not permitted here");
    return;
  }
  auto with = failing_store{(folder / "disk" / "store.db").string()};
  disk.fill();
  const auto refusals = with.refusals();
  INFO(refusals);
  CHECK(refusals.find("the disk is full") != std::string::npos);
  CHECK(refusals.find("free some space") != std::string::npos);
  with.check_reads();
  disk.empty();
  with.finish();
}

TEST_CASE("on a disk that fails an engine refuses, until it works again") {
  const auto folder = temporary_folder{};
  auto with = failing_store{(folder / "store.db").string()};
  {
    const auto size = std::filesystem::file_size(with.store + "-wal");
    const auto limit = file_limit{size + 4'096};
    REQUIRE(limit.is_set());
    INFO(with.refusals());
    with.check_reads();
  }
  with.finish();
}
