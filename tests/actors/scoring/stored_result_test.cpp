#include "actors/scoring/result_files.hpp"
#include "actors/scoring/scored_item.hpp"
#include "actors/scoring/scorer.hpp"
#include "actors/scoring/scoring_check.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "actors/scoring/stored_result.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "tests/actors/scoring/stored_runs.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

constexpr auto key = "run-1/score/0";

/// Scorings with keys, in a store of their own.
struct keyed_scorings {
  keyed_scorings() {
    open();
  }

  void open(std::uint64_t runs_kept = 50) {
    scorer_.reset();
    auto options = scorer_options{};
    options.workers = 2;
    options.store = store;
    options.runs_kept = runs_kept;
    scorer_.emplace(scorer::create(options).value());
  }

  [[nodiscard]] scoring_request request(std::string with_key) const {
    auto wanted = scoring_request{};
    wanted.configuration = configuration;
    wanted.items = items;
    wanted.batch_size = 7;
    wanted.on_bad_item = bad_item::isolate;
    wanted.idempotency_key = std::move(with_key);
    return wanted;
  }

  /// The same with all files.
  [[nodiscard]] scoring_request writing(std::string with_key) const {
    auto wanted = request(std::move(with_key));
    wanted.out = out;
    wanted.scores = folder / "scores.csv";
    return wanted;
  }

  scoring_result score(scoring_request wanted) {
    auto result = scorer_->score(std::move(wanted));
    if (!result)
      FAIL(runtime::render(result.error()));
    return std::move(*result);
  }

  std::optional<scoring_result> recall(const scoring_request& wanted) {
    auto result = scorer_->recall(wanted);
    if (!result)
      FAIL(runtime::render(result.error()));
    return std::move(*result);
  }

  /// What was published, by name; and takes it away. What was being written by
  /// a scoring that came too late goes a little later than its answer comes.
  std::map<std::string, std::string> take_files() {
    auto found = std::map<std::string, std::string>{};
    for (const auto& entry : fs::directory_iterator{out})
      if (entry.path().string().find(".tmp-") == std::string::npos)
        found[entry.path().filename()] = read_file(entry.path());
    found["scores.csv"] = read_file(folder / "scores.csv");
    fs::remove_all(out);
    fs::remove(folder / "scores.csv");
    return found;
  }

  [[nodiscard]] std::uint64_t stored() const {
    const auto found = check_scorings(store);
    for (const auto& reason : found.problems)
      FAIL(runtime::render(reason));
    return found.runs;
  }

  void damage(const std::string& sql) {
    auto options = runtime::sqlite_options{};
    options.mode = runtime::open_mode::read_write;
    const auto connection
      = runtime::sqlite_connection::open(store, options).value();
    REQUIRE(connection->execute(sql));
  }

  temporary_folder folder;
  std::string store = folder / "store.db";
  std::string out = folder / "out";
  /// The last line is a bad item.
  std::string items = folder.write(
    "items.jsonl", make_portfolio(40)
                     + R"({"work_item_id": "ITEM-41", "business_value_raw": [)"
                     + "\n");
  scoring_configuration configuration = default_configuration();
  std::optional<scorer> scorer_;
};

/// Every amount of every item, in the order of ranks, as bits.
std::vector<std::uint64_t> reasons_of(const scoring_result& result) {
  auto bits = std::vector<std::uint64_t>{};
  for (const auto& [at, row] :
       best_items(result.batches, static_cast<std::size_t>(result.items)))
    for (const auto& line : contributions(result.plan, result.scales,
                                          scores_at(result.batches[at], row)))
      bits.push_back(std::bit_cast<std::uint64_t>(line.amount));
  return bits;
}

void require_same(const scoring_result& found, const scoring_result& expected) {
  CHECK(found.run == expected.run);
  CHECK(found.items == expected.items);
  CHECK(found.rescored == expected.rescored);
  CHECK(found.reason == expected.reason);
  CHECK(found.base_run == expected.base_run);
  CHECK(found.base_items == expected.base_items);
  CHECK(found.warnings == expected.warnings);
  CHECK(found.summary_json == expected.summary_json);
  REQUIRE(found.problems.size() == expected.problems.size());
  for (std::size_t i = 0; i < found.problems.size(); ++i)
    CHECK(found.problems[i].SerializeAsString()
          == expected.problems[i].SerializeAsString());
  CHECK(reasons_of(found) == reasons_of(expected));
}

} // namespace

TEST_CASE("a scoring is answered from the store as it was, with its files") {
  auto with = keyed_scorings{};
  with.configuration.rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto scored = with.score(with.writing(key));
  CHECK(scored.problems.size() == 1);
  const auto files = with.take_files();
  REQUIRE(files.size() == 6);
  // Neither is looked at again.
  fs::remove(with.items);
  const auto found = with.recall(with.writing(key));
  REQUIRE(found);
  require_same(*found, scored);
  CHECK(with.take_files() == files);
  CHECK(with.stored() == 1);
}

TEST_CASE("files with fixed decimals are written once more like that") {
  auto with = keyed_scorings{};
  auto wanted = with.writing(key);
  wanted.decimals = 3;
  with.score(wanted);
  const auto files = with.take_files();
  REQUIRE(with.recall(wanted));
  CHECK(with.take_files() == files);
}

