#include "actors/scoring/item_chunk.hpp"
#include "actors/scoring/scoring_run.hpp"
#include "actors/scoring/withheld_items.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

/// All criteria by rules that need no sorted columns, so that values may stay
/// where they are read.
scoring_request plain_request(rule_set rules,
                              const std::filesystem::path& items,
                              std::size_t batch_size = 4) {
  auto request = file_request(rules, items, batch_size);
  for (auto& criterion : request.configuration.criteria)
    criterion.method = normalisation::minmax;
  return request;
}

simulated_result simulated(scoring_request request, const simulation& how) {
  auto result = simulate(std::move(request), how);
  if (!result)
    FAIL(runtime::render(result.error()));
  return std::move(*result);
}

simulation with_far(std::uint64_t seed, std::size_t near, std::size_t far) {
  auto how = simulation{};
  how.seed = seed;
  how.workers = near + far;
  how.far = far;
  how.over_the_wire = true;
  return how;
}

/// The first time that a task of this stage is done, its worker dies.
stage_hook dies_once_in(messages::ScoringStage stage) {
  return [=, left = std::make_shared<int>(1)](const messages::ScoringTask& task,
                                              const messages::column_block&) {
    if (task.stage() == stage && task.is_withheld() && (*left)-- > 0)
      throw 1;
  };
}

item_block two_items() {
  auto batch = item_batch{};
  batch.rows = 2;
  batch.ids.add("a");
  batch.ids.add("b");
  batch.digests = {7, 8};
  batch.values = {{1.0, 2.0}, {3.0, 4.0}};
  return unpack_items(pack(std::move(batch))).value();
}

} // namespace

TEST_CASE("values are taken out of items and put back") {
  auto kept = withheld_items{1'000};
  auto items = two_items();
  REQUIRE(kept.take(5, items));
  CHECK(items.values.empty());
  CHECK(items.digests.size() == 0);
  CHECK(items.ids.text(1) == "b");
  auto other = items;
  CHECK_FALSE(kept.give(6, other));
  other.rows = 3;
  CHECK_FALSE(kept.give(5, other));
  REQUIRE(kept.give(5, items));
  CHECK(items.values.at(1).doubles()[0] == 3.0);
  CHECK(items.digests.integers()[1] == 8);
}

TEST_CASE("what has no room is not withheld") {
  // Two values and a digest of two items: 48 bytes.
  auto kept = withheld_items{95};
  auto items = two_items();
  CHECK(kept.take(1, items));
  auto more = two_items();
  CHECK_FALSE(kept.take(2, more));
  CHECK(more.values.size() == 2);
}

TEST_CASE("values that stay where they are read change no byte") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(60));
  for (const auto rules : {rule_set::standard, rule_set::compat}) {
    const auto plain = simulated(plain_request(rules, items), {});
    CHECK(plain.withheld == 0);
    for (std::uint64_t seed = 0; seed <= effort(40); ++seed) {
      CAPTURE(seed);
      const auto spread = simulated(plain_request(rules, items),
                                    with_far(seed, 1, 1 + seed % 3));
      REQUIRE(spread.files == plain.files);
      REQUIRE(spread.records == plain.records);
      REQUIRE(spread.withheld > 0);
      REQUIRE(spread.read_again == 0);
    }
  }
}

TEST_CASE("what a dead worker withheld is read again, to the same bytes") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(60));
  for (const auto rules : {rule_set::standard, rule_set::compat}) {
    const auto plain = simulated(plain_request(rules, items), {});
    for (const auto stage :
         {messages::SCORING_STAGE_SCORE, messages::SCORING_STAGE_RECORD})
      for (std::uint64_t seed = 0; seed <= effort(20); ++seed) {
        CAPTURE(seed, stage);
        auto how = with_far(seed, 1, 1 + seed % 3);
        how.before_task = dies_once_in(stage);
        const auto spread = simulated(plain_request(rules, items), how);
        REQUIRE(spread.files == plain.files);
        REQUIRE(spread.records == plain.records);
        REQUIRE(spread.read_again > 0);
        REQUIRE(spread.summary.items() == 60);
        REQUIRE(spread.summary.problems_size() == 0);
      }
  }
}

