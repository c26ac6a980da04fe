#include "runtime/store/store.hpp"
#include "runtime/store/store_lock.hpp"
#include "tests/runtime/store/store_fixture.hpp"
#include "tests/runtime/store/store_place.hpp"
#include "tests/support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <numeric>
#include <thread>
#include <tuple>

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

using numbers = std::vector<std::int64_t>;
using committed = outcome_of<messages::TransactionCommitted>;

numbers first_numbers(std::size_t count) {
  auto result = numbers(count);
  std::iota(result.begin(), result.end(), 0);
  return result;
}

struct fixture : live_fixture {
  store_place place{GENERATE(store_kind::sqlite, store_kind::postgres)};
  store_options options{.path = place.path()};

  store_actor open() {
    auto opened = spawn_store(system, options, number_schema());
    if (!opened)
      FAIL(render(opened.error()));
    own(*opened);
    return *opened;
  }

  using pending = pending_reply<messages::TransactionCommitted>;

  pending send(const store_actor& store, messages::CommitTransaction insert) {
    const auto handle = client->request(store, caf::infinite, std::move(insert),
                                        messages::column_block{});
    return {*client, handle.id()};
  }

  committed take(pending& reply) {
    auto result = reply.try_take(std::chrono::seconds{20});
    REQUIRE(result);
    return std::move(*result);
  }

  messages::StoreStatus status(const store_actor& store) {
    return reply_of(request(store, messages::GetStoreStatus{}), system);
  }

  /// Ends the store and waits until its file is free.
  void stop(store_actor& store) {
    client->monitor(store);
    client->send_exit(store, caf::exit_reason::user_shutdown);
    store = nullptr;
    auto is_down = false;
    client->receive([&](const caf::down_msg&) { is_down = true; },
                    caf::after(std::chrono::seconds{20}) >> [] {});
    REQUIRE(is_down);
  }
};

store_error code_of(const committed& outcome) {
  REQUIRE(std::holds_alternative<caf::error>(outcome));
  const auto& reason = std::get<caf::error>(outcome);
  REQUIRE(reason.category() == caf::atom("store"));
  return static_cast<store_error>(reason.code());
}

} // namespace

TEST_CASE_METHOD(fixture, "an answered transaction can be read") {
  const auto store = open();
  const auto reply = reply_of(
    request(store, insert_numbers({1, 2}), messages::column_block{}), system);
  CHECK(reply.changes_size() == 2);
  CHECK(read_numbers(options.path) == numbers{1, 2});
  CHECK(status(store).path() == options.path);
}

