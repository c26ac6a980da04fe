#include "cluster/leadership/lease_statements.hpp"
#include "tests/cluster/leadership/lease_database.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using namespace troupe::tests;
using troupe::runtime::clock;

namespace {

constexpr auto contenders = 6;
constexpr auto hour = std::chrono::microseconds{1h};

/// Does the same on connections of their own, at the same time.
void race(const std::string& address,
          const std::function<void(int, lease_database&)>& what) {
  auto connections = std::vector<std::unique_ptr<lease_database>>{};
  for (auto i = 0; i < contenders; ++i)
    connections.push_back(std::make_unique<lease_database>(address));
  auto waiting = std::atomic<int>{contenders};
  auto mutex = std::mutex{};
  auto errors = std::vector<std::string>{};
  auto threads = std::vector<std::jthread>{};
  for (auto i = 0; i < contenders; ++i)
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting != 0)
        std::this_thread::yield();
      try {
        what(i, *connections[static_cast<std::size_t>(i)]);
      } catch (const std::exception& error) {
        const auto lock = std::scoped_lock{mutex};
        errors.emplace_back(error.what());
      }
    });
  threads.clear(); // Joins them.
  CHECK(errors == std::vector<std::string>{});
}

std::string holder_of(int number) {
  return "n" + std::to_string(number) + "/1";
}

