#include "actors/scoring/scoring_blocks.hpp"
#include "actors/scoring/scoring_run.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

constexpr auto both_rules = {rule_set::standard, rule_set::compat};

simulated_result simulated(scoring_request request,
                           const simulation& how = {}) {
  auto result = simulate(std::move(request), how);
  if (!result)
    FAIL(runtime::render(result.error()));
  return std::move(*result);
}

/// The text without the lines whose id is among these.
std::string without(const std::string& text, const std::set<std::string>& ids) {
  auto kept = std::string{};
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at) + 1;
    const auto line = text.substr(at, end - at);
    const auto colon = line.find(':') + 1;
    if (!ids.contains(line.substr(colon, line.find(',') - colon)))
      kept += line;
    at = end;
  }
  return kept;
}

bool has_id(const messages::column_block& block,
            const std::set<std::string>& ids) {
  const auto items = unpack_items(block);
  for (std::size_t row = 0; items && row < items->rows; ++row)
    if (ids.contains(std::string{items->ids.text(row)}))
      return true;
  return false;
}

bool has_text(const messages::column_block& block,
              const std::set<std::string>& ids) {
  const auto bytes = block[0].bytes();
  const auto text = std::string_view{
    reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  return std::any_of(ids.begin(), ids.end(), [&](const auto& id) {
    return text.find("{\"work_item_id\":" + id + ',') != std::string_view::npos;
  });
}

enum class poison { throws, kills };

void act(poison how) {
  if (how == poison::kills)
    throw 1;
  throw std::runtime_error{"poison"};
}

/// Items of these ids that no worker survives in this stage.
stage_hook poisoned(messages::ScoringStage stage, std::set<std::string> ids,
                    poison how) {
  return [=](const messages::ScoringTask& task,
             const messages::column_block& block) {
    if (task.stage() != stage)
      return;
    const auto is_hit = stage == messages::SCORING_STAGE_READ
                          ? has_text(block, ids)
                          : has_id(block, ids);
    if (is_hit)
      act(how);
  };
}

std::set<std::string> items_of(const messages::ScoringSummary& summary) {
  auto ids = std::set<std::string>{};
  for (const auto& entry : summary.problems())
    ids.insert(entry.item());
  return ids;
}

std::set<std::uint64_t> lines_of(const messages::ScoringSummary& summary) {
  auto lines = std::set<std::uint64_t>{};
  for (const auto& entry : summary.problems())
    lines.insert(entry.line());
  return lines;
}

} // namespace

TEST_CASE("any order of answers, deaths and repeats gives the same bytes") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(23));
  for (const auto rules : both_rules) {
    const auto plain = simulated(file_request(rules, items, 4));
    REQUIRE(plain.files.size() == 6);
    for (std::uint64_t seed = 1; seed <= effort(200); ++seed) {
      CAPTURE(seed);
      auto how = simulation{};
      how.seed = seed;
      how.workers = 1 + seed % 4;
      how.accidents = static_cast<int>(seed % 3);
      const auto shuffled = simulated(file_request(rules, items, 4), how);
      REQUIRE(shuffled.files == plain.files);
      REQUIRE(shuffled.records == plain.records);
      REQUIRE(shuffled.summary.problems_size() == 0);
      REQUIRE(shuffled.summary.rescored() == 23);
    }
  }
}

TEST_CASE("any batch size gives the same files") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(150));
  for (const auto rules : both_rules) {
    const auto whole = simulated(file_request(rules, items, 100'000));
    for (const auto batch_size : {1UL, 7UL, 64UL})
      CHECK(simulated(file_request(rules, items, batch_size)).files
            == whole.files);
  }
}

TEST_CASE("blocks may travel as bytes") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(40));
  auto how = simulation{};
  how.over_the_wire = true;
  for (const auto rules : both_rules)
    CHECK(simulated(file_request(rules, items, 7), how).files
          == simulated(file_request(rules, items, 7)).files);
}

