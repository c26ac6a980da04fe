#include "actors/scheduler/schedule_book.hpp"
#include "actors/scheduler/schedule_file.hpp"
#include "actors/scheduler/schedule_records.hpp"
#include "runtime/store/store_writer.hpp"
#include "tests/actors/scheduler/schedules.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::scheduler;
using namespace troupe::tests;
using messages::StartEnded;
using runtime::problem_kind;
using order_kind = schedule_order::kind;

namespace {

/// A book by hand, and what a store would have of it.
struct kept_book {
  instant now = at("2026-11-26T10:00:00Z");
  temporary_folder folder;
  std::string path = (folder / "store.db").string();
  schedule_book book{3, 1};

  static std::string text(const std::string& id, const std::string& keys) {
    return "apiVersion: troupe/v1\nkind: Schedule\nid: " + id + "\n" + keys;
  }

  runtime::outcome<bool> add(const std::string& id,
                             const std::string& keys
                             = "workflow: w\nevery: 1h\n") {
    auto read = parse_schedule(text(id, keys), "s.yaml");
    REQUIRE(read);
    return book.add(std::move(*read), {text(id, keys), "s.yaml"}, "ann", now);
  }

  /// Stores what changed; what follows from it.
  std::vector<schedule_order> store() {
    auto options = runtime::store_options{};
    options.path = path;
    auto writer = runtime::store_writer::open(options, scheduler_schema(), now);
    REQUIRE(writer);
    auto request = std::vector<runtime::write_request>{
      store_changes(book.take_changes(), book, 1)};
    if (!request[0].transaction.statements().empty()) {
      const auto done = writer->commit(request);
      REQUIRE(done[0]);
    }
    return book.mark_stored();
  }

  /// What another one makes of the store.
  void restart() {
    auto stored = recorded_schedules::open(path);
    REQUIRE(stored);
    book = schedule_book{3, 2};
    const auto all = stored->list();
    REQUIRE(all);
    for (const auto& each : *all) {
      auto definition = parse_schedule(each.text.text, each.text.file);
      REQUIRE(definition);
      auto folded = stored->fold(each.id);
      REQUIRE(folded);
      book.restore(std::move(*definition), each.text, std::move(folded->state),
                   folded->snapshot, now);
    }
  }

  /// So many due times: the first is fired, the others are skipped as its run
  /// goes on. Twenty to a commit.
  void run(int times) {
    for (auto i = 1; i <= times; ++i) {
      now = *book.next_check();
      book.advance(now, 10);
      if (i % 20 == 0)
        store();
    }
  }

  runtime::outcome<folded_schedule> fold(const std::string& id) {
    auto stored = recorded_schedules::open(path);
    REQUIRE(stored);
    return stored->fold(id);
  }

  [[nodiscard]] std::string standing(const std::string& id) const {
    return book.find(id)->state.to_snapshot().SerializeAsString();
  }

  void change(const std::string& sql) {
    auto options = runtime::sqlite_options{};
    options.mode = runtime::open_mode::read_write;
    auto connection = runtime::sqlite_connection::open(path, options);
    REQUIRE(connection);
    REQUIRE((*connection)->execute(sql));
  }
};

} // namespace

TEST_CASE_METHOD(kept_book, "what is due is stored, then started, then ends") {
  CHECK(add("a") == true);
  CHECK(store().empty());
  REQUIRE(book.next_check() == at("2026-11-26T11:00:00Z"));
  now = at("2026-11-26T11:00:00Z");
  book.advance(now, 10);
  const auto orders = store();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].what == order_kind::start);
  CHECK(fire_key("a", orders[0].start) == "a@2026-11-26T11:00:00Z");
  // Whoever did not hear the end of it starts it again, under its key.
  restart();
  const auto again = store();
  REQUIRE(again.size() == 1);
  CHECK(again[0].start == orders[0].start);
  book.end("a", orders[0].start, StartEnded::SUCCEEDED, now);
  book.end("a", orders[0].start, StartEnded::FAILED, now);
  CHECK(store().empty());
  restart();
  CHECK(store().empty());
  CHECK(book.find("a")->state.fired_count() == 1);
  auto stored = recorded_schedules::open(path);
  const auto record = stored->find("a");
  REQUIRE(record);
  CHECK(record->fired == 1);
  CHECK(record->active == 0);
  CHECK(record->waiting_on == "timer");
  CHECK(record->next_check == at("2026-11-26T12:00:00Z"));
  CHECK(stored->find("b").error().kind == problem_kind::not_found);
}

