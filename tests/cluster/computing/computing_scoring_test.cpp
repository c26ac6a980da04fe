#include "actors/scoring/chunk_source.hpp"
#include "actors/scoring/item_chunk.hpp"
#include "actors/scoring/reports.hpp"
#include "actors/scoring/scoring_coordinator.hpp"
#include "runtime/actor_errors.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/cluster/computing/computing_fixture.hpp"
#include "tests/support/places.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

using messages::column_block;

namespace {

constexpr auto item_count = 400;
constexpr auto batch_items = 5;

/// What a source was asked for once more.
using chunk_counter = std::shared_ptr<int>;

/// Gives pieces of a file without a thread of its own.
scoring::chunk_source_actor::behavior_type
told_source(scoring::chunk_source_actor::pointer,
            const std::shared_ptr<runtime::record_splitter>& splitter,
            const runtime::byte_ranges& ranges, const chunk_counter& again) {
  return {[=](const messages::GetItemChunk& request)
            -> caf::result<messages::ItemChunk, column_block> {
    if (request.has_again()) {
      ++*again;
      return {request.again(),
              scoring::read_again(ranges, request.again()).value()};
    }
    auto chunk = runtime::record_chunk{};
    const auto is_last = !splitter->next(chunk).value();
    auto head = scoring::head_of(chunk, true);
    head.set_is_last(is_last);
    auto text = std::vector<messages::column>{};
    text.emplace_back(std::move(chunk.bytes));
    return {std::move(head), column_block{std::move(text)}};
  }};
}

/// Reads as `read` does, without a thread of its own.
source_reader_actor::behavior_type told_reader(
  source_reader_actor::pointer,
  const std::function<runtime::outcome<column_block>(read_source)>& read) {
  return {[=](const read_source& what) -> caf::result<column_block> {
    auto text = read(what);
    if (!text)
      return runtime::to_error(text.error());
    return std::move(*text);
  }};
}

/// Counts what a slot reads anew.
void count_readings(compute_slot_options& of, const chunk_counter& readings) {
  of.before_scoring
    = [=](const messages::ScoringTask& task, const column_block& block) {
        if (task.stage() != messages::SCORING_STAGE_READ)
          return;
        CHECK(block[0].size() > task.text_bytes());
        ++*readings;
      };
}

/// Items in batches of five, by one worker near and by those of the desk.
struct scoring_cluster : computing_fixture {
  written_files files = std::make_shared<std::map<std::string, std::string>>();
  chunk_counter again = std::make_shared<int>(0);
  temporary_folder folder;
  std::string items
    = folder.write("items.jsonl", golden_lines_text(item_count)).string();

  scoring::scoring_coordinator_actor spawn_scoring() {
    auto preparation = scoring::preparation_options{};
    preparation.workers = 1;
    auto prepared = scoring::prepare(
      file_request(scoring::rule_set::compat, items, batch_items), preparation);
    if (!prepared)
      FAIL(runtime::render(prepared.error()));
    auto options = scoring::scoring_coordinator_options{};
    options.run = std::move(prepared->run);
    options.run.files = scoring::report_files();
    options.source = system.spawn(
      told_source,
      std::make_shared<runtime::record_splitter>(std::move(*prepared->source)),
      prepared->source_ranges.value(), again);
    options.writer = spawn_writer(files);
    options.writes_summary = true;
    options.more_workers = score_with(desk);
    auto made = scoring::spawn_scoring_coordinator(system, std::move(options));
    own(made);
    return made;
  }

  /// What one process makes of it.
  std::map<std::string, std::string> scored_here() const {
    auto result = tests::simulate(
      file_request(scoring::rule_set::compat, items, batch_items), {});
    auto written = std::move(result.value().files);
    written.erase("scores.csv");
    return written;
  }

  /// Of a slot that reads files of its node: as `read` does.
  compute_slot_options
  reading(std::function<runtime::outcome<column_block>(read_source)> read) {
    auto slot = compute_slot_options{};
    slot.reader = system.spawn(told_reader, std::move(read));
    return slot;
  }