TEST_CASE("however much a dead worker withheld, all of it is read again") {
  const auto folder = temporary_folder{};
  // More than a board looks at for whoever may not have everything.
  const auto items = folder.write("items.jsonl", golden_lines_text(2'500));
  const auto request = plain_request(rule_set::compat, items, 1);
  const auto plain = simulated(request, {});
  auto how = with_far(0, 1, 1);
  how.before_task = dies_once_in(messages::SCORING_STAGE_SCORE);
  const auto spread = simulated(request, how);
  CHECK(spread.files == plain.files);
  CHECK(spread.read_again > 1'000);
}

TEST_CASE("deaths at any moment change no byte, with values elsewhere") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(40));
  auto again = std::size_t{0};
  for (const auto rules : {rule_set::standard, rule_set::compat}) {
    const auto plain = simulated(plain_request(rules, items), {});
    for (std::uint64_t seed = 1; seed <= effort(60); ++seed) {
      CAPTURE(seed);
      auto how = with_far(seed, 1 + seed % 2, 1 + seed % 3);
      how.accidents = 2;
      const auto spread = simulated(plain_request(rules, items), how);
      REQUIRE(spread.files == plain.files);
      REQUIRE(spread.records == plain.records);
      REQUIRE(spread.summary.rescored() >= 40);
      again += spread.read_again;
    }
  }
  CHECK(again > 0);
}

TEST_CASE("who has no room for values sends them") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(40));
  const auto plain = simulated(plain_request(rule_set::compat, items), {});
  auto how = with_far(3, 1, 2);
  how.withheld_bytes_max = 2'000;
  const auto spread = simulated(plain_request(rule_set::compat, items), how);
  CHECK(spread.files == plain.files);
  CHECK(spread.withheld > 0);
  CHECK(spread.withheld < 10);
}

TEST_CASE("values that others look at are not withheld") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(20));
  // Percentiles need the whole column.
  CHECK(simulated(file_request(rule_set::standard, items, 4), with_far(1, 1, 2))
          .withheld
        == 0);
  // Rows may be left out after the reading.
  auto isolating = plain_request(rule_set::standard, items);
  isolating.on_bad_item = bad_item::isolate;
  CHECK(simulated(std::move(isolating), with_far(1, 1, 2)).withheld == 0);
}

TEST_CASE("an item that nobody survives is found where values are withheld") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(40));
  for (const auto kills : {false, true})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(seed);
      auto how = with_far(seed, 1, 2);
      how.before_task = [=](const messages::ScoringTask& task,
                            const messages::column_block& block) {
        const auto found = unpack_items(block);
        if (task.stage() != messages::SCORING_STAGE_SCORE || !found)
          return;
        for (std::size_t row = 0; row < found->rows; ++row)
          if (found->ids.text(row) == "1017") {
            if (kills)
              throw 1;
            throw std::runtime_error{"poison"};
          }
      };
      const auto result
        = simulated(plain_request(rule_set::standard, items), how);
      REQUIRE(result.summary.problems_size() == 1);
      CHECK(result.summary.problems(0).item() == "1017");
      CHECK(result.summary.problems(0).line() == 18);
      CHECK(result.summary.items() == 39);
    }
}

TEST_CASE("a file that changed before it is read again ends the run") {
  const auto folder = temporary_folder{};
  const auto text = golden_lines_text(40);
  for (const auto& changed : {std::string{}, std::string(text.size(), ' ')}) {
    const auto items = folder.write("items.jsonl", text);
    auto how = with_far(2, 1, 2);
    how.before_task = dies_once_in(messages::SCORING_STAGE_SCORE);
    how.before_reading_again = [&] { std::ofstream{items} << changed; };
    const auto result = simulate(plain_request(rule_set::compat, items), how);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::failed);
    CHECK(result.error().message == "the items changed while they were scored");
    CHECK(result.error().file == items.string());
    CHECK(result.error().line > 0);
  }
}
