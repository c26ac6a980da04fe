#include "actors/simulation/packed_integers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <random>

namespace troupe::simulation {

namespace {

using values = std::vector<std::int64_t>;

std::string packed(const std::vector<values>& runs) {
  auto bytes = std::string{};
  auto packer = integer_packer{bytes};
  for (const auto& run : runs) {
    std::ranges::copy(run, packer.room(run.size()).begin());
    packer.add_room();
  }
  return bytes;
}

bool comes_back(const std::vector<values>& runs) {
  const auto bytes = packed(runs);
  auto unpacker = integer_unpacker{bytes};
  for (const auto& run : runs) {
    const auto read = unpacker.next(run.size());
    if (!read || !std::ranges::equal(*read, run))
      return false;
  }
  return unpacker.is_done();
}

/// Values that need so many bits, from `least` on.
values make_values(std::size_t count, unsigned bits, std::int64_t least) {
  auto random = std::mt19937_64{bits};
  auto made = values(count);
  for (auto& value : made)
    value
      = static_cast<std::int64_t>(static_cast<std::uint64_t>(least)
                                  + (bits == 0 ? 0 : random() >> (64U - bits)));
  return made;
}

} // namespace

TEST_CASE("runs of every width come back, one behind the other") {
  auto runs = std::vector<values>{};
  for (auto bits = 0U; bits <= 64; ++bits)
    for (const auto count : {0U, 1U, 2U, 63U, 200U})
      runs.push_back(
        make_values(count, bits, bits == 64 ? 0 : -(std::int64_t{1} << 40U)));
  runs.push_back({std::numeric_limits<std::int64_t>::max(),
                  std::numeric_limits<std::int64_t>::min()});
  CHECK(comes_back(runs));
}

TEST_CASE("equal values take no room, repeated ones little") {
  CHECK(packed({values(10'000, 63)}).size() == 2);
  CHECK(packed({values(10'000, -64)}).size() == 2);
  auto repeated = values(10'000);
  for (auto at = std::size_t{0}; at < repeated.size(); ++at)
    repeated[at] = static_cast<std::int64_t>(at % 50) * 1'000'000;
  CHECK(packed({repeated}).size() < 4'000);
  CHECK(comes_back({repeated}));
}

TEST_CASE("values without a pattern take the bits they need") {
  CHECK(packed({make_values(8'000, 11, 5)}).size() < 11'000 + 16);
}

TEST_CASE("bytes that are no runs are refused, whatever they are") {
  auto random = std::mt19937_64{1};
  const auto bytes = packed(
    {make_values(300, 20, 0), values(300, 4), make_values(300, 3, -9)});
  for (auto round = 0; round < 20'000; ++round) {
    auto damaged = bytes.substr(0, random() % (bytes.size() + 1));
    for (auto change = random() % 8; change > 0 && !damaged.empty(); --change)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    // The sanitizers tell whether it reads or writes where it must not.
    auto unpacker = integer_unpacker{damaged};
    while (const auto read = unpacker.next(1 + random() % 600))
      CHECK(read->size() <= 600);
  }
  auto unpacker = integer_unpacker{std::string_view{bytes}.substr(0, 8)};
  CHECK_FALSE(unpacker.next(300));
  // Too few bytes, too many bits, a least value that does not end.
  auto few = integer_unpacker{std::string_view{"\x40zzzz", 5}};
  CHECK_FALSE(few.next(1'000));
  auto wide = integer_unpacker{std::string_view{"\x41zzzzzzzzzzzz", 13}};
  CHECK_FALSE(wide.next(1));
  auto endless = integer_unpacker{std::string_view{
    "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13}};
  CHECK_FALSE(endless.next(1));
}

} // namespace troupe::simulation