/// Any statements, by the model and by the server: the same answers.
void check_against_model(lease_database& database) {
  auto random = std::mt19937_64{7};
  auto row = lease_row{};
  row.name = "model";
  database.create_lease(row.name);
  auto now = clock::wall_time{1'700'000'000s};
  for (auto i = 0U; i < effort(400); ++i) {
    const auto holder = holder_of(static_cast<int>(random() % 3));
    const auto epoch = row.epoch + random() % 3 - (row.epoch == 0 ? 0 : 1);
    auto expected = lease_answer{};
    auto answer = lease_answer{};
    switch (random() % 5) {
      case 0:
        expected = try_acquire(row, holder, now, hour);
        answer = database.acquire(row.name, holder, hour);
        break;
      case 1:
        expected = renew(row, holder, epoch, now, hour);
        answer = database.renew(row.name, holder, epoch, hour);
        break;
      case 2:
        expected = release(row, holder, epoch, now);
        answer = database.release(row.name, holder, epoch);
        break;
      case 3:
        expected = watch(row, now);
        answer = database.watch(row.name);
        break;
      default:
        if (row.epoch != 0)
          row.expires_at = now;
        database.expire(row.name);
        break;
    }
    CAPTURE(i, holder, epoch);
    CHECK(answer.is_granted == expected.is_granted);
    CHECK(answer.holder == expected.holder);
    CHECK(answer.epoch == expected.epoch);
    CHECK((answer.left > 0us) == (expected.left > 0us));
    CHECK(answer.left <= hour);
    CHECK(database.fence(row.name, epoch) == accepts(row, epoch));
  }
  CHECK(row.epoch > 5);
}

/// All start at once, and make the row.
void check_first(const std::string& address, lease_database& database) {
  for (auto round = 0; round < 10; ++round) {
    const auto name = "first" + std::to_string(round);
    auto granted = std::atomic<int>{0};
    race(address, [&](int number, lease_database& mine) {
      mine.create_lease(name);
      granted += mine.acquire(name, holder_of(number), hour).is_granted ? 1 : 0;
    });
    CHECK(granted == 1);
    CHECK(database.watch(name).epoch == 1);
  }
}

/// A lease as a lock: held for long, given back at once.
void check_exclusion(const std::string& address, lease_database& database) {
  const auto turns = effort(60);
  database.create_lease("lock");
  auto inside = std::atomic<int>{0};
  auto met = std::atomic<int>{0};
  auto epochs = std::vector<lease_epoch>{}; // Written by whoever holds it.
  race(address, [&](int number, lease_database& mine) {
    for (auto turn = 0U; turn < turns;) {
      const auto answer = mine.acquire("lock", holder_of(number), hour);
      if (!answer.is_granted)
        continue;
      ++turn;
      met += inside++ == 0 ? 0 : 1;
      epochs.push_back(answer.epoch);
      --inside;
      static_cast<void>(mine.release("lock", holder_of(number), answer.epoch));
    }
  });
  CHECK(met == 0);
  REQUIRE(epochs.size() == turns * contenders);
  for (auto i = std::size_t{0}; i < epochs.size(); ++i)
    REQUIRE(epochs[i] == i + 1);
  CHECK(database.watch("lock").epoch == epochs.size());
}

/// Leases that end by themselves while others ask.
void check_expiry(const std::string& address, lease_database& database) {
  database.create_lease("short");
  auto taken = std::array<std::vector<lease_epoch>, contenders>{};
  race(address, [&](int number, lease_database& mine) {
    for (auto i = 0U; i < effort(200); ++i) {
      const auto answer = mine.acquire("short", holder_of(number), 1ms);
      if (!answer.is_granted)
        continue;
      taken[static_cast<std::size_t>(number)].push_back(answer.epoch);
      if (answer.holder != holder_of(number) || answer.left > 1ms)
        taken[static_cast<std::size_t>(number)].push_back(0);
    }
  });
  auto all = std::vector<lease_epoch>{};
  for (const auto& each : taken) {
    CHECK(std::is_sorted(each.begin(), each.end()));
    all.insert(all.end(), each.begin(), each.end());
  }
  std::sort(all.begin(), all.end());
  REQUIRE_FALSE(all.empty());
  for (auto i = std::size_t{0}; i < all.size(); ++i)
    REQUIRE(all[i] == i + 1);
}

/// Writers who go on under any epoch they ever had. The counter's row orders
/// the commits.
void check_fencing(const std::string& address, lease_database& database) {
  database.create_lease("writers");
  database.run("CREATE TABLE counter (n bigint)");
  database.run("INSERT INTO counter VALUES (0)");
  database.run("CREATE TABLE written (n bigint, epoch bigint, holder text)");
  auto refused = std::atomic<int>{0};
  race(address, [&](int number, lease_database& mine) {
    auto epoch = lease_epoch{0};
    for (auto i = 0U; i < effort(120); ++i) {
      const auto answer = mine.acquire("writers", holder_of(number), 2ms);
      if (answer.is_granted)
        epoch = answer.epoch;
      if (epoch == 0)
        continue;
      mine.run("BEGIN");
      if (!mine.fence("writers", epoch)) {
        ++refused;
        mine.run("ROLLBACK");
        continue;
      }
      mine.run("WITH next AS (UPDATE counter SET n = n + 1 RETURNING n) "
               "INSERT INTO written SELECT n, $1::bigint, $2 FROM next",
               {std::to_string(epoch), holder_of(number)});
      mine.run("COMMIT");
    }
  });
  CHECK(refused > 0);
  CHECK(database.run("SELECT count(*) > 0 FROM written").at(0).at(0) == "t");
  CHECK(database
          .run("SELECT count(*) FROM (SELECT epoch, lag(epoch) OVER (ORDER BY "
               "n) AS before FROM written) w WHERE epoch < before")
          .at(0)
          .at(0)
        == "0");
  CHECK(database
          .run("SELECT count(*) FROM (SELECT FROM written GROUP BY epoch "
               "HAVING count(DISTINCT holder) > 1) w")
          .at(0)
          .at(0)
        == "0");
}

/// Until the server says that it waits for a lock.
void await_lock(lease_database& database, int process_id) {
  while (database
           .run("SELECT FROM pg_stat_activity WHERE pid = $1::int AND "
                "wait_event_type = 'Lock'",
                {std::to_string(process_id)})
           .empty())
    std::this_thread::yield();
}

void check_write_under_way(const std::string& address,
                           lease_database& database) {
  auto leader = lease_database{address};
  auto standby = lease_database{address};
  database.create_lease("busy");
  CHECK(leader.acquire("busy", "a/1", hour).epoch == 1);
  leader.run("BEGIN");
  CHECK(leader.fence("busy", 1));
  // Its renewals do not wait for its own writes.
  auto renewals = lease_database{address};
  renewals.run("SET lock_timeout = '5s'");
  CHECK(renewals.renew("busy", "a/1", 1, hour).is_granted);
  // Nor does anybody who looks.
  CHECK(renewals.watch("busy").epoch == 1);
  renewals.expire("busy");
  standby.send(acquire_lease_sql, {"busy", "b/1", "3600000000"});
  await_lock(database, standby.process_id());
  leader.run("COMMIT");
  const auto answer = lease_database::to_answer(standby.receive().rows);
  CHECK(answer.is_granted);
  CHECK(answer.epoch == 2);
  CHECK(answer.left > 3'590s);
  CHECK_FALSE(leader.fence("busy", 1));
  CHECK(leader.fence("busy", 2));
  CHECK_FALSE(leader.fence("nothing", 1));
  CHECK_FALSE(leader.fence("busy", 0));
}

void check_frozen_writer(const std::string& address) {
  auto frozen = lease_database{address};
  auto standby = lease_database{address};
  frozen.create_lease("frozen");
  CHECK(frozen.acquire("frozen", "a/1", hour).epoch == 1);
  frozen.run("BEGIN");
  CHECK(frozen.fence("frozen", 1));
  frozen.run("INSERT INTO written VALUES (-1, 1, 'a/1')");
  // Nobody ends it as long as it has the lease.
  standby.run("SELECT pg_sleep(0.2)");
  CHECK(standby.run(end_writers_sql, {"frozen"}).at(0).at(0) == "0");
  standby.expire("frozen");
  CHECK(standby.run(end_writers_sql, {"frozen"}).at(0).at(0) == "1");
  const auto answer = standby.acquire("frozen", "b/1", hour);
  CHECK(answer.is_granted);
  CHECK(answer.epoch == 2);
  CHECK_FALSE(frozen.try_run("COMMIT").state.empty());
  CHECK(standby.run("SELECT FROM written WHERE n = -1").empty());
}

} // namespace

TEST_CASE("PostgreSQL does with a lease what the model says, whoever races") {
  const auto server = postgres_server{};
  auto database = lease_database{server.address()};
  database.create_tables();
  database.create_tables(); // Whoever starts later finds them.
  check_against_model(database);
  check_first(server.address(), database);
  check_exclusion(server.address(), database);
  check_expiry(server.address(), database);
  check_fencing(server.address(), database);
  check_write_under_way(server.address(), database);
  check_frozen_writer(server.address());
}
