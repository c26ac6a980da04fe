#include "cluster/membership/member_table.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

constexpr auto table_time = member_table::time_point{100s};

member made(const std::string& name, std::uint64_t incarnation,
            std::uint64_t version, member_state state,
            std::uint8_t process = 0) {
  return {.name = name,
          .id = runtime::uuid{{process}},
          .incarnation = incarnation,
          .version = version,
          .state = state,
          .roles = {.is_coordinator = false, .is_worker = true}};
}

member random_member(std::mt19937_64& random) {
  return made(std::string(1, static_cast<char>('a' + random() % 4)),
              1 + random() % 3, 1 + random() % 4,
              static_cast<member_state>(random() % 6),
              static_cast<std::uint8_t>(random() % 2));
}

std::vector<member> merged(const std::vector<member>& records) {
  auto table = member_table{};
  for (const auto& record : records)
    table.merge(record, table_time);
  return table.members();
}

} // namespace

TEST_CASE("one of two different records replaces the other") {
  auto random = std::mt19937_64{1};
  for (auto i = 0U; i < effort(10'000); ++i) {
    auto first = random_member(random);
    auto second = random_member(random);
    auto third = random_member(random);
    second.name = third.name = first.name;
    CHECK(supersedes(first, second) + supersedes(second, first)
          == (first == second ? 0 : 1));
    if (supersedes(first, second) && supersedes(second, third))
      CHECK(supersedes(first, third));
  }
}

TEST_CASE(
  "tables are the same whatever the order, the groups and repetitions") {
  for (auto seed = 1U; seed <= effort(2'000); ++seed) {
    auto random = std::mt19937_64{seed};
    auto records = std::vector<member>{};
    for (auto i = 0; i < 20; ++i)
      records.push_back(random_member(random));
    const auto whole = merged(records);
    auto mixed = records;
    mixed.insert(mixed.end(), records.begin(), records.begin() + 7);
    std::shuffle(mixed.begin(), mixed.end(), random);
    INFO("seed " << seed);
    CHECK(merged(mixed) == whole);
    // Two nodes that merged a part each, then one another's table.
    const auto middle
      = mixed.begin() + static_cast<std::ptrdiff_t>(random() % 27);
    const auto left = merged({mixed.begin(), middle});
    auto both = merged({middle, mixed.end()});
    both.insert(both.end(), left.begin(), left.end());
    CHECK(merged(both) == whole);
  }
}

TEST_CASE("death is final for an incarnation, and for no other") {
  auto table = member_table{};
  table.merge(made("b", 2, 3, member_state::alive), table_time);
  table.merge(made("b", 2, 3, member_state::dead), table_time);
  table.merge(made("b", 2, 9, member_state::alive), table_time);
  CHECK(table.find("b")->state == member_state::dead);
  CHECK(table.tombstones() == 1);
  table.merge(made("b", 3, 1, member_state::joining), table_time);
  CHECK(table.find("b")->incarnation == 3);
  CHECK(table.tombstones() == 0);
  table.merge(made("b", 2, 9, member_state::left), table_time);
  CHECK(table.find("b")->state == member_state::joining);
}

TEST_CASE("tombstones go after their time, and the oldest of too many") {
  auto table = member_table{
    {.members_max = 4, .tombstones_max = 2, .tombstone_time = 10s}};
  table.merge(made("a", 1, 1, member_state::alive), table_time);
  for (const auto* name : {"b", "c", "d"})
    table.merge(made(name, 1, 1, member_state::dead), table_time,
                table_time - std::chrono::seconds{name[0] - 'a'});
  CHECK(table.purge(table_time) == std::vector<std::string>{"d"});
  CHECK(table.purge(table_time + 7s).empty());
  CHECK(table.purge(table_time + 8s) == std::vector<std::string>{"c"});
  CHECK(table.purge(table_time + 9s) == std::vector<std::string>{"b"});
  CHECK(table.purge(table_time + 1h).empty());
  CHECK(table.living() == 1);
  // What ended long ago is not taken up again.
  CHECK(
    table
      .merge(made("b", 1, 1, member_state::dead), table_time, table_time - 6s)
      .outcome
    == member_table::merge_outcome::outdated);
}

TEST_CASE("a full table refuses whoever is new, not what becomes of others") {
  auto table = member_table{{.members_max = 2}};
  table.merge(made("a", 1, 1, member_state::alive), table_time);
  table.merge(made("b", 1, 1, member_state::alive), table_time);
  using enum member_table::merge_outcome;
  CHECK(table.merge(made("c", 1, 1, member_state::alive), table_time).outcome
        == refused);
  CHECK(table.merge(made("b", 1, 1, member_state::dead), table_time).outcome
        == changed);
  CHECK(table.merge(made("c", 1, 1, member_state::alive), table_time).outcome
        == changed);
  CHECK(table.merge(made("b", 2, 1, member_state::alive), table_time).outcome
        == refused);
}

TEST_CASE("records that cannot be are told from others") {
  CHECK(is_plausible(made("b", 1, 1, member_state::left)));
  CHECK_FALSE(is_plausible(made("", 1, 1, member_state::alive)));
  CHECK_FALSE(is_plausible(made("b", 0, 1, member_state::alive)));
  CHECK_FALSE(is_plausible(made("b", 1, 0, member_state::alive)));
  CHECK_FALSE(is_plausible(made("b", ~0ULL, 1, member_state::alive)));
  CHECK_FALSE(is_plausible(made("b", 1, ~0ULL, member_state::alive)));
  CHECK_FALSE(
    is_plausible(made(std::string(256, 'b'), 1, 1, member_state::alive)));
}
