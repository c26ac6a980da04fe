#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_keeper.hpp"
#include "actors/simulation/simulation_messages.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace troupe::tests {

using simulation::people_keeper;
using where = std::vector<std::size_t>;

namespace {

constexpr auto block_size = std::size_t{100};
/// Bytes of a block that is there, and of one that is away.
constexpr auto there_bytes = std::uint64_t{100 * 30};
constexpr auto away_bytes = std::uint64_t{100 * 8};

messages::column_block block_of(std::uint64_t first_key,
                                std::size_t people = block_size) {
  auto staff = simulation::people{};
  staff.resize(people);
  std::iota(staff.key.begin(), staff.key.end(), first_key);
  std::ranges::fill(staff.pay, 5'000'000);
  std::ranges::fill(staff.level, std::uint8_t{1});
  std::ranges::fill(staff.birth_date, 3'650);
  std::ranges::fill(staff.hire_date, 14'600);
  return simulation::to_block(std::move(staff));
}

people_keeper keeper_of(std::size_t blocks, simulation::people_limit limit) {
  auto keeper = people_keeper{limit};
  for (auto at = std::size_t{0}; at < blocks; ++at) {
    keeper.add(block_of(1 + at * block_size));
    CHECK(keeper.make_room(0));
  }
  return keeper;
}

where away(const people_keeper& of) {
  auto which = where{};
  for (auto at = std::size_t{0}; at < of.size(); ++at)
    if (of.is_away(at))
      which.push_back(at);
  return which;
}

/// Of a block that is not away, all its people.
bool is_block(people_keeper& of, std::size_t block, std::uint64_t first_key) {
  of.hold(block);
  const auto& is = of.held(block);
  const auto expected = block_of(first_key);
  return std::ranges::equal(is[0].integers(), expected[0].integers())
         && std::ranges::equal(is[3].integers(), expected[3].integers());
}

constexpr auto room_for_three = simulation::people_limit{
  .bytes = 3 * there_bytes + 2 * away_bytes, .can_load = true};

} // namespace

TEST_CASE("who is due last goes first") {
  auto keeper = keeper_of(5, room_for_three);
  CHECK(away(keeper) == where{3, 4});
  CHECK(keeper.bytes() == room_for_three.bytes);
  CHECK(keeper.make_room(1));
  CHECK(away(keeper) == where{2, 3, 4});
  CHECK(keeper.bytes() == 2 * there_bytes + 3 * away_bytes);
  CHECK(keeper.spilled() == 3);
}

TEST_CASE("the keys of a block are known wherever it is") {
  const auto can_load = GENERATE(true, false);
  auto keeper = keeper_of(5, {.bytes = 9'000, .can_load = can_load});
  CHECK(keeper.people() == 500);
  for (auto at = std::size_t{0}; at < 5; ++at) {
    const auto first = static_cast<std::int64_t>(1 + at * block_size);
    CHECK(keeper.keys(at).size() == block_size);
    CHECK(keeper.keys(at).integers().front() == first);
    CHECK(keeper.first_key(at) == static_cast<std::uint64_t>(first));
    CHECK(keeper.last_key(at) == static_cast<std::uint64_t>(first) + 99);
  }
  CHECK(keeper.bytes() <= 9'000);
}

TEST_CASE("people of the next year go before those of this year") {
  auto keeper = keeper_of(5, room_for_three);
  keeper.hold(0);
  keeper.replace(0, block_of(1));
  CHECK(keeper.make_room(1));
  CHECK(away(keeper) == where{3, 4}); // It was the one that has just come.
  keeper.hold(1);
  keeper.replace(1, block_of(101, 0));
  keeper.hold(2);
  keeper.replace(2, block_of(201));
  keeper.replace(5, block_of(1'000)); // Hires.
  CHECK(keeper.begin_next_year() == where{0, 2, 5});
  CHECK(keeper.size() == 3);
  CHECK(away(keeper) == where{0});
  CHECK(is_block(keeper, 1, 201));
  CHECK(is_block(keeper, 2, 1'000));
}

TEST_CASE("as many blocks as fit in are never loaded") {
  auto keeper = keeper_of(6, room_for_three);
  auto loads = 0;
  for (auto year = 0; year < 5; ++year) {
    for (auto at = std::size_t{0}; at < keeper.size(); ++at) {
      const auto people = block_of(1 + at * block_size);
      if (keeper.is_away(at)) {
        ++loads;
        REQUIRE(keeper.load(at, people));
      }
      keeper.hold(at);
      keeper.replace(at, people);
      REQUIRE(keeper.make_room(0));
      CHECK(keeper.bytes() <= room_for_three.bytes);
    }
    CHECK(keeper.begin_next_year().size() == 6);
  }
  CHECK(loads == 5 * 4);
}

TEST_CASE("who is held stays, and what is loaded is held") {
  auto keeper = keeper_of(3, room_for_three);
  keeper.hold(0);
  CHECK_FALSE(keeper.make_room(room_for_three.bytes));
  CHECK(away(keeper) == where{1, 2});
  CHECK(is_block(keeper, 0, 1));
  CHECK_FALSE(keeper.load(2, block_of(101)));
  CHECK_FALSE(keeper.load(0, block_of(1)));
  CHECK(keeper.load(2, block_of(201)));
  CHECK_FALSE(keeper.make_room(room_for_three.bytes));
  CHECK(is_block(keeper, 2, 201));
  CHECK(keeper.bytes() == 2 * there_bytes + away_bytes);
}

TEST_CASE("who cannot be loaded is packed, and is the same again") {
  auto keeper = keeper_of(3, {.bytes = 5'000, .can_load = false});
  CHECK(away(keeper).empty());
  CHECK(keeper.bytes() <= 5'000);
  CHECK(keeper.spilled() > 0);
  for (auto at = std::size_t{0}; at < 3; ++at)
    CHECK(is_block(keeper, at, 1 + at * block_size));
  CHECK(keeper.bytes() == 3 * there_bytes);
}

TEST_CASE("a block that is less as columns than packed stays as it is") {
  auto keeper = people_keeper{{.bytes = 10, .can_load = false}};
  keeper.add(block_of(1, 1));
  CHECK_FALSE(keeper.make_room(0));
  CHECK(keeper.bytes() == 30);
  CHECK(keeper.spilled() == 0);
  CHECK(keeper.keys(0).size() == 1);
}

TEST_CASE("without a limit everybody stays, and nobody is copied") {
  auto keeper = people_keeper{{}};
  const auto people = block_of(1);
  keeper.add(people);
  CHECK(keeper.make_room(std::uint64_t{1} << 60U));
  keeper.hold(0);
  CHECK(keeper.held(0)[0].integers().data() == people[0].integers().data());
}

} // namespace troupe::tests
