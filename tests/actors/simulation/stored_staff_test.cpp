#include "actors/simulation/stored_staff.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"
#include "tests/actors/simulation/stored_simulations.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace troupe::simulation {

using tests::stored_simulations;

namespace {

std::vector<std::uint64_t> sorted_census_keys() {
  auto keys = tests::read_golden_census().staff.key;
  std::ranges::sort(keys);
  return keys;
}

} // namespace

TEST_CASE("people of any keys are loaded, from however many blocks") {
  const auto first = GENERATE(0U, 10U, 63U, 64U, 199U);
  const auto count = GENERATE(1U, 32U, 64U, 200U);
  auto runs = stored_simulations{};
  const auto id = runs.add({.block_size = 64});
  auto history = runs.history();
  const auto run = history.find_run(id).value();
  const auto keys = sorted_census_keys();
  const auto wanted = std::span{keys}.subspan(
    first, std::min<std::size_t>(count, keys.size() - first));
  const auto staff = load_staff(history, run, 2025, wanted);
  REQUIRE(staff);
  CHECK(std::ranges::equal(staff->key, wanted));
  const auto census = tests::read_golden_census().staff;
  for (auto at = std::size_t{0}; at < staff->size(); ++at) {
    const auto from = static_cast<std::size_t>(
      std::ranges::find(census.key, staff->key[at]) - census.key.begin());
    CHECK(staff->pay[at] == census.pay[from]);
    CHECK(staff->birth_date[at] == census.birth_date[from]);
    CHECK(staff->hire_date[at] == census.hire_date[from]);
    CHECK(staff->level[at] == census.level[from]);
    CHECK(staff->plan[at] == census.plan[from]);
    CHECK(staff->deferral[at] == census.deferral[from]);
  }
}

TEST_CASE("the people of a later year are those at the end of the one before") {
  auto runs = stored_simulations{};
  const auto id = runs.add({.block_size = 64, .years = 3});
  auto history = runs.history();
  const auto run = history.find_run(id).value();
  const auto expected = history.load_checkpoint(run).value();
  for (const auto& block : expected.staff) {
    const auto staff = load_staff(history, run, 2028, block.key);
    REQUIRE(staff);
    CHECK(staff->key == block.key);
    CHECK(staff->pay == block.pay);
    CHECK(staff->plan == block.plan);
  }
}

TEST_CASE("the year before need not count yet") {
  auto runs = stored_simulations{};
  const auto id = runs.add({.block_size = 64, .years = 1});
  auto history = runs.history();
  const auto run = history.find_run(id).value();
  REQUIRE(history.load_years(run)->size() == 1);
  const auto all = sorted_census_keys();
  // Whoever is there after the year that is whole may leave in the next.
  auto found = 0;
  for (const auto key : all)
    found += load_staff(history, run, 2027, std::span{&key, 1}) ? 1 : 0;
  CHECK(found > 100);
}

TEST_CASE("somebody who is missing is a problem, not left out") {
  auto runs = stored_simulations{};
  const auto id = runs.add();
  auto history = runs.history();
  const auto run = history.find_run(id).value();
  auto keys = sorted_census_keys();
  keys[5] += 1;
  std::ranges::sort(keys);
  const auto staff = load_staff(history, run, 2025, keys);
  REQUIRE_FALSE(staff);
  CHECK(staff.error().kind == runtime::problem_kind::failed);
  CHECK(staff.error().message
        == "some people at the beginning of 2025 of run 1 cannot be read");
  CHECK(load_staff(history, run, 2025, {})->size() == 0);
  CHECK_FALSE(load_staff(history, run, 2099, keys));
}

} // namespace troupe::simulation