TEST_CASE_METHOD(kept_book, "whoever comes after a schedule hears of its end") {
  REQUIRE(add("a"));
  REQUIRE(add("b", "workflow: v\nevery: 1h\nafter: [a]\n"));
  now = at("2026-11-26T11:00:00Z");
  book.advance(now, 10);
  const auto orders = store();
  REQUIRE(orders.size() == 1);
  book.end("a", orders[0].start, StartEnded::SUCCEEDED, now + 1s);
  const auto next = store();
  REQUIRE(next.size() == 1);
  CHECK(next[0].id == "b");
}

TEST_CASE_METHOD(kept_book, "nobody comes after itself") {
  const auto after = [](const std::string& what, const std::string& workflow) {
    return "workflow: " + workflow + "\nevery: 1h\nafter: [" + what + "]\n";
  };
  CHECK(add("a", after("w", "w")).error().kind == problem_kind::conflict);
  REQUIRE(add("a", after("b", "w")));
  REQUIRE(add("b", after("v", "u")));
  // By way of the workflow that b comes after.
  CHECK(add("c", after("a", "v")).error().kind == problem_kind::conflict);
  CHECK(book.find("c") == nullptr);
}

TEST_CASE_METHOD(kept_book, "a schedule is replaced, removed and added anew") {
  CHECK(add("a") == true);
  REQUIRE(book.decide("a", now,
                      [](schedule_decision& it) { return it.trigger("bob"); }));
  CHECK(store().size() == 1);
  CHECK(add("a", "workflow: other\nevery: 2h\n") == false);
  store();
  restart();
  CHECK(book.find("a")->definition.workflow == "other");
  CHECK(book.find("a")->state.active().size() == 1);
  REQUIRE(book.remove("a"));
  CHECK(book.remove("a").error().kind == problem_kind::not_found);
  // In one transaction with its removal.
  CHECK(add("a") == true);
  store();
  restart();
  CHECK(store().empty());
  CHECK(book.find("a")->definition.workflow == "w");
  CHECK(book.find("a")->state.active().empty());
  CHECK(
    book
      .decide("b", now, [](schedule_decision& it) { return it.resume("bob"); })
      .error()
      .kind
    == problem_kind::not_found);
}

TEST_CASE_METHOD(kept_book, "what cannot be read can be replaced or removed") {
  REQUIRE(add("a"));
  REQUIRE(add("b"));
  store();
  book = schedule_book{3, 2};
  book.set_aside("a");
  book.set_aside("b");
  CHECK(book.find("a") == nullptr);
  CHECK(add("a") == true);
  REQUIRE(book.remove("b"));
  store();
  restart();
  CHECK(book.size() == 1);
  CHECK(book.find("a")->state.sequence() == 1);
}

TEST_CASE_METHOD(kept_book, "what snapshots cover is neither read nor kept") {
  REQUIRE(add("a"));
  REQUIRE(add("b", "workflow: w\nevery: 1d\n"));
  run(240);
  auto folded = fold("a");
  REQUIRE(folded);
  CHECK(folded->snapshot >= snapshot_interval);
  CHECK(folded->events < snapshot_interval);
  run(800);
  folded = fold("a");
  REQUIRE(folded);
  CHECK(folded->state.to_snapshot().SerializeAsString() == standing("a"));
  CHECK(folded->events < snapshot_interval);
  // That of the last snapshot but one is all that is left.
  auto stored = recorded_schedules::open(path);
  REQUIRE(stored);
  const auto left = stored->history("a");
  REQUIRE(left);
  CHECK(left->size() <= 2 * snapshot_interval);
  CHECK(left->front().sequence() > 1);
  CHECK(stored->history("b")->front().sequence() == 1);
  const auto before = standing("a");
  restart();
  CHECK(standing("a") == before);
  run(300);
  CHECK(fold("a")->snapshot > folded->snapshot);
  REQUIRE(book.remove("a"));
  store();
  CHECK(fold("a")->snapshot == 0);
  CHECK(fold("a")->events == 0);
}

