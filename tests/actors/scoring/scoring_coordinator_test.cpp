#include "actors/scoring/reports.hpp"
#include "actors/scoring/scoring_coordinator.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

using messages::column_block;
using runtime::problem_kind;

namespace {

/// What the actors around a coordinator have seen, and how they behave.
struct surroundings {
  int chunks_left = 0; ///< Then an error, if one is set.
  runtime::problem source_error;
  runtime::problem writer_error;
  runtime::problem store_error;
  bool source_is_silent = false;
  bool writer_is_silent = false;
  bool store_is_silent = false;
  int asked = 0;
  int answered = 0;
  int chunks_out_max = 0;
  std::map<std::string, std::string> files;
  bool is_published = false;
  int stored = 0;
};

using shared_surroundings = std::shared_ptr<surroundings>;

runtime::problem broken(const char* what) {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::unavailable;
  reason.message = what;
  return reason;
}

/// A coordinator between a source, a writer and a store that run here.
struct coordinator_fixture : actor_fixture {
  temporary_folder folder;
  std::string items
    = folder.write("items.jsonl", golden_lines_text(60)).string();
  shared_surroundings around = std::make_shared<surroundings>();
  std::shared_ptr<runtime::record_splitter> splitter;

  chunk_source_actor source() {
    return system.spawn([=, this](chunk_source_actor::pointer self)
                          -> chunk_source_actor::behavior_type {
      return {[=, this](const messages::GetItemChunk&)
                -> caf::result<messages::ItemChunk, column_block> {
        ++around->asked;
        if (around->source_is_silent)
          return caf::delegated<messages::ItemChunk, column_block>{};
        if (!around->source_error.message.empty() && around->asked > 2)
          return runtime::to_error(around->source_error);
        static_cast<void>(self);
        auto chunk = runtime::record_chunk{};
        auto head = messages::ItemChunk{};
        head.set_is_last(!splitter->next(chunk).value());
        head.set_first_line(chunk.first_line);
        head.set_text_bytes(chunk.size);
        auto text = std::vector<messages::column>{};
        text.emplace_back(std::move(chunk.bytes));
        return {std::move(head), column_block{std::move(text)}};
      }};
    });
  }

  runtime::output_writer_actor writer() {
    return system.spawn([state = around](runtime::output_writer_actor::pointer)
                          -> runtime::output_writer_actor::behavior_type {
      return {
        [=](const messages::WriteOutput& request,
            const column_block& block) -> caf::result<messages::OutputWritten> {
          if (state->writer_is_silent)
            return caf::delegated<messages::OutputWritten>{};
          if (!state->writer_error.message.empty())
            return runtime::to_error(state->writer_error);
          const auto bytes = block[0].bytes();
          state->files[request.file()].append(bytes.begin(), bytes.end());
          return messages::OutputWritten{};
        },
        [=](const messages::PublishOutputs&)
          -> caf::result<messages::OutputsPublished> {
          state->is_published = true;
          return messages::OutputsPublished{};
        },
      };
    });
  }

  runtime::store_actor store() {
    return system.spawn([state = around](runtime::store_actor::pointer)
                          -> runtime::store_actor::behavior_type {
      return {
        [=](const messages::CommitTransaction&, const column_block&)
          -> caf::result<messages::TransactionCommitted> {
          if (state->store_is_silent)
            return caf::delegated<messages::TransactionCommitted>{};
          if (!state->store_error.message.empty())
            return runtime::to_error(state->store_error);
          ++state->stored;
          return messages::TransactionCommitted{};
        },
        [=](const messages::GetStoreStatus&) {
          return messages::StoreStatus{};
        },
      };
    });
  }

  scoring_coordinator_actor coordinator(stage_hook before_task = {},
                                        std::size_t workers = 2) {
    auto preparation = preparation_options{};
    preparation.workers = workers;
    preparation.store = "a store";
    auto prepared
      = prepare(file_request(rule_set::compat, items, 5), preparation);
    if (!prepared)
      FAIL(runtime::render(prepared.error()));
    splitter = std::make_shared<runtime::record_splitter>(
      std::move(*prepared->source));
    auto options = scoring_coordinator_options{};
    options.run = std::move(prepared->run);
    options.run.files = report_files();
    options.header.run = "run-1";
    options.worker.before_task = std::move(before_task);
    options.source = source();
    options.writer = writer();
    options.writes_summary = true;
    store_ = store();
    own(store_);
    options.store = store_;
    options.now = [] { return runtime::clock::wall_time{}; };
    return spawn_scoring_coordinator(system, std::move(options));
  }

