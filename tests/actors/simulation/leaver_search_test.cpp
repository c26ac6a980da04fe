#include "actors/simulation/leaver_search.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace troupe::simulation {

namespace {

using counts = std::vector<std::int64_t>;

std::int64_t sum(const counts& of) {
  return std::accumulate(of.begin(), of.end(), std::int64_t{0});
}

} // namespace

TEST_CASE("leavers are split by largest remainder, ties to the lower level") {
  CHECK(split_leavers(10, counts{50, 30, 20}) == counts{5, 3, 2});
  // 1.2, 1.5 and 0.3: the one that is left goes to the largest rest.
  CHECK(split_leavers(3, counts{40, 50, 10}) == counts{1, 2, 0});
  // All rests are a third.
  CHECK(split_leavers(1, counts{7, 7, 7}) == counts{1, 0, 0});
  CHECK(split_leavers(2, counts{7, 7, 7}) == counts{1, 1, 0});
  CHECK(split_leavers(2, counts{0, 7, 0, 7, 7}) == counts{0, 1, 0, 1, 0});
  CHECK(split_leavers(0, counts{7, 7}) == counts{0, 0});
  CHECK(split_leavers(14, counts{7, 7}) == counts{7, 7});
  CHECK(split_leavers(0, counts{0, 0}) == counts{0, 0});
  // Products beyond 64 bits.
  CHECK(split_leavers(6'000'000'000'000,
                      counts{4'000'000'000'000'000, 2'000'000'000'000'000})
        == counts{4'000'000'000'000, 2'000'000'000'000});
}

TEST_CASE("a level never has more leavers than people, nor too few") {
  auto bits = std::mt19937{5};
  for (auto round = 0; round < 20'000; ++round) {
    auto people_of = counts(5);
    for (auto& each : people_of)
      each = bits() % 3 == 0 ? 0 : static_cast<std::int64_t>(bits() % 9);
    const auto all = sum(people_of);
    const auto leavers
      = static_cast<std::int64_t>(bits() % static_cast<unsigned>(all + 1));
    const auto split = split_leavers(leavers, people_of);
    REQUIRE(sum(split) == leavers);
    for (auto at = std::size_t{0}; at < 5; ++at) {
      REQUIRE(split[at] <= people_of[at]);
      REQUIRE(std::abs(split[at] * all - leavers * people_of[at])
              < std::max(all, std::int64_t{1}));
    }
  }
}

TEST_CASE("each group finds the last of its own leavers") {
  auto search = leaver_search{2};
  // Ten of the first, thirty of the second, from far apart.
  auto block = std::vector<draw_histogram>(2);
  const auto draw_of = [](std::uint64_t key) { return (key * 7 % 41) << 57U; };
  for (auto key = std::uint64_t{1}; key <= 40; ++key)
    block[key <= 10 ? 0 : 1].add(draw_of(key));
  REQUIRE(search.merge(block));
  block.pop_back();
  CHECK_FALSE(search.merge(block));
  REQUIRE(search.find_buckets(8));
  CHECK(search.does_anybody_leave());
  for (auto key = std::uint64_t{1}; key <= 40; ++key) {
    const auto group = std::size_t{key > 10};
    if (search.buckets()[group]->is_in(draw_of(key)))
      search.draws()[group].push_back({draw_of(key), key});
  }
  const auto bounds = search.find_bounds();
  auto leavers = counts(2);
  for (auto key = std::uint64_t{1}; key <= 40; ++key) {
    const auto group = std::size_t{key > 10};
    leavers[group] += is_chosen(bounds[group], {draw_of(key), key}) ? 1 : 0;
  }
  CHECK(leavers == counts{2, 6});
  for (auto level = std::size_t{2}; level < level_count; ++level)
    CHECK_FALSE(bounds[level]);
}

TEST_CASE("one group has one bound for all levels") {
  auto search = leaver_search{};
  search.histograms().front().add(5);
  const auto many = search.find_buckets(2);
  REQUIRE_FALSE(many);
  CHECK(many.error().message == "2 are to leave of 1 who can");
  CHECK_FALSE(search.find_buckets(-1));
  REQUIRE(search.find_buckets(0));
  CHECK_FALSE(search.does_anybody_leave());
  REQUIRE(search.find_buckets(1));
  search.draws().front().push_back({5, 9});
  const auto bounds = search.find_bounds();
  for (auto level = std::size_t{0}; level < level_count; ++level)
    CHECK(bounds[level] == draw_bound{keyed_draw{5, 9}});
}

} // namespace troupe::simulation