TEST_CASE_METHOD(fixture, "what waits together is committed together") {
  constexpr auto count = std::size_t{1'200};
  const auto store = open();
  auto outside = blockade{place};
  auto replies = std::vector<pending>{};
  for (const auto number : first_numbers(count))
    replies.push_back(send(store, insert_numbers({number})));
  outside.lift();
  for (auto& reply : replies)
    CHECK(std::holds_alternative<messages::TransactionCommitted>(take(reply)));
  const auto figures = status(store);
  CHECK(figures.transactions() == count);
  // The first may go alone, a second group may form while messages arrive, and
  // 512 go into one commit.
  CHECK(figures.commits() <= 6);
  CHECK(read_numbers(options.path).size() == count);
}

TEST_CASE_METHOD(fixture, "in a group, each transaction has its own outcome") {
  const auto store = open();
  auto outside = blockade{place};
  auto first = send(store, insert_numbers({1}));
  auto same = send(store, insert_numbers({2, 1}));
  auto last = send(store, insert_numbers({3}));
  outside.lift();
  CHECK(take(first).index() == 0);
  CHECK(code_of(take(same)) == store_error::constraint);
  CHECK(take(last).index() == 0);
  CHECK(read_numbers(options.path) == numbers{1, 3});
}

TEST_CASE_METHOD(fixture, "a full queue refuses, and later takes again") {
  options.queue_max = 3;
  const auto store = open();
  auto outside = blockade{place};
  auto replies = std::vector<pending>{};
  for (const auto number : first_numbers(20))
    replies.push_back(send(store, insert_numbers({number})));
  outside.lift();
  auto accepted = 0u;
  for (auto& reply : replies) {
    const auto outcome = take(reply);
    if (outcome.index() == 0)
      ++accepted;
    else
      CHECK(code_of(outcome) == store_error::overloaded);
  }
  // At most a first group and a second one, three waiting each.
  CHECK(accepted >= 3);
  CHECK(accepted <= 6);
  CHECK(status(store).refused() == 20 - accepted);
  CHECK(request(store, insert_numbers({100}), messages::column_block{}).index()
        == 0);
}

TEST_CASE_METHOD(fixture, "waiting bytes are bounded, too") {
  options.queue_bytes_max = 10'000;
  const auto store = open();
  auto outside = blockade{place};
  auto large = messages::CommitTransaction{};
  add_statement(large, "UPDATE number SET payload = ?1",
                {std::vector<std::uint8_t>(20'000, 'x')});
  auto replies = std::vector<pending>{};
  for (auto i = 0; i < 10; ++i)
    replies.push_back(send(store, large));
  outside.lift();
  auto accepted = 0;
  for (auto& reply : replies)
    accepted += take(reply).index() == 0 ? 1 : 0;
  CHECK(accepted >= 1);
  CHECK(accepted <= 2);
}

TEST_CASE_METHOD(fixture, "a store that stops commits what it has accepted") {
  auto store = open();
  auto outside = blockade{place};
  auto replies = std::vector<pending>{};
  for (const auto number : first_numbers(50))
    replies.push_back(send(store, insert_numbers({number})));
  auto is_stopping = std::thread{[&] { outside.lift(); }};
  stop(store);
  is_stopping.join();
  auto acknowledged = std::size_t{0};
  for (auto& reply : replies)
    acknowledged += take(reply).index() == 0 ? 1 : 0;
  CHECK(read_numbers(options.path).size() == acknowledged);
}

TEST_CASE_METHOD(fixture, "a stopped store leaves one closed file") {
  auto store = open();
  reply_of(request(store, insert_numbers({1}), messages::column_block{}),
           system);
  stop(store);
  if (!place.is_postgres()) {
    CHECK_FALSE(std::filesystem::exists(options.path + "-wal"));
    CHECK_FALSE(store_lock::is_held(options.path));
  }
  CHECK(read_numbers(options.path) == numbers{1});
  const auto again = open();
  CHECK(status(again).transactions() == 0);
}

TEST_CASE_METHOD(fixture, "even a killed store answers everybody") {
  auto store = open();
  auto outside = blockade{place};
  auto replies = std::vector<pending>{};
  for (const auto number : first_numbers(50))
    replies.push_back(send(store, insert_numbers({number})));
  client->send_exit(store, caf::exit_reason::kill);
  outside.lift();
  for (auto& reply : replies) {
    const auto outcome = take(reply);
    if (outcome.index() == 1)
      CHECK(to_problem(std::get<1>(outcome)).kind == problem_kind::unavailable);
  }
}

TEST_CASE_METHOD(fixture, "a store that is open is not opened again") {
  const auto store = open();
  const auto refused = spawn_store(system, options, number_schema());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().message.find("in use by ") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a refusal reads as a problem with its text") {
  const auto store = open();
  const auto outcome
    = request(store, insert_numbers({-1}), messages::column_block{});
  const auto reason = to_problem(std::get<1>(outcome));
  CHECK(reason.kind == problem_kind::conflict);
  CHECK(reason.message.find("constraint") != std::string::npos);
  CHECK(to_problem(std::get<1>(outcome), system) == reason);
}

TEST_CASE("every store error has a name and a kind") {
  const auto [code, name, kind]
    = GENERATE(table<store_error, std::string, problem_kind>(
      {{store_error::overloaded, "overloaded", problem_kind::unavailable},
       {store_error::conflict, "conflict", problem_kind::conflict},
       {store_error::constraint, "constraint", problem_kind::conflict},
       {store_error::bad_statement, "bad_statement",
        problem_kind::invalid_input},
       {store_error::busy, "busy", problem_kind::unavailable},
       {store_error::disk_full, "disk_full", problem_kind::unavailable},
       {store_error::read_only, "read_only", problem_kind::unavailable},
       {store_error::corrupt, "corrupt", problem_kind::invalid_input},
       {store_error::closed, "closed", problem_kind::unavailable},
       {store_error::failed, "failed", problem_kind::failed},
       {store_error::unavailable, "unavailable", problem_kind::unavailable},
       {store_error::outcome_unknown, "outcome_unknown",
        problem_kind::unavailable},
       {store_error::fenced, "fenced", problem_kind::conflict}}));
  CHECK(to_string(code) == name);
  const auto reason = to_problem(to_error({code, "text"}));
  CHECK(reason.kind == kind);
  CHECK(reason.message == "text");
  CHECK(reason.hint == hint_of(code));
}

TEST_CASE("a store error of a newer node reads as failed") {
  const auto reason
    = to_problem(to_error({static_cast<store_error>(200), "text"}));
  CHECK(reason.kind == problem_kind::failed);
}