TEST_CASE_METHOD(kept_book, "a broken snapshot is ignored") {
  REQUIRE(add("a"));
  run(640);
  const auto whole = standing("a");
  const auto newest = fold("a")->snapshot;
  change("UPDATE schedule_snapshots SET state = substr(state, 2) WHERE sequence"
         " = (SELECT max(sequence) FROM schedule_snapshots)");
  auto folded = fold("a");
  REQUIRE(folded);
  CHECK(folded->broken == 1);
  CHECK(folded->snapshot < newest);
  CHECK(folded->snapshot != 0);
  CHECK(folded->state.to_snapshot().SerializeAsString() == whole);
  // It goes on, and makes new ones.
  restart();
  run(400);
  CHECK(fold("a")->broken == 0);
  CHECK(fold("a")->snapshot > newest);
  change("UPDATE schedule_snapshots SET state = x''");
  CHECK_FALSE(fold("a"));
}

TEST_CASE_METHOD(kept_book, "a history that was never trimmed gets short") {
  REQUIRE(add("a"));
  run(500);
  // As a version without snapshots left it, but for its length.
  change("DELETE FROM schedule_snapshots");
  change("DELETE FROM schedule_history");
  change("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
         " WHERE i < 3500) INSERT INTO schedule_history SELECT 'a', -i, x''"
         " FROM n");
  const auto rows = [&] {
    auto reader = runtime::snapshot_reader::open(path);
    REQUIRE(reader);
    auto count = std::int64_t{0};
    REQUIRE(reader->query(
      "SELECT count(*) FROM schedule_history WHERE sequence < 0", {},
      [&](const runtime::sqlite_row& row) { count = row.integer(0); }));
    return count;
  };
  run(200);
  CHECK(rows() == 3'500); // One snapshot, and nothing older.
  run(200);
  CHECK(rows() == 1'500);
  run(200);
  CHECK(rows() == 0);
}

TEST_CASE_METHOD(kept_book, "a book has a limit") {
  REQUIRE(add("a"));
  REQUIRE(add("b"));
  REQUIRE(add("c"));
  CHECK(add("d").error().kind == problem_kind::unavailable);
  CHECK(add("c") == false);
}

TEST_CASE_METHOD(kept_book, "a start is decided ahead, or taken back before") {
  book = schedule_book{3, 1, 700ms};
  REQUIRE(add("a"));
  CHECK(store().empty());
  REQUIRE(book.next_check() == at("2026-11-26T10:59:59.3Z"));
  CHECK(book.ahead("a", now).empty());
  now = *book.next_check();
  book.advance(now, 10);
  const auto orders = store();
  REQUIRE(orders.size() == 1);
  CHECK(fire_key("a", orders[0].start) == "a@2026-11-26T11:00:00Z");
  REQUIRE(book.ahead("a", now) == std::vector{orders[0].start});
  CHECK(book.ahead("a", at("2026-11-26T11:00:00Z")).empty());
  CHECK(book.ahead("b", now).empty());

  book.hold_back("a");
  REQUIRE(book.withdraw("a", orders[0].start, now));
  CHECK(book.withdraw("a", orders[0].start, now).error().kind
        == problem_kind::conflict);
  CHECK(store().empty());
  CHECK_FALSE(book.next_check());
  book.let_go("a");
  CHECK(book.next_check() == at("2026-11-26T10:59:59.3Z"));
  restart();
  CHECK(store().empty());
  CHECK(book.find("a")->state.fired_count() == 0);
}

TEST_CASE_METHOD(kept_book,
                 "what was decided ahead and is too late is taken back") {
  book = schedule_book{3, 1, 700ms};
  REQUIRE(add("a", "workflow: w\nevery: 1h\ncatch_up: 10m\n"));
  now = *book.next_check();
  book.advance(now, 10);
  const auto decided = store();
  REQUIRE(decided.size() == 1);
  now = at("2026-11-26T11:10:00Z");
  restart();
  auto orders = store();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].what == order_kind::start);
  now += 1us;
  restart();
  orders = store();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].what == order_kind::take_back);
  CHECK(orders[0].start == decided[0].start);
  CHECK_FALSE(book.next_check());
  REQUIRE(book.withdraw("a", orders[0].start, now));
  book.let_go("a");
  book.advance(now, 10);
  CHECK(book.find("a")->state.missed_count() == 1);
}