TEST_CASE("reasons need no figures that were kept for files") {
  auto with = keyed_scorings{};
  const auto scored = with.score(with.request(key));
  const auto found = with.recall(with.request(key));
  REQUIRE(found);
  require_same(*found, scored);
}

TEST_CASE("a scoring without details is answered as it was") {
  auto with = keyed_scorings{};
  auto wanted = with.writing(key);
  wanted.details = false;
  const auto scored = with.score(wanted);
  const auto files = with.take_files();
  const auto found = with.recall(wanted);
  REQUIRE(found);
  require_same(*found, scored);
  CHECK(with.take_files() == files);
}

TEST_CASE("a large scoring has the same files, however it is cut") {
  auto with = keyed_scorings{};
  with.items = with.folder.write("large.jsonl", make_portfolio(10'001));
  auto wanted = with.writing(key);
  wanted.batch_size = 0;
  with.score(wanted);
  const auto files = with.take_files();
  const auto found = with.recall(wanted);
  REQUIRE(found);
  CHECK(found->batches.size() == 2);
  CHECK(with.take_files() == files);
}

TEST_CASE("a second scoring with the same key is not stored") {
  auto with = keyed_scorings{};
  const auto first = with.score(with.writing(key));
  const auto files = with.take_files();
  // As of a process that began before the first one was stored.
  with.items = with.folder.write("items.jsonl", make_portfolio(30));
  const auto second = with.score(with.writing(key));
  require_same(second, first);
  CHECK(with.take_files() == files);
  CHECK(with.stored() == 1);
}

TEST_CASE("other keys and none are scorings of their own") {
  auto with = keyed_scorings{};
  CHECK_FALSE(with.recall(with.request(key)));
  const auto first = with.score(with.request(key));
  CHECK_FALSE(with.recall(with.request("run-1/score/1")));
  CHECK_FALSE(with.recall(with.request("")));
  CHECK(with.score(with.request("run-1/score/1")).run != first.run);
  CHECK(with.score(with.request("")).run != first.run);
  CHECK(with.score(with.request("")).run != first.run);
  CHECK(with.stored() == 4);
}

TEST_CASE("what is asked for once more does not build on itself") {
  auto with = keyed_scorings{};
  const auto mode
    = GENERATE(scoring_mode::incremental, scoring_mode::real_time);
  const auto whole = with.score(with.request(""));
  auto wanted = with.writing(key);
  wanted.mode = mode;
  wanted.ids = mode == scoring_mode::real_time
                 ? std::vector<std::string>{"ITEM-3", "ITEM-7"}
                 : std::vector<std::string>{};
  with.items = with.folder.write("items.jsonl", make_portfolio(40, {3, 4, 5}));
  const auto first = with.score(wanted);
  const auto files = with.take_files();
  const auto found = with.recall(wanted);
  REQUIRE(found);
  require_same(*found, first);
  CHECK(with.take_files() == files);
  // Too late to look: the first one is there when this one is to be stored.
  require_same(with.score(wanted), first);
  CHECK(with.stored() == 2);
  auto history = scoring_history::open(with.store).value();
  CHECK(history.find_run(first.run)->base_run == whole.run);
}

TEST_CASE("a scoring that went with the oldest ones is done anew") {
  auto with = keyed_scorings{};
  with.open(1);
  const auto first = with.score(with.request(key));
  with.score(with.request(""));
  CHECK_FALSE(with.recall(with.request(key)));
  CHECK(with.score(with.request(key)).run != first.run);
}

TEST_CASE("a store of an older version knows no keys") {
  auto with = keyed_scorings{};
  with.score(with.request(key));
  with.damage("DELETE FROM troupe_schema WHERE subsystem = 'scoring' AND"
              " version = 3");
  const auto found = load_result(with.store, key);
  REQUIRE(found);
  CHECK_FALSE(*found);
}

TEST_CASE("a stored scoring that is damaged is no answer") {
  const auto* sql
    = GENERATE("UPDATE scoring_runs SET report = x'0F'",
               "UPDATE scoring_items SET figures = x'0F' WHERE row = 3",
               "UPDATE scoring_items SET scores = x'0F' WHERE row = 3",
               "DELETE FROM scoring_items WHERE row = 3");
  auto with = keyed_scorings{};
  with.score(with.request(key));
  with.damage(sql);
  const auto found = with.scorer_->recall(with.request(key));
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == runtime::problem_kind::failed);
  CHECK(found.error().message.find("of run 1 cannot be read")
        != std::string::npos);
}

TEST_CASE("files that cannot be published once more are a problem") {
  auto with = keyed_scorings{};
  with.score(with.request(key));
  auto wanted = with.request(key);
  wanted.out = with.folder.write("a-file", "");
  const auto found = with.scorer_->recall(wanted);
  REQUIRE_FALSE(found);
  CHECK(found.error().file == wanted.out);
  auto other = with.request(key);
  other.scores = with.folder / "none/scores.csv";
  CHECK(create_outputs(other).error().kind == runtime::problem_kind::not_found);
}
