#include "actors/scoring/exact_sum.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace troupe;
using scoring::exact_sum;

namespace {

constexpr auto largest = std::numeric_limits<double>::max();
constexpr auto smallest = std::numeric_limits<double>::denorm_min();
constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();

exact_sum sum_of(const std::vector<double>& terms) {
  auto sum = exact_sum{};
  for (const auto term : terms)
    sum.add(term);
  return sum;
}

/// Finite doubles of every magnitude and sign, subnormal ones included.
std::vector<double> random_terms(std::size_t count, std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto terms = std::vector<double>{};
  while (terms.size() < count) {
    const auto term = std::bit_cast<double>(random());
    if (std::isfinite(term))
      terms.push_back(term);
  }
  return terms;
}

} // namespace

TEST_CASE("an exact sum starts at zero and owns no words") {
  CHECK(exact_sum{}.value() == 0.0);
  CHECK_FALSE(std::signbit(exact_sum{}.value()));
  CHECK(exact_sum{}.words().empty());
}

TEST_CASE("an exact sum of one double is that double") {
  for (const auto term : random_terms(2000, 1))
    REQUIRE(sum_of({term}).value() == term);
  for (const auto term : {0.0, 1.0, -1.0, largest, -largest, smallest,
                          -smallest, 0x1p-1022, 0x1.fffffffffffffp-1023})
    CHECK(sum_of({term}).value() == term);
}

TEST_CASE("an exact sum loses nothing to cancellation") {
  CHECK(sum_of({1e308, 1.0, smallest, -1e308, -1.0}).value() == smallest);
  CHECK(sum_of({largest, largest, -largest}).value() == largest);
  CHECK(sum_of({0.1, 0.2, -0.3}).value() == 0x1p-55);
}

TEST_CASE("an exact sum rounds to nearest, ties to even") {
  CHECK(sum_of({1.0, 0x1p-53}).value() == 1.0);
  CHECK(sum_of({1.0, 0x1p-53, smallest}).value() == 1.0 + 0x1p-52);
  CHECK(sum_of({1.0 + 0x1p-52, 0x1p-53}).value() == 1.0 + 0x1p-51);
  CHECK(sum_of({-1.0, -0x1p-53, -smallest}).value() == -1.0 - 0x1p-52);
  CHECK(sum_of({largest, 0x1p970}).value() == infinity);
  CHECK(sum_of({largest, 0x1p969}).value() == largest);
}

TEST_CASE("an exact sum rounds like extended precision where that is exact") {
  auto random = std::mt19937_64{2};
  for (auto round = 0; round < 5000; ++round) {
    // Sums of twenty 52-bit integers times 2^k need less than 64 bits.
    const auto scale = static_cast<int>(random() % 1000) - 500;
    auto expected = 0.0L;
    auto sum = exact_sum{};
    for (auto i = 0; i < 20; ++i) {
      const auto term = std::ldexp(
        static_cast<double>(static_cast<std::int64_t>(random()) >> 12), scale);
      expected += static_cast<long double>(term);
      sum.add(term);
    }
    REQUIRE(sum.value() == static_cast<double>(expected));
  }
}

TEST_CASE("an exact sum does not depend on order or grouping") {
  auto terms = random_terms(3000, 3);
  const auto whole = sum_of(terms);
  auto random = std::mt19937_64{4};
  for (const auto cut : {1U, 7U, 64U, 3000U}) {
    std::ranges::shuffle(terms, random);
    auto merged = exact_sum{};
    for (auto begin = std::size_t{0}; begin < terms.size(); begin += cut) {
      const auto end = std::min(begin + cut, terms.size());
      merged.merge(sum_of({terms.data() + begin, terms.data() + end}));
    }
    CHECK(merged == whole);
    CHECK(merged.value() == whole.value());
  }
}

TEST_CASE("an exact sum stays exact over more terms than carries can wait") {
  auto sum = exact_sum{};
  sum.add(-1.0);
  for (auto doubling = 0; doubling < 58; ++doubling)
    sum.merge(exact_sum{sum});
  CHECK(sum.value() == -0x1p58);
  sum.add(0.5);
  CHECK(sum.expansion() == std::array{-0x1p58, 0.5, 0.0});
}

TEST_CASE("products are added without rounding") {
  auto sum = exact_sum{};
  sum.add_square(1.0 + 0x1p-52);
  sum.add(-1.0);
  sum.add(-0x1p-51);
  CHECK(sum.value() == 0x1p-104);

  auto cancelled = exact_sum{};
  for (const auto term : random_terms(500, 5)) {
    cancelled.add_square(term);
    cancelled.add_product(term, -term);
  }
  CHECK(cancelled == exact_sum{});
}

TEST_CASE("products beyond the range of double are kept") {
  auto huge = exact_sum{};
  huge.add_square(largest);
  CHECK(huge.value() == infinity);
  huge.add_product(largest, -largest);
  huge.add(3.0);
  CHECK(huge.value() == 3.0);

  auto tiny = exact_sum{};
  tiny.add_square(smallest);
  CHECK(tiny.value() == 0.0);
  CHECK_FALSE(tiny == exact_sum{});
}

TEST_CASE("an infinity wins over numbers, and NaN over all") {
  CHECK(sum_of({1.0, infinity, -largest}).value() == infinity);
  CHECK(sum_of({-infinity, 1.0}).value() == -infinity);
  CHECK(std::isnan(sum_of({infinity, -infinity}).value()));
  CHECK(std::isnan(sum_of({infinity, not_a_number}).value()));
  auto merged = sum_of({1.0});
  merged.merge(sum_of({-infinity}));
  CHECK(merged.value() == -infinity);
  merged.add_product(infinity, 0.0);
  CHECK(std::isnan(merged.value()));
}

TEST_CASE("an exact sum survives its journey in words") {
  for (auto seed = std::uint64_t{0}; seed < 50; ++seed) {
    auto sum = sum_of(random_terms(seed * 3, seed));
    if (seed % 5 == 1)
      sum.add(-infinity);
    if (seed % 2 == 1)
      sum.add_square(largest);
    const auto back = exact_sum::from_words(sum.words());
    REQUIRE(back.has_value());
    CHECK(*back == sum);
    auto more = *back;
    more.merge(sum);
    sum.merge(sum);
    CHECK(more == sum);
  }
}

TEST_CASE("words that no exact sum makes are refused") {
  using words = std::vector<std::uint64_t>;
  const auto refused = [](const words& some) {
    const auto result = exact_sum::from_words(some);
    return !result.has_value()
           && result.error().kind == runtime::problem_kind::invalid_input;
  };
  CHECK(refused({0}));
  CHECK(refused({16, 1}));
  CHECK(refused({8}));
  CHECK(refused({134ULL << 8U, 1}));
  CHECK(refused({~0ULL, 1}));
  CHECK(refused({133ULL << 8U, 1, 1}));
  CHECK(refused({133ULL << 8U, 0x80000000ULL}));
  CHECK(refused({1ULL << 8U, 0, 1}));
  CHECK(refused({1ULL << 8U, 1, 0}));
  CHECK(refused({1ULL << 8U, 1ULL << 32U}));
  CHECK_FALSE(refused({133ULL << 8U, 0x7fffffffULL}));
  CHECK_FALSE(refused({}));
}
