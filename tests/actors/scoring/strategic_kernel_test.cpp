#include "actors/scoring/strategic_kernel.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace troupe::scoring;

namespace {

constexpr auto rows = std::size_t{8};

/// From 0 to 10, in the first of two categories, weight a half.
scoring_rule ratio_rule() {
  auto rule = scoring_rule{};
  rule.normal = scoring_rule::form::ratio;
  rule.low = 0.0;
  rule.high = 10.0;
  rule.extent = 10.0;
  rule.category_weight = 0.5;
  return rule;
}

score_tile tile_of(const std::vector<double>& values) {
  auto tile = score_tile{2};
  tile.rows = values.size();
  std::copy(values.begin(), values.end(), tile.given.begin());
  return tile;
}

} // namespace

TEST_CASE("ratios of several columns are weighed and summed") {
  const auto up = ratio_rule();
  auto down = ratio_rule();
  down.inversion = scoring_rule::turn::complement;
  const auto values = std::vector<double>{0, 1, 2, 3, 4, 5, 10, 20};
  auto sums = std::vector<double>(rows);
  auto raw = std::vector<double>(rows, 1.0);
  const auto terms
    = std::vector<ratio_term>{{values.data(), &up}, {values.data(), &down}};
  REQUIRE(sum_ratios(terms, rows, sums.data(), raw.data()));
  for (std::size_t row = 0; row < rows; ++row) {
    CHECK(sums[row] == Approx(0.5));
    CHECK(raw[row] == Approx(1.5));
  }
}

TEST_CASE("one missing value makes the common case give up") {
  const auto rule = ratio_rule();
  auto values = std::vector<double>(rows, 5.0);
  values[6] = missing_value;
  auto sums = std::vector<double>(rows);
  auto raw = std::vector<double>(rows);
  const auto terms = std::vector<ratio_term>{{values.data(), &rule}};
  CHECK_FALSE(sum_ratios(terms, rows, sums.data(), raw.data()));
}

TEST_CASE("gaps are filled with what stands in, and are told of") {
  auto rule = ratio_rule();
  auto tile = tile_of({1, missing_value, 3, 4, 5, 6, 7, 8});
  rule.stand_in = 2.0;
  CHECK(fill_gaps(rule, tile));
  CHECK(tile.values[0] == 1.0);
  CHECK(tile.values[1] == 2.0);
  tile = tile_of({1, 2, 3, 4, 5, 6, 7, 8});
  CHECK_FALSE(fill_gaps(rule, tile));
}

TEST_CASE("values beyond the bounds are clipped before and after the ratio") {
  auto rule = ratio_rule();
  rule.threshold_min = 0.2;
  auto tile = tile_of({-5, 0, 1, 2, 5, 8, 10, 50});
  CHECK_FALSE(fill_gaps(rule, tile));
  apply_ratio(rule, tile);
  CHECK(tile.values[0] == 0.0);
  CHECK(tile.values[7] == 1.0);
  apply_bounds(rule, tile);
  CHECK(tile.values[0] == 0.2);
  CHECK(tile.values[4] == 0.5);
  rule.inversion = scoring_rule::turn::reciprocal;
  apply_bounds(rule, tile);
  CHECK(tile.values[4] == 2.0);
}

TEST_CASE("what is given carries the weight of what is missing") {
  auto first = ratio_rule();
  auto second = ratio_rule();
  second.category = 1;
  auto tile = tile_of({10, 10, 10, 10, 10, 10, 10, 10});
  CHECK_FALSE(fill_gaps(first, tile));
  apply_ratio(first, tile);
  add_values(first, tile);
  auto gaps = std::vector<double>(rows, 0.0);
  gaps[3] = missing_value;
  std::copy(gaps.begin(), gaps.end(), tile.given.begin());
  CHECK(fill_gaps(second, tile));
  apply_ratio(second, tile);
  add_values(second, tile);
  CHECK(std::isnan(tile.values[3]));

  const auto weights = weight_sums{{0.5, 0.5}, 1.0, 1.0};
  renormalise(weights, tile);
  CHECK(tile.raw[0] == Approx(0.5));
  CHECK(tile.completeness[0] == Approx(1.0));
  CHECK(tile.raw[3] == Approx(1.0));
  CHECK(tile.completeness[3] == Approx(0.5));
}
