#include "actors/engine/dead_letters.hpp"
#include "actors/engine/local_engine.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace troupe::tests;

namespace {

constexpr auto quick = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "quick", "steps": [{"id": "a", "activity": "noop"}]})";

constexpr auto late = R"({"apiVersion": "troupe/v1", "kind": "Workflow",
"id": "late", "steps": [{"id": "a", "activity": "signal",
"with": {"name": "go"}, "timeout": {"schedule_to_close": "1ms"}}]})";

/// How a run ends, on an engine of its own.
std::string run_to_end(const std::string& store, const char* text) {
  auto options = local_engine_options{};
  options.store = store;
  options.threads = 2;
  auto engine = local_engine::start(options);
  REQUIRE(engine);
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(text);
  const auto run = engine->submit(wanted);
  REQUIRE(run);
  const auto ended = engine->await(run->run_id(), {}, "");
  REQUIRE(ended);
  return ended->status();
}

} // namespace

TEST_CASE("names of dead letters are read back, and nothing else is") {
  auto letter = dead_letter{};
  letter.run = 12;
  letter.sequence = 34;
  CHECK(name_of(letter) == "12-34");
  const auto id = parse_dead_letter_name("12-34");
  REQUIRE(id);
  CHECK(id->run() == 12);
  CHECK(id->sequence() == 34);
  for (const auto* wrong : {"", "12", "12-", "-", "x-1", "12-34x", "12-x"})
    CHECK_FALSE(parse_dead_letter_name(wrong));
}

TEST_CASE("a commit without failures is not touched") {
  const auto ledger = run_ledger{{}, {}};
  auto transaction = messages::CommitTransaction{};
  CHECK_FALSE(add_dead_letters(transaction, {}, ledger, {}, instant{}));
  CHECK(transaction.statements_size() == 0);
}

TEST_CASE("the oldest dead letters go when there are too many") {
  const auto folder = temporary_folder{};
  const auto store = (folder / "store.db").string();
  CHECK(run_to_end(store, quick) == "completed");
  {
    auto stored = recorded_dead_letters::open(store);
    REQUIRE(stored);
    CHECK(stored->list({})->empty());
    CHECK_FALSE(stored->find("1-1"));
  }
  // As many as there may be, and one that is too old.
  change_store(
    store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
           " WHERE i < 10000) INSERT INTO engine_dead_letters SELECT 1, i, 'x',"
           " 'x', 'a', 0, 0, 1, 'x', 'x', (SELECT max(started_at) FROM"
           " engine_epochs), 'open', 0, '' FROM n");
  change_store(store,
               "INSERT INTO engine_dead_letters VALUES (1, 10001, 'x', 'x',"
               " 'a', 0, 0, 1, 'x', 'x', 1, 'open', 0, '')");
  CHECK(run_to_end(store, late) == "failed");
  auto stored = recorded_dead_letters::open(store);
  REQUIRE(stored);
  CHECK(stored->trimmed() == 2);
  CHECK_FALSE(stored->find("1-10001"));
  CHECK_FALSE(stored->find("1-1"));
  CHECK(stored->find("1-2"));
  auto filter = dead_letter_filter{};
  filter.workflow = "late";
  const auto left = stored->list(filter);
  REQUIRE(left);
  REQUIRE(left->size() == 1);
  CHECK(left->front().step == "a");
  CHECK(left->front().state == "open");
  CHECK(left->front().kind == "timeout");
}