  /// Scores, and checks that the files are those of one process.
  messages::ScoringSummary score(const std::function<void()>& meanwhile = {}) {
    auto outcome
      = await(send(spawn_scoring(), messages::RunScoring{}), meanwhile);
    if (const auto* reason = std::get_if<1>(&outcome))
      FAIL(runtime::render(runtime::to_problem(*reason, system)));
    CHECK((*files == scored_here()));
    return std::get<0>(std::get<0>(outcome));
  }
};

} // namespace

TEST_CASE_METHOD(scoring_cluster,
                 "a scoring over any number of nodes gives the same bytes") {
  const auto nodes = GENERATE(0, 1, 2, 5);
  lead();
  const auto tasks = std::make_shared<int>(0);
  for (auto i = 0; i < nodes; ++i)
    lend("w" + std::to_string(i), 2, counting(tasks));
  const auto summary = score();
  CHECK(summary.items() == item_count);
  CHECK(summary.retries() == 0);
  CHECK((*tasks > 0) == (nodes > 0));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "nodes that die in the middle cost only their tasks") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  lend("w", 1);
  const auto when = GENERATE(1, 3, 8, 15);
  score(once_at(tasks, when, [this] { crash("v"); }));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "what a node withheld is read again after its death") {
  lead();
  const auto scored = std::make_shared<int>(0);
  auto slot = compute_slot_options{};
  slot.before_scoring
    = [=](const messages::ScoringTask& task, const messages::column_block&) {
        if (task.stage() == messages::SCORING_STAGE_SCORE)
          ++*scored;
      };
  lend("v", 2, slot);
  lend("w", 1);
  // Between its first pass and the second: most of its batches wait.
  const auto summary = score(once_at(scored, 1, [this] { crash("v"); }));
  CHECK(*again > 1);
  CHECK(summary.problems_size() == 0);
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "what others need not look at does not travel back") {
  lead();
  const auto values = std::make_shared<int>(0);
  auto slot = compute_slot_options{};
  slot.before_scoring = [=](const messages::ScoringTask& task,
                            const messages::column_block& block) {
    if (task.stage() == messages::SCORING_STAGE_SCORE) {
      CHECK(task.is_withheld());
      CHECK(scoring::unpack_items(block)->values.empty());
      ++*values;
    }
  };
  lend("v", 2, slot);
  score();
  CHECK(*values > 0);
  CHECK(*again == 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "text that a node sees itself does not travel") {
  lead();
  auto asked = 0;
  const auto readings = std::make_shared<int>(0);
  auto slot = reading([&](const read_source& what) {
    CHECK(what.path == std::filesystem::canonical(items).string());
    ++asked;
    return read_text(what);
  });
  count_readings(slot, readings);
  lend("v", 2, slot);
  score();
  CHECK(asked > 2);
  CHECK(*readings == asked);
  CHECK(left_over() == 1); // The reader.
}

TEST_CASE_METHOD(scoring_cluster,
                 "text that a node does not see is sent to it") {
  lead();
  auto asked = 0;
  const auto readings = std::make_shared<int>(0);
  auto other = read_file(items);
  other.back() = ' ';
  for (auto& each : other)
    each = each == '7' ? '8' : each;
  const auto changed = folder.write("other.jsonl", other).string();
  auto slot = compute_slot_options{};
  SECTION("as there is another file of its name") {
    slot = reading([&](read_source what) {
      ++asked;
      what.path = changed;
      return read_text(what);
    });
  }
  SECTION("as there is none") {
    slot = reading([&](read_source what) {
      ++asked;
      what.path += ".not";
      return read_text(what);
    });
  }
  count_readings(slot, readings);
  lend("v", 2, slot);
  CHECK(score().retries() == 0);
  // Not again and again: by each slot what was under way.
  CHECK(asked > 0);
  CHECK(asked <= 4);
  CHECK(*readings > asked);
}

TEST_CASE_METHOD(scoring_cluster,
                 "a disk that does not answer is not waited for") {
  lead();
  auto slot = compute_slot_options{};
  const auto silent = system.spawn([](source_reader_actor::pointer self)
                                     -> source_reader_actor::behavior_type {
    return {[=](const read_source&) -> caf::result<column_block> {
      return self->make_response_promise<column_block>();
    }};
  });
  own(silent);
  slot.reader = silent;
  slot.reader_timeout = 500ms;
  const auto readings = std::make_shared<int>(0);
  count_readings(slot, readings);
  lend("v", 1, slot);
  CHECK(score().retries() == 0);
  CHECK(*readings > 0);
}

TEST_CASE("a piece of a file is what another node sees there, or nothing") {
  const auto folder = temporary_folder{};
  auto what = read_source{};
  what.path = folder.write("items", "one\ntwo\nthree\n").string();
  what.first_byte = 4;
  what.bytes = 4;
  what.digest = scoring::digest_of_text(
    column_block{{messages::column{std::string{"two\n"}}}}, 4);
  const auto text = read_text(what);
  REQUIRE(text);
  const auto bytes = (*text)[0].bytes();
  CHECK(bytes.size() == 4 + runtime::record_chunk::padding_bytes);
  CHECK(std::string{bytes.begin(), bytes.begin() + 4} == "two\n");
  const auto kind_of = [](const read_source& one) {
    const auto none = read_text(one);
    REQUIRE_FALSE(none);
    return none.error().kind;
  };
  auto other = what;
  SECTION("nothing of another place") {
    other.first_byte = 0;
    CHECK(kind_of(other) == runtime::problem_kind::conflict);
  }
  SECTION("nothing behind its end") {
    other.first_byte = 100;
    CHECK(kind_of(other) == runtime::problem_kind::conflict);
  }
  SECTION("nothing that nobody could hold") {
    other.bytes = ~std::uint64_t{0};
    CHECK(kind_of(other) == runtime::problem_kind::invalid_input);
  }
  SECTION("nothing that is gone") {
    other.path += ".not";
    CHECK(kind_of(other) == runtime::problem_kind::not_found);
  }
  SECTION("nothing of a folder") {
    other.path = folder.path().string();
    CHECK(kind_of(other) == runtime::problem_kind::not_found);
  }
  SECTION("nothing of a pipe, which would not answer") {
    other.path = (folder / "pipe").string();
    REQUIRE(::mkfifo(other.path.c_str(), 0600) == 0);
    CHECK(kind_of(other) == runtime::problem_kind::not_found);
  }
}

TEST_CASE_METHOD(scoring_cluster, "what a slot has is not sent to it again") {
  lead();
  // Where ids are that a task came with; the same place: they did not come.
  auto places = std::map<std::uint64_t, const void*>{};
  auto rendered = 0;
  auto slot = compute_slot_options{};
  slot.before_scoring = [&](const messages::ScoringTask& task,
                            const messages::column_block& block) {
    if (task.stage() == messages::SCORING_STAGE_SCORE)
      places[task.batch()]
        = scoring::unpack_items(block)->ids.text_offsets().data();
    if (task.stage() != messages::SCORING_STAGE_RENDER)
      return;
    const auto batch = scoring::unpack_scored(block).value();
    CHECK(batch.items.ids.text_offsets().data() == places.at(task.batch()));
    ++rendered;
  };
  lend("v", 1, slot);
  score();
  CHECK(rendered > 0);
}

TEST_CASE_METHOD(scoring_cluster, "a lost link ends the slots at both ends") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 3, counting(tasks));
  score(once_at(tasks, 4, [this] { unlink("v"); }));
  CHECK(left_over() == 0);
  // What it did before was all.
  const auto before = *tasks;
  files->clear();
  score();
  CHECK(*tasks == before);
}

