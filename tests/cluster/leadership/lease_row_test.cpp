#include "cluster/leadership/lease_row.hpp"
#include "cluster/leadership/planted_bug.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace troupe::cluster;
using troupe::runtime::clock;

namespace {

constexpr auto noon = clock::wall_time{1'700'000'000s};

lease_row held_by_a() {
  auto row = lease_row{};
  row.name = "coordinator";
  CHECK(try_acquire(row, "a/1", noon, 1s).is_granted);
  return row;
}

} // namespace

TEST_CASE("a lease that nobody held goes to whoever asks first") {
  auto row = lease_row{};
  CHECK(watch(row, noon) == lease_answer{false, "", 0, 0us});
  CHECK_FALSE(accepts(row, 0));
  CHECK(try_acquire(row, "a/1", noon, 1s) == lease_answer{true, "a/1", 1, 1s});
  CHECK(try_acquire(row, "b/1", noon + 300ms, 1s)
        == lease_answer{false, "a/1", 1, 700ms});
  CHECK(row.expires_at == noon + 1s);
}

TEST_CASE("a lease that is over is free, and the next epoch is higher") {
  auto row = held_by_a();
  CHECK_FALSE(try_acquire(row, "b/1", noon + 999'999us, 1s).is_granted);
  CHECK(try_acquire(row, "b/1", noon + 1s, 1s)
        == lease_answer{true, "b/1", 2, 1s});
}

TEST_CASE("who holds a lease does not get it once more") {
  auto row = held_by_a();
  CHECK_FALSE(try_acquire(row, "a/1", noon + 1ms, 1s).is_granted);
  CHECK(row.epoch == 1);
}

TEST_CASE("only the holder renews, under its epoch, while it holds") {
  auto row = held_by_a();
  CHECK(renew(row, "a/1", 1, noon + 400ms, 1s)
        == lease_answer{true, "a/1", 1, 1s});
  CHECK(row.expires_at == noon + 1'400ms);
  CHECK_FALSE(renew(row, "b/1", 1, noon + 500ms, 1s).is_granted);
  CHECK_FALSE(renew(row, "a/2", 1, noon + 500ms, 1s).is_granted);
  CHECK_FALSE(renew(row, "a/1", 0, noon + 500ms, 1s).is_granted);
  CHECK_FALSE(renew(row, "a/1", 2, noon + 500ms, 1s).is_granted);
  CHECK(row.expires_at == noon + 1'400ms);
  CHECK(renew(row, "a/1", 1, noon + 1'400ms, 1s)
        == lease_answer{false, "a/1", 1, 0us});
}

TEST_CASE("a released lease is free at once and keeps its epoch") {
  auto row = held_by_a();
  CHECK_FALSE(release(row, "b/1", 1, noon + 1ms).is_granted);
  CHECK_FALSE(release(row, "a/1", 2, noon + 1ms).is_granted);
  CHECK(release(row, "a/1", 1, noon + 2ms).is_granted);
  CHECK(watch(row, noon + 2ms) == lease_answer{false, "a/1", 1, 0us});
  CHECK(try_acquire(row, "b/1", noon + 2ms, 1s).epoch == 2);
  // The same request again, late.
  CHECK_FALSE(release(row, "a/1", 1, noon + 3ms).is_granted);
  CHECK(row.expires_at == noon + 1'002ms);
}

TEST_CASE("a write counts until somebody else was given the lease") {
  auto row = held_by_a();
  CHECK(accepts(row, 1));
  CHECK_FALSE(accepts(row, 0));
  CHECK_FALSE(accepts(row, 2));
  CHECK(release(row, "a/1", 1, noon + 1ms).is_granted);
  CHECK(accepts(row, 1));
  CHECK(try_acquire(row, "b/1", noon + 1ms, 1s).is_granted);
  CHECK_FALSE(accepts(row, 1));
  CHECK(accepts(row, 2));
}

TEST_CASE(
  "there are no planted mistakes in leases where nobody asks for them") {
  CHECK_FALSE(has_bug(planted_lease_bug::ignore_epoch));
}
