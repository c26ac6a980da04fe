#include "actors/engine/guard_records.hpp"
#include "actors/engine/run_records.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <catch2/catch.hpp>

#include <span>
#include <string>

using namespace troupe;
using namespace troupe::engine;
using namespace std::chrono_literals;

namespace {

named_guard_record used_up(const std::string& guard, std::uint64_t used) {
  auto saved = named_guard_record{guard, {}};
  saved.record.saved_at = instant{1'700'000'000s};
  saved.record.window
    = runtime::quota::record{instant{1'699'999'200s}, used, 0};
  return saved;
}

void write(runtime::store_writer& store,
           const messages::CommitTransaction& transaction) {
  auto request = runtime::write_request{};
  request.transaction = transaction;
  REQUIRE(store.commit(std::span{&request, 1}).front());
}

} // namespace

TEST_CASE("the newest state of each guard is read back") {
  const auto folder = tests::temporary_folder{};
  const auto path = (folder / "store.db").string();
  auto options = runtime::store_options{};
  options.path = path;
  auto store = runtime::store_writer::open(options, engine_schema(), {});
  REQUIRE(store);
  auto transaction = messages::CommitTransaction{};
  add_guard_records(transaction, {used_up("b", 3), used_up("a", 1)}, {});
  add_guard_records(transaction, {used_up("a", 2)}, {});
  runtime::add_statement(transaction, "INSERT INTO engine_guards (name, record,"
                                      " saved_at) VALUES ('c', '{', 0)");
  write(*store, transaction);
  const auto found = read_guard_records(path);
  REQUIRE(found);
  REQUIRE(found->size() == 2); // What cannot be read starts anew.
  CHECK((*found)[0].guard == "a");
  CHECK((*found)[0].record == used_up("a", 2).record);
  CHECK((*found)[1].record == used_up("b", 3).record);
  CHECK_FALSE(read_guard_records((folder / "none.db").string()));
}