TEST_CASE("poisoned items are found, named and left out in SCORE") {
  const auto folder = temporary_folder{};
  const auto text = golden_lines_text(60);
  const auto items = folder.write("items.jsonl", text);
  const auto ids = std::set<std::string>{"1000", "1017", "1018", "1059"};
  const auto rest = folder.write("rest.jsonl", without(text, ids));
  for (const auto rules : both_rules) {
    const auto expected = simulated(file_request(rules, rest, 100'000));
    for (const auto kind : {poison::throws, poison::kills})
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        CAPTURE(seed);
        auto how = simulation{};
        how.seed = seed;
        how.before_task = poisoned(messages::SCORING_STAGE_SCORE, ids, kind);
        const auto result = simulated(file_request(rules, items, 16), how);
        CHECK(items_of(result.summary) == ids);
        CHECK(lines_of(result.summary)
              == std::set<std::uint64_t>{1, 18, 19, 60});
        CHECK(result.summary.problems(0).reason()
              == (kind == poison::kills ? "its worker died" : "poison"));
        CHECK(result.summary.items() == 56);
        CHECK(result.files == expected.files);
      }
  }
}

TEST_CASE("poisoned text is found, named and left out in READ") {
  const auto folder = temporary_folder{};
  const auto text = golden_lines_text(60);
  const auto items = folder.write("items.jsonl", text);
  const auto ids = std::set<std::string>{"1000", "1017", "1018", "1059"};
  const auto rest = folder.write("rest.jsonl", without(text, ids));
  const auto expected
    = simulated(file_request(rule_set::standard, rest, 100'000));
  for (const auto kind : {poison::throws, poison::kills})
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      CAPTURE(seed);
      auto how = simulation{};
      how.seed = seed;
      how.before_task = poisoned(messages::SCORING_STAGE_READ, ids, kind);
      const auto result
        = simulated(file_request(rule_set::standard, items, 16), how);
      CHECK(lines_of(result.summary) == std::set<std::uint64_t>{1, 18, 19, 60});
      CHECK(result.files == expected.files);
    }
}

TEST_CASE("sound items beside one that kills its workers are all scored") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(12));
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto how = simulation{};
    how.seed = seed;
    how.workers = 1 + seed % 3;
    how.before_task
      = poisoned(messages::SCORING_STAGE_SCORE, {"1005"}, poison::kills);
    const auto result
      = simulated(file_request(rule_set::standard, items, 1), how);
    REQUIRE(items_of(result.summary) == std::set<std::string>{"1005"});
  }
}

TEST_CASE("a batch that fails as a whole only is scored after all") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(32));
  const auto expected = simulated(file_request(rule_set::standard, items, 16));
  auto failures = 0;
  auto how = simulation{};
  how.before_task = [&](const messages::ScoringTask& task, const auto& block) {
    if (task.stage() == messages::SCORING_STAGE_SCORE && has_id(block, {"1003"})
        && ++failures <= 3)
      throw std::runtime_error{"too large"};
  };
  const auto result
    = simulated(file_request(rule_set::standard, items, 16), how);
  CHECK(failures > 3);
  CHECK(result.summary.problems_size() == 0);
  CHECK(result.files == expected.files);
}

TEST_CASE("when every item is poisoned there is nothing to score") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(9));
  for (const auto stage :
       {messages::SCORING_STAGE_READ, messages::SCORING_STAGE_SCORE}) {
    auto how = simulation{};
    how.before_task = [=](const messages::ScoringTask& task, const auto&) {
      if (task.stage() == stage)
        throw std::runtime_error{"poison"};
    };
    const auto result
      = simulate(file_request(rule_set::standard, items, 4), how);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::invalid_input);
    CHECK(result.error().message == "no items to score");
  }
}