TEST_CASE_METHOD(scoring_cluster,
                 "a node that others hold for dead is given up at once") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  score(once_at(tasks, 2, [this] { tell("v", member_event_kind::down); }));
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(scoring_cluster, "a silent node is given up in time") {
  auto proxy = slot_proxy_options{};
  proxy.task_timeout = 500ms;
  lead(proxy);
  lend("v", 2);
  starve_after("v", 3); // It tells its slots, and opens two sessions.
  const auto summary = score();
  CHECK(summary.retries() >= 2);
}

TEST_CASE_METHOD(scoring_cluster,
                 "what a slow node is at, or alone has, is done by others") {
  const auto questions = GENERATE(4, 40, 70);
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  starve_after("v", questions);
  const auto begin = now();
  const auto summary = score();
  CHECK(*tasks > 0);
  CHECK(summary.retries() >= 2);
  // Long before the node is given up.
  CHECK(now() - begin >= 2s);
  CHECK(now() - begin < 15s);
  // At last, there is nothing any more that it alone has.
  CHECK((*again > 0) == (questions < 70));
}

TEST_CASE_METHOD(scoring_cluster,
                 "a task that kills its slot is not the end of a node") {
  lead();
  const auto left = std::make_shared<int>(1);
  auto slot = compute_slot_options{};
  slot.before_scoring
    = [=](const messages::ScoringTask& task, const messages::column_block&) {
        if (task.stage() == messages::SCORING_STAGE_SCORE && (*left)-- > 0)
          throw 1;
      };
  lend("v", 2, slot);
  const auto summary = score();
  CHECK(summary.retries() >= 1);
  CHECK(summary.problems_size() == 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "a task that fails elsewhere fails as it does here") {
  lead();
  auto slot = compute_slot_options{};
  slot.before_scoring
    = [left = std::make_shared<int>(2)](const messages::ScoringTask&,
                                        const messages::column_block&) {
        if ((*left)-- > 0)
          throw std::runtime_error{"no memory"};
      };
  lend("v", 1, slot);
  CHECK(score().retries() == 2);
}

TEST_CASE_METHOD(scoring_cluster, "what is too long to travel is done here") {
  auto proxy = slot_proxy_options{};
  proxy.task_bytes_max = 3'000;
  lead(proxy);
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  CHECK(score().problems_size() == 0);
  CHECK(left_over() == 0);
}

TEST_CASE_METHOD(scoring_cluster, "so is what has too long an answer") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  auto slot = counting(tasks);
  slot.answer_bytes_max = 1'000;
  lend("v", 2, slot);
  CHECK(score().problems_size() == 0);
  CHECK(*tasks > 0);
}

