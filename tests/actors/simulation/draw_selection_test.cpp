#include "actors/simulation/draw_selection.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <span>

namespace troupe::simulation {

namespace {

/// Chosen in two rounds by so many workers, whose parts come in reverse.
draw_bound select(std::span<const keyed_draw> draws, std::size_t workers,
                  std::uint64_t count) {
  auto parts = std::vector<std::vector<keyed_draw>>(workers);
  for (auto i = std::size_t{0}; i < draws.size(); ++i)
    parts[i % workers].push_back(draws[i]);
  std::ranges::reverse(parts);
  auto merged = draw_histogram{};
  for (const auto& part : parts) {
    auto histogram = draw_histogram{};
    for (const auto& one : part)
      histogram.add(one.draw);
    merged.merge(histogram);
  }
  REQUIRE(merged.total() == draws.size());
  const auto bucket = find_bucket(merged, count);
  if (!bucket)
    return std::nullopt;
  auto listed = std::vector<keyed_draw>{};
  for (const auto& part : parts)
    std::ranges::copy_if(part, std::back_inserter(listed),
                         [&](const auto& one) {
                           return bucket->is_in(one.draw);
                         });
  return find_bound(*bucket, listed);
}

/// `spread` masks the draws: few bits give many ties.
std::vector<keyed_draw> make_draws(std::size_t count, std::uint64_t spread,
                                   unsigned seed) {
  auto random = std::mt19937_64{seed};
  auto draws = std::vector<keyed_draw>(count);
  auto key = std::uint64_t{0};
  for (auto& one : draws)
    one = {random() & spread, ++key};
  std::ranges::shuffle(draws, random);
  return draws;
}

} // namespace

TEST_CASE("the smallest draws are chosen as by sorting") {
  const auto spread = GENERATE(~std::uint64_t{0}, std::uint64_t{0xE00} << 52U,
                               std::uint64_t{7}, std::uint64_t{0});
  const auto size = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{500});
  const auto seed = GENERATE(range(1U, 6U));
  const auto draws = make_draws(size, spread, seed);
  auto sorted = draws;
  std::ranges::sort(sorted);
  for (const auto workers : {std::size_t{1}, std::size_t{3}})
    for (const auto count :
         {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size}) {
      const auto bound = select(draws, workers, count);
      CHECK(bound.has_value() == (count > 0));
      if (bound)
        CHECK(*bound == sorted[count - 1]);
      CHECK(static_cast<std::size_t>(std::ranges::count_if(
              draws, [&](const auto& one) { return is_chosen(bound, one); }))
            == count);
    }
}

TEST_CASE("ties of draws are broken by key") {
  const auto bound = draw_bound{keyed_draw{10, 5}};
  CHECK(is_chosen(bound, {10, 4}));
  CHECK(is_chosen(bound, {10, 5}));
  CHECK_FALSE(is_chosen(bound, {10, 6}));
  CHECK(is_chosen(bound, {9, 6}));
  CHECK_FALSE(is_chosen(bound, {11, 1}));
  CHECK_FALSE(is_chosen(std::nullopt, {0, 0}));
}

TEST_CASE("more than there are cannot be chosen") {
  auto draws = draw_histogram{};
  draws.add(1);
  CHECK_FALSE(find_bucket(draws, 2));
  auto listed = std::vector<keyed_draw>{{1, 1}};
  CHECK_FALSE(find_bound({.bucket = 0, .chosen = 2}, listed));
}

} // namespace troupe::simulation