TEST_CASE("an empty source has nothing to score") {
  const auto folder = temporary_folder{};
  for (const std::string text : {"", "\n\n\n"}) {
    const auto items = folder.write("items.jsonl", text);
    const auto result
      = simulate(file_request(rule_set::standard, items, 4), {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::invalid_input);
    CHECK(result.error().file == items.string());
  }
}

TEST_CASE("an id that occurs twice is refused with both lines") {
  const auto folder = temporary_folder{};
  const auto text = golden_lines_text(20);
  const auto items
    = folder.write("items.jsonl", text + text.substr(0, text.find('\n') + 1));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    auto how = simulation{};
    how.seed = seed;
    const auto result
      = simulate(file_request(rule_set::standard, items, 6), how);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::invalid_input);
    CHECK(result.error().line == 21);
    CHECK(result.error().key == "work_item_id");
    CHECK(result.error().message == "the id \"1000\" occurs twice");
    CHECK(result.error().hint == "it was first on line 1");
  }
}

TEST_CASE("of several bad items the first in the file is refused") {
  const auto folder = temporary_folder{};
  auto text = golden_lines_text(40);
  // Two lines lose their end: the sixth and the last but one.
  auto at = std::size_t{0};
  for (int line = 1; line <= 39; ++line) {
    const auto end = text.find('\n', at);
    if (line == 6 || line == 39) {
      text.erase(end - 1, 1);
      at = end;
    } else {
      at = end + 1;
    }
  }
  const auto items = folder.write("items.jsonl", text);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    auto how = simulation{};
    how.seed = seed;
    how.workers = 4;
    const auto refused
      = simulate(file_request(rule_set::standard, items, 3), how);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().line == 6);
  }
}

TEST_CASE("isolating leaves out repeated ids and bad rows, in line order") {
  const auto folder = temporary_folder{};
  const auto text = golden_lines_text(20);
  const auto rest = folder.write("rest.jsonl", text);
  const auto first = text.substr(0, text.find('\n') + 1);
  const auto items = folder.write("items.jsonl", text + first + "not json\n"
                                                   + first + "{\"a\":1}\n");
  const auto expected = simulated(file_request(rule_set::standard, rest, 6));
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto how = simulation{};
    how.seed = seed;
    auto request = file_request(rule_set::standard, items, 6);
    request.on_bad_item = bad_item::isolate;
    const auto result = simulated(std::move(request), how);
    CHECK(result.files == expected.files);
    REQUIRE(result.summary.problems_size() == 4);
    for (auto i = 0; i < 4; ++i)
      CHECK(result.summary.problems(i).line()
            == 21U + static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("a gap that the policy forbids ends the run") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(60));
  auto request = file_request(rule_set::standard, items, 7);
  for (auto& criterion : request.configuration.criteria)
    criterion.missing = missing_policy::error;
  const auto result = simulate(std::move(request), {});
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == runtime::problem_kind::invalid_input);
  CHECK(result.error().file == items.string());
}

TEST_CASE("chunks and rendered text in memory are bounded") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(300));
  for (const auto workers : {1UL, 2UL, 4UL})
    for (std::uint64_t seed = 1; seed <= effort(10); ++seed) {
      auto how = simulation{};
      how.seed = seed;
      how.workers = workers;
      const auto result
        = simulated(file_request(rule_set::standard, items, 2), how);
      CHECK(result.chunks_in_hand_max <= 2 * workers + 2);
      CHECK(result.pieces_waiting_max <= 2 * workers + 2);
    }
}

TEST_CASE("a task that fails in any other stage ends the run with its reason") {
  const auto folder = temporary_folder{};
  const auto items = folder.write("items.jsonl", golden_lines_text(12));
  for (const auto stage :
       {messages::SCORING_STAGE_SORT, messages::SCORING_STAGE_RANK,
        messages::SCORING_STAGE_RENDER, messages::SCORING_STAGE_SUMMARISE,
        messages::SCORING_STAGE_RECORD}) {
    CAPTURE(stage);
    auto how = simulation{};
    how.before_task = [=](const messages::ScoringTask& task, const auto&) {
      if (task.stage() == stage)
        throw std::runtime_error{"broken"};
    };
    const auto result
      = simulate(file_request(rule_set::standard, items, 4), how);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == runtime::problem_kind::failed);
    CHECK(result.error().message.find("broken") != std::string::npos);
  }
}
