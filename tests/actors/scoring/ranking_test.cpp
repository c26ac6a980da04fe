#include "actors/scoring/ranking.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace troupe;

namespace {

using rows = std::vector<std::uint32_t>;

constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_before(double left, double right) {
  return std::isnan(right) ? !std::isnan(left) : left > right;
}

rows stable_order(const std::vector<double>& scores, rows prior) {
  std::ranges::stable_sort(prior, [&scores](auto left, auto right) {
    return is_before(scores[left], scores[right]);
  });
  return prior;
}

rows all_rows(std::size_t count) {
  auto result = rows(count);
  std::iota(result.begin(), result.end(), 0U);
  return result;
}

/// The scores in pieces of uneven length.
std::vector<std::span<const double>>
in_pieces(const std::vector<double>& scores) {
  auto pieces = std::vector<std::span<const double>>{};
  auto rest = std::span<const double>{scores};
  for (auto size = std::size_t{1}; !rest.empty(); size = size * 3 + 1) {
    pieces.push_back(rest.first(std::min(size, rest.size())));
    rest = rest.subspan(pieces.back().size());
  }
  return pieces;
}

/// Scores of one kind: spread, few distinct, any bits, clustered, ascending.
std::vector<double> make_scores(std::size_t count, int kind,
                                std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto scores = std::vector<double>(count);
  for (auto& score : scores) {
    const auto draw = random();
    const auto unit = static_cast<double>(draw >> 11U) * 0x1p-53;
    const auto index = static_cast<double>(&score - scores.data());
    score = kind == 0   ? unit
            : kind == 1 ? std::floor(unit * 5.0) - 2.0
            : kind == 2 ? std::bit_cast<double>(draw)
            : kind == 3 ? (draw % 8 == 0 ? unit * 1e300 : 0.5 + unit * 1e-13)
                        : index * 0.25;
  }
  return scores;
}

} // namespace

TEST_CASE("scores are ordered from high to low, as a stable sort does") {
  for (auto kind = 0; kind < 5; ++kind)
    for (const auto count : {0U, 1U, 2U, 31U, 33U, 1000U, 2049U, 60'000U}) {
      const auto scores = make_scores(count, kind, count + 1);
      REQUIRE(scoring::order_descending(scores)
              == stable_order(scores, all_rows(count)));
    }
}

TEST_CASE("NaN is ranked last and the two zeros are equal") {
  const auto scores
    = std::vector{-0.0, not_a_number, 0.0, -infinity, infinity, -not_a_number};
  CHECK(scoring::order_descending(scores) == rows{4, 0, 2, 3, 1, 5});
}

TEST_CASE("equal scores keep a prior order when one is given") {
  const auto overall = make_scores(20'000, 1, 7);
  const auto financial = make_scores(20'000, 1, 8);
  const auto prior = scoring::order_descending(overall);
  CHECK(scoring::order_descending(financial, prior)
        == stable_order(financial, prior));
}

TEST_CASE("a rank is the place in the order, from one") {
  CHECK(scoring::ranks_from_order(rows{2, 0, 1}) == rows{2, 3, 1});
  CHECK(scoring::ranks_from_order({}).empty());
}

TEST_CASE("a ranking in parts is the ranking, however it is cut") {
  for (auto kind = 0; kind < 5; ++kind)
    for (const auto parts : {1U, 2U, 3U, 16U}) {
      const auto scores = make_scores(30'000, kind, parts);
      const auto pieces = in_pieces(scores);
      const auto ranges = scoring::split_for_ranking(pieces, parts);
      REQUIRE(ranges.size() <= parts);
      auto joined = rows{};
      for (const auto& range : ranges) {
        const auto part = scoring::order_part(pieces, range);
        joined.insert(joined.end(), part.begin(), part.end());
      }
      REQUIRE(joined == scoring::order_descending(scores));
    }
}

TEST_CASE("ranking in parts shares the work evenly") {
  const auto scores = make_scores(100'000, 0, 9);
  const auto pieces = in_pieces(scores);
  const auto ranges = scoring::split_for_ranking(pieces, 4);
  REQUIRE(ranges.size() == 4);
  for (const auto& range : ranges) {
    const auto size = scoring::order_part(pieces, range).size();
    CHECK(size > 22'000);
    CHECK(size < 28'000);
  }
  CHECK(scoring::split_for_ranking({}, 4).size() == 1);
}
