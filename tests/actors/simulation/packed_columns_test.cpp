#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/projection.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

namespace troupe::simulation {

namespace {

template <class Columns>
bool are_equal(const Columns& left, const Columns& right) {
  if (left.count != right.count)
    return false;
  for (auto at = std::size_t{0}; at < left.count; ++at)
    if (!(left[at] == right[at]))
      return false;
  return true;
}

bool are_equal(const people& left, const people& right) {
  return left.key == right.key && left.birth_date == right.birth_date
         && left.hire_date == right.hire_date && left.pay == right.pay
         && left.deferral == right.deferral && left.level == right.level
         && left.plan == right.plan;
}

std::string packed(const event_columns& events) {
  auto bytes = std::string{};
  pack_events(events, bytes);
  return bytes;
}

std::string packed(const year_row_columns& rows) {
  auto bytes = std::string{};
  pack_rows(rows, bytes);
  return bytes;
}

std::string packed(const people& staff) {
  auto bytes = std::string{};
  pack_people(staff, bytes);
  return bytes;
}

/// A bit pattern of any width, so that every number of bits occurs.
std::uint64_t any_bits(std::mt19937_64& random) {
  return random() >> (random() % 64);
}

/// Any values that a column takes, in any order.
event_columns make_events(std::size_t count, std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto events = event_columns{};
  events.make_room(count + seed % 3);
  events.count = count;
  for (auto at = std::size_t{0}; at < count; ++at) {
    events.key[at] = any_bits(random);
    events.amount[at] = static_cast<cents>(random());
    events.previous[at] = static_cast<cents>(any_bits(random));
    events.probability[at] = static_cast<std::int32_t>(random());
    events.day[at] = static_cast<std::uint16_t>(random() % 366);
    events.type[at] = static_cast<event_type>(random() % event_type_count);
    events.level[at] = static_cast<std::uint8_t>(random() % 6);
    events.age[at] = static_cast<std::uint8_t>(random() % 128);
    events.tenure[at] = static_cast<std::uint8_t>(random() % 128);
  }
  return events;
}

year_row_columns make_rows(std::size_t count, std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto rows = year_row_columns{};
  rows.make_room(count);
  rows.count = count;
  for (auto at = std::size_t{0}; at < count; ++at) {
    rows.key[at] = std::numeric_limits<std::uint64_t>::max() - at;
    rows.pay[at] = std::numeric_limits<cents>::min() + static_cast<cents>(at);
    rows.prorated[at] = std::numeric_limits<cents>::max();
    rows.birth_date[at] = static_cast<day_number>(random());
    rows.hire_date[at] = std::numeric_limits<day_number>::min();
    rows.termination_date[at] = at % 3 == 0 ? no_day : 20'000;
    rows.deferral[at] = static_cast<std::int32_t>(random() % 100'000);
    rows.status[at] = static_cast<year_status>(random() % 4);
    rows.level[at] = static_cast<std::uint8_t>(random() % 6);
    rows.age[at] = 127;
    rows.tenure[at] = 0;
    rows.plan[at] = static_cast<enrollment>(random() % 3);
  }
  return rows;
}

} // namespace

TEST_CASE("what a projection makes is packed to less and comes back whole") {
  const auto census = tests::read_golden_census();
  const auto block_size
    = GENERATE(std::size_t{1}, std::size_t{97}, block_people);
  auto raw = std::uint64_t{0};
  auto small = std::uint64_t{0};
  const auto years
    = project(tests::read_golden_scenario(),
              make_blocks(census.staff, block_size), block_size,
              tests::golden_headcounts(),
              [&](const projected_year& year) -> runtime::outcome<void> {
                for (const auto& block : year.blocks) {
                  const auto events = packed(block.events);
                  const auto rows = packed(block.rows);
                  const auto next = packed(block.next);
                  CHECK(are_equal(unpack_events(events).value(), block.events));
                  CHECK(are_equal(unpack_rows(rows).value(), block.rows));
                  CHECK(are_equal(unpack_people(next).value(), block.next));
                  raw += raw_bytes(block.events) + raw_bytes(block.rows)
                         + raw_bytes(block.next);
                  small += events.size() + rows.size() + next.size();
                }
                return {};
              });
  REQUIRE(years);
  if (block_size == block_people)
    CHECK(small * 2 < raw);
}

TEST_CASE("any values come back whole") {
  for (auto seed = std::uint64_t{0}; seed < 40; ++seed) {
    const auto count = seed < 4 ? seed : seed * 17;
    const auto events = make_events(count, seed);
    CHECK(are_equal(unpack_events(packed(events)).value(), events));
    const auto rows = make_rows(count, seed);
    CHECK(are_equal(unpack_rows(packed(rows)).value(), rows));
  }
}

TEST_CASE("packing appends, and tells the memory it saves") {
  auto bytes = std::string{"before"};
  const auto events = make_events(3, 1);
  pack_events(events, bytes);
  CHECK(bytes == "before" + packed(events));
  CHECK(raw_bytes(events) == 3 * 34);
  CHECK(raw_bytes(make_rows(2, 1)) == 2 * 45);
  CHECK(raw_bytes(tests::read_golden_census().staff) % 30 == 0);
}

TEST_CASE("damaged bytes are a problem") {
  const auto bytes = packed(make_events(50, 7));
  for (auto size = std::size_t{0}; size < bytes.size(); ++size)
    CHECK_FALSE(unpack_events(std::string_view{bytes}.substr(0, size)));
  for (auto at = std::size_t{0}; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    CHECK_FALSE(unpack_events(damaged));
  }
  CHECK_FALSE(unpack_events(bytes + '\0'));
  const auto other = unpack_rows(bytes);
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == runtime::problem_kind::failed);
  CHECK_FALSE(other.error().hint.empty());
}

TEST_CASE("a checksum that is right makes no bytes harmless") {
  const auto blocks
    = std::vector{packed(make_events(40, 3)), packed(make_rows(40, 3)),
                  packed(tests::read_golden_census().staff)};
  auto random = std::mt19937_64{5};
  for (auto round = 0; round < 20'000; ++round) {
    auto bytes = blocks[random() % blocks.size()];
    // Behind checksum, key and count: a large count is only slow.
    constexpr auto head = std::size_t{20};
    for (auto change = random() % 4; change > 0; --change)
      bytes[head + random() % (bytes.size() - head)]
        = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % 2 * (random() % 9));
    constexpr auto seal = sizeof(std::uint64_t);
    const auto sum = XXH3_64bits(bytes.data() + seal, bytes.size() - seal);
    std::memcpy(bytes.data(), &sum, seal);
    // The sanitizers tell what is wrong beside the values.
    if (const auto events = unpack_events(bytes))
      CHECK(
        std::ranges::all_of(std::span{events->age}.first(events->count),
                            [](std::uint8_t years) { return years <= 127; }));
    if (const auto rows = unpack_rows(bytes))
      CHECK(std::ranges::all_of(std::span{rows->level}.first(rows->count),
                                [](std::uint8_t level) {
                                  return level <= level_count;
                                }));
    if (const auto staff = unpack_people(bytes))
      CHECK(staff->pay.size() == staff->key.size());
  }
}

} // namespace troupe::simulation