TEST_CASE_METHOD(scoring_cluster, "a full link delays tasks, and loses none") {
  stop(exchanges.at("l"));
  settle();
  limits.bulk_queue_bytes_max = 1;
  join("l");
  limits = {};
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 8, counting(tasks));
  CHECK(score().retries() == 0);
  CHECK(*tasks > 0);
}

TEST_CASE_METHOD(scoring_cluster,
                 "who drains, is suspect or does not work lends nothing") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 1, counting(tasks));
  lend("w", 1, counting(tasks));
  lend("x", 1, counting(tasks));
  members->at(0).state = member_state::draining;
  members->at(1).state = member_state::suspect;
  members->at(2).roles.is_worker = false;
  score();
  CHECK(*tasks == 0);
}

TEST_CASE_METHOD(scoring_cluster, "a run that is given up frees its slots") {
  lead();
  const auto tasks = std::make_shared<int>(0);
  lend("v", 2, counting(tasks));
  const auto coordinator = spawn_scoring();
  auto outcome
    = await(send(coordinator, messages::RunScoring{}), once_at(tasks, 3, [&] {
              caf::anon_send(coordinator, messages::CancelScoring{});
            }));
  REQUIRE(std::holds_alternative<caf::error>(outcome));
  CHECK(left_over() == 0);
}
