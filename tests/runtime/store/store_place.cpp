#include "tests/runtime/store/store_place.hpp"

#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/sqlite_connection.hpp"

#include <catch2/catch.hpp>

namespace troupe::tests {

using namespace troupe::runtime;

namespace {

std::unique_ptr<store_connection> connect_to(const std::string& address) {
  auto opened = postgres_connection::open(
    find_postgres_address(address).value(), postgres_connection::access::write);
  if (!opened)
    FAIL(render(opened.error()));
  return std::move(*opened);
}

} // namespace

postgres_server& shared_postgres() {
  static auto server = postgres_server{};
  return server;
}

store_place::store_place(store_kind kind) : kind_{kind} {
  if (kind == store_kind::sqlite) {
    folder_.emplace();
    path_ = (*folder_ / "store.db").string();
    return;
  }
  static auto places = 0;
  const auto address = shared_postgres().address();
  schema_ = "place_" + std::to_string(++places);
  run_script(*connect_to(address), "CREATE SCHEMA " + schema_);
  path_ = address + "&options=-csearch_path%3D" + schema_;
}

store_place::~store_place() = default;

std::unique_ptr<store_connection> store_place::connect() const {
  if (is_postgres())
    return connect_to(path_);
  auto options = sqlite_options{};
  options.mode = open_mode::create;
  auto opened = sqlite_connection::open(path_, options);
  if (!opened)
    FAIL(render(opened.error()));
  return std::move(*opened);
}

void run_script(store_connection& connection, const std::string& script) {
  if (const auto done = connection.change_schema(script); !done)
    FAIL(render(done.error()));
}

std::int64_t number_from(store_connection& connection,
                         const std::string& query) {
  auto found = std::optional<std::int64_t>{};
  const auto done = connection.query(query, {}, [&](const sql_row& row) {
    found = row.integer(0);
  });
  if (!done)
    FAIL(render(done.error()));
  REQUIRE(found);
  return *found;
}

blockade::blockade(const store_place& at) : connection_{at.connect()} {
  if (const auto begun = connection_->begin(); !begun)
    FAIL(render(begun.error()));
  // SQLite has one lock for all.
  if (at.is_postgres())
    run_script(*connection_, "LOCK TABLE number IN EXCLUSIVE MODE");
}

void blockade::lift() {
  connection_->roll_back();
}

} // namespace troupe::tests
