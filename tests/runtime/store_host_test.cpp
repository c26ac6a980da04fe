#include "runtime/store/snapshot_reader.hpp"
#include "runtime/store/transactions.hpp"
#include "runtime/store_host.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace troupe::tests {

using runtime::store_host;

namespace {

runtime::store_host_options options_for(const std::filesystem::path& store) {
  auto options = runtime::store_host_options{};
  options.store.path = store.string();
  options.schema = {{"notes", 1, "CREATE TABLE notes (text TEXT) STRICT"}};
  return options;
}

messages::CommitTransaction note(const std::string& text) {
  auto transaction = messages::CommitTransaction{};
  runtime::add_statement(transaction, "INSERT INTO notes VALUES (?1)", {text});
  return transaction;
}

} // namespace

TEST_CASE("a store is made with its folder when it is first needed") {
  const auto folder = temporary_folder{};
  const auto path = folder / "new" / "store.db";
  auto host = store_host::create(options_for(path));
  REQUIRE(host);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(*host->store());
  REQUIRE(host->open());
  REQUIRE(host->open()); // A second time changes nothing.
  REQUIRE(*host->store());
  REQUIRE(host->commit(note("one")));
  auto reader = runtime::snapshot_reader::open(path.string());
  REQUIRE(reader);
  auto notes = 0;
  REQUIRE(reader->query("SELECT * FROM notes", {},
                        [&](const runtime::sqlite_row&) { ++notes; }));
  CHECK(notes == 1);
}

TEST_CASE("a file that is no store shows at once") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("store.db", "this is no database at all");
  const auto host = store_host::create(options_for(path));
  REQUIRE_FALSE(host);
  CHECK(host.error().kind == runtime::problem_kind::invalid_input);
}

TEST_CASE("without a path nothing is stored") {
  auto host = store_host::create(options_for(""));
  REQUIRE(host);
  REQUIRE(host->open());
  CHECK_FALSE(*host->store());
}

TEST_CASE("a host may use the actors and the store of somebody else") {
  const auto folder = temporary_folder{};
  auto first = store_host::create(options_for(folder / "store.db"));
  REQUIRE(first);
  REQUIRE(first->open());
  auto second
    = store_host::attach(first->system(), *first->store(), first->path());
  CHECK(&second.system() == &first->system());
  CHECK(second.path() == first->path());
  CHECK(second.commit(note("two")));
}

} // namespace troupe::tests
