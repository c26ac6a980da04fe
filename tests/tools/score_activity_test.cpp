#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "runtime/clock.hpp"
#include "tests/actors/engine/activity_fixture.hpp"
#include "tests/actors/engine/live_activity_fixture.hpp"
#include "tests/support/places.hpp"
#include "tools/activities/score_activity.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <latch>
#include <string>

using namespace troupe;
using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr auto key = "run-1/score/0";

/// The activity of a host, as an engine gives it out.
struct score_fixture : live_activity_fixture {
  score_fixture() {
    fs::copy_file(source_dir() / "tools/examples/portfolio-1000.jsonl", items);
    fs::copy_file(source_dir() / "tools/examples/default.yaml", config);
    auto storing = runtime::store_options{};
    storing.path = store;
    const auto writer
      = runtime::spawn_store(system, storing, scoring::scoring_schema())
          .value();
    own(writer);
    auto options = tools::score_activity_options{};
    options.scorer.store = store;
    options.scorer.workers = 1;
    options.scorer.before_task = [this](const messages::ScoringTask& task,
                                        const messages::column_block&) {
      if (before_task)
        before_task(task);
    };
    options.time = &time;
    tools::add_score_activity(*registry, writer, std::move(options));
    start_host();
  }

  /// An attempt at the step; each one has another claim, or the host would
  /// take it for the one it knows.
  void begin(json input, const std::string& with_key) {
    input["items"] = items;
    input["config"] = config;
    auto request = run_activity("score", "score", input.dump());
    request.mutable_ref()->set_attempt(++attempts);
    request.mutable_ref()->set_claim(attempts);
    request.mutable_ref()->set_item(attempts);
    request.set_idempotency_key(with_key);
    give(request);
  }

  std::string end() {
    return reports->wait_for(reports->successes).output_json();
  }

  std::string score(json input, const std::string& with_key) {
    begin(std::move(input), with_key);
    return end();
  }

  [[nodiscard]] std::uint64_t stored() const {
    const auto found = scoring::check_scorings(store);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    return found.runs;
  }

  /// How many files there are, without those that are being written: who came
  /// too late removes them a little later.
  [[nodiscard]] std::ptrdiff_t published() const {
    return std::count_if(fs::directory_iterator{out}, fs::directory_iterator{},
                         [](const fs::directory_entry& file) {
                           return file.path().string().find(".tmp-")
                                  == std::string::npos;
                         });
  }

  temporary_folder folder;
  std::string items = folder / "items.jsonl";
  std::string config = folder / "config.yaml";
  std::string store = folder / "store.db";
  std::string out = folder / "out";
  runtime::real_clock time;
  std::function<void(const messages::ScoringTask&)> before_task;
  std::uint32_t attempts = 0;
};

} // namespace

TEST_CASE_METHOD(score_fixture,
                 "a scoring step that is done anew has the stored scoring") {
  const auto input = json{{"out", out}, {"top", 3}};
  const auto first = score(input, key);
  CHECK(json::parse(first).at("items") == 1'000);
  const auto financial = read_file(fs::path{out} / "financial.csv");
  // As after a process that ended before it published anything.
  fs::remove_all(out);
  fs::remove(items);
  fs::remove(config);
  CHECK(score(input, key) == first);
  CHECK(read_file(fs::path{out} / "financial.csv") == financial);
  CHECK(published() == 5);
  CHECK(stored() == 1);
}

TEST_CASE_METHOD(score_fixture, "other work of the same run scores anew") {
  const auto run_of = [](const std::string& output) {
    return json::parse(output).at("run").get<std::string>();
  };
  const auto first = run_of(score(json::object(), key));
  CHECK(run_of(score(json::object(), "run-1/score/1")) != first);
  CHECK(run_of(score(json::object(), "run-1/score/0/undo")) != first);
  CHECK(run_of(score(json::object(), "run-2/score/0")) != first);
  CHECK(stored() == 4);
}

TEST_CASE_METHOD(score_fixture,
                 "of two attempts at once one is stored, and answers both") {
  // Neither stores before both have found nothing stored.
  auto both = std::latch{2};
  before_task = [&](const messages::ScoringTask& task) {
    if (task.stage() == messages::SCORING_STAGE_READ)
      both.arrive_and_wait();
  };
  begin({{"out", out}}, key);
  begin({{"out", out}}, key);
  const auto first = end();
  CHECK(end() == first);
  CHECK(stored() == 1);
  CHECK(published() == 5);
}

TEST_CASE_METHOD(score_fixture, "a scoring that could not be published is "
                                "published by the next attempt") {
  // A folder gets the name of a file that is being written.
  before_task = [&](const messages::ScoringTask& task) {
    if (task.stage() == messages::SCORING_STAGE_RECORD)
      fs::create_directories(fs::path{out} / "summary.json/x");
  };
  begin({{"out", out}}, key);
  CHECK_FALSE(reports->wait_for(reports->failures).message().empty());
  CHECK(stored() == 1);
  fs::remove_all(out);
  fs::remove(items);
  const auto output = score({{"out", out}}, key);
  CHECK(json::parse(output).at("items") == 1'000);
  CHECK(fs::exists(fs::path{out} / "summary.json"));
  CHECK(stored() == 1);
}