  using reply = outcome_of<messages::ScoringSummary, column_block>;

  /// The reply, with time passing for restarts and timeouts.
  reply score(const scoring_coordinator_actor& by) {
    auto pending = send(by, messages::RunScoring{});
    return await(std::move(pending));
  }

  template <class Pending>
  reply await(Pending pending) {
    // Restarts wait milliseconds, timeouts minutes.
    for (auto round = 0; round < 2'000; ++round) {
      advance(round < 1'500 ? caf::timespan{10ms} : caf::timespan{10s});
      if (auto outcome = pending.try_take(0ms))
        return std::move(*outcome);
    }
    return caf::make_error(caf::sec::request_timeout, "silence");
  }

  /// The problem a run ended with; kind `failed` and no text if it did not.
  runtime::problem problem_of(const reply& outcome) {
    const auto* reason = std::get_if<1>(&outcome);
    return reason == nullptr ? runtime::problem{}
                             : runtime::to_problem(*reason, system);
  }

  /// Whether all actors but the test's own and the store have ended.
  bool is_quiet() {
    run();
    return system.registry().running() <= 2;
  }

  std::map<std::string, std::string> expected_files() {
    auto result = simulate(file_request(rule_set::compat, items, 5), {});
    auto files = std::move(result.value().files);
    files.erase("scores.csv");
    return files;
  }

private:
  runtime::store_actor store_;
};

/// Throws `kills` times at SCORE what no worker survives.
stage_hook deadly(int kills, messages::ScoringStage stage) {
  const auto left = std::make_shared<int>(kills);
  return [=](const messages::ScoringTask& task, const column_block&) {
    if (task.stage() == stage && (*left)-- > 0)
      throw 1;
  };
}

} // namespace

TEST_CASE_METHOD(coordinator_fixture, "a run is stored, written, published") {
  const auto outcome = score(coordinator());
  REQUIRE(problem_of(outcome).message.empty());
  CHECK(around->files == expected_files());
  CHECK(around->stored == 1);
  CHECK(around->is_published);
  CHECK(std::get<0>(std::get<0>(outcome)).items() == 60);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "a worker that dies in a batch is restarted, with the same "
                 "bytes") {
  for (const auto stage :
       {messages::SCORING_STAGE_READ, messages::SCORING_STAGE_SCORE,
        messages::SCORING_STAGE_RENDER}) {
    CAPTURE(stage);
    around->files.clear();
    const auto outcome = score(coordinator(deadly(2, stage)));
    REQUIRE(problem_of(outcome).message.empty());
    CHECK(std::get<0>(std::get<0>(outcome)).retries() >= 2);
    CHECK(std::get<0>(std::get<0>(outcome)).problems_size() == 0);
    CHECK(around->files == expected_files());
    CHECK(is_quiet());
  }
}

TEST_CASE_METHOD(coordinator_fixture,
                 "all workers may die at once and the run goes on") {
  const auto outcome
    = score(coordinator(deadly(2, messages::SCORING_STAGE_READ), 2));
  REQUIRE(problem_of(outcome).message.empty());
  CHECK(around->files == expected_files());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "an item that kills every worker is named and left out") {
  const auto hook
    = [](const messages::ScoringTask& task, const column_block& block) {
        const auto batch = task.stage() == messages::SCORING_STAGE_SCORE
                             ? unpack_items(block)
                             : std::nullopt;
        for (std::size_t row = 0; batch && row < batch->rows; ++row)
          if (batch->ids.text(row) == "1007")
            throw 1;
      };
  const auto outcome = score(coordinator(hook));
  REQUIRE(problem_of(outcome).message.empty());
  const auto& summary = std::get<0>(std::get<0>(outcome));
  REQUIRE(summary.problems_size() == 1);
  CHECK(summary.problems(0).item() == "1007");
  CHECK(summary.problems(0).line() == 8);
  CHECK(summary.problems(0).reason() == "its worker died");
  CHECK(summary.items() == 59);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "workers that can do nothing but die end the run") {
  const auto hook = [](const messages::ScoringTask& task, const auto&) {
    if (task.stage() == messages::SCORING_STAGE_RANK)
      throw 1;
  };
  const auto reason = problem_of(score(coordinator(hook)));
  CHECK(reason.kind == problem_kind::failed);
  CHECK(reason.message.find("its worker died") != std::string::npos);
  CHECK_FALSE(around->is_published);
  CHECK(around->stored == 0);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "whoever fails around the run, its requester hears why") {
  const auto expect = [&](const char* what) {
    const auto reason = problem_of(score(coordinator()));
    CHECK(reason.kind == problem_kind::unavailable);
    CHECK(reason.message == what);
    CHECK_FALSE(around->is_published);
    CHECK(is_quiet());
  };
  SECTION("source") {
    around->source_error = broken("no disk");
    expect("no disk");
  }
  SECTION("writer") {
    around->writer_error = broken("disk full");
    expect("disk full");
  }
  SECTION("store") {
    around->store_error = broken("store full");
    expect("store full");
  }
}

TEST_CASE_METHOD(coordinator_fixture,
                 "whoever is silent around the run, it ends in time") {
  SECTION("source") {
    around->source_is_silent = true;
  }
  SECTION("writer") {
    around->writer_is_silent = true;
  }
  SECTION("store") {
    around->store_is_silent = true;
  }
  const auto reason = problem_of(score(coordinator()));
  CHECK(reason.kind == problem_kind::timeout);
  CHECK_FALSE(around->is_published);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "a cancelled run leaves everything or nothing") {
  auto interrupted = 0;
  auto completed = 0;
  // After every number of messages that a run can take.
  for (auto steps = 0; completed < 3 && steps < 2'000; steps += 5) {
    CAPTURE(steps);
    *around = surroundings{};
    const auto by = coordinator();
    auto pending = send(by, messages::RunScoring{});
    for (auto i = 0; i < steps && run_once(); ++i)
      continue;
    caf::anon_send(by, messages::CancelScoring{});
    const auto outcome = await(std::move(pending));
    const auto reason = problem_of(outcome);
    if (reason.message.empty()) {
      ++completed;
      REQUIRE(around->stored == 1);
      REQUIRE(around->is_published);
    } else {
      ++interrupted;
      REQUIRE(reason.kind == problem_kind::interrupted);
      REQUIRE(around->stored == 0);
      REQUIRE_FALSE(around->is_published);
    }
    REQUIRE(is_quiet());
  }
  CHECK(interrupted > 10);
  CHECK(completed == 3);
}

TEST_CASE_METHOD(coordinator_fixture,
                 "a run cancelled before it starts is interrupted") {
  const auto by = coordinator();
  caf::anon_send(by, messages::CancelScoring{});
  CHECK(problem_of(score(by)).kind == problem_kind::interrupted);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture, "a second run is refused") {
  const auto by = coordinator();
  auto first = send(by, messages::RunScoring{});
  auto second = send(by, messages::RunScoring{});
  CHECK(problem_of(await(std::move(second))).kind == problem_kind::conflict);
  CHECK(problem_of(await(std::move(first))).message.empty());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "a coordinator that is stopped answers and leaves nobody") {
  const auto by = coordinator();
  auto pending = send(by, messages::RunScoring{});
  for (auto i = 0; i < 20; ++i)
    run_once();
  stop(by);
  CHECK(problem_of(await(std::move(pending))).kind
        == problem_kind::interrupted);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(coordinator_fixture,
                 "chunks are asked for only as fast as they are read") {
  auto most = 0;
  const auto read = std::make_shared<int>(0);
  const auto by
    = coordinator([=](const messages::ScoringTask& task, const auto&) {
        if (task.stage() == messages::SCORING_STAGE_READ)
          ++*read;
      });
  auto pending = send(by, messages::RunScoring{});
  while (run_once())
    most = std::max(most, around->asked - *read);
  // Two workers with two tasks each, and two more; none is left at the end.
  CHECK(most <= 2 * 2 + 2);
  CHECK(problem_of(await(std::move(pending))).message.empty());
  CHECK(around->files == expected_files());
}
