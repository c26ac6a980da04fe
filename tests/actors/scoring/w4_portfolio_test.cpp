#include "actors/scoring/ranking.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/score_batch.hpp"
#include "actors/scoring/w4_portfolio.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>

using namespace troupe;

namespace {

scoring::item_view view_of(const scoring::item_batch& items) {
  auto view = scoring::item_view{};
  view.rows = items.rows;
  view.values.assign(items.values.begin(), items.values.end());
  return view;
}

} // namespace

TEST_CASE(
  "the W4 portfolio of 10,000 items has the figures all peers agree on") {
  const auto plan = scoring::make_w4_plan();
  const auto items = scoring::make_w4_items(0, 10'000);
  const auto scales = make_scales(plan, measure(plan, view_of(items)), {});
  const auto scored
    = score(plan, scales, view_of(items), scoring::keep::sums_only);
  const auto order = scoring::order_descending(scored.raw);
  const auto ranks = scoring::ranks_from_order(order);
  auto check = std::uint64_t{0};
  for (auto row = std::uint64_t{0}; row < ranks.size(); ++row)
    check += ranks[row] * (row % 97);
  const auto sum = std::accumulate(scored.raw.begin(), scored.raw.end(), 0.0);
  CHECK(order.front() == 9276);
  CHECK(check == 2396682044);
  CHECK(std::nearbyint(sum * 1e6) / 1e6 == 4996.798542);
}

TEST_CASE("the W4 plan has exact weights in four categories") {
  const auto plan = scoring::make_w4_plan();
  REQUIRE(plan.criteria.size() == 20);
  REQUIRE(plan.categories.size() == 4);
  for (auto j = std::size_t{0}; j < 20; ++j) {
    CHECK(plan.criteria[j].strategic_weight
          == static_cast<double>(j + 1) / 210.0);
    CHECK(plan.criteria[j].category == j / 5);
    CHECK((plan.criteria[j].definition.better
           == scoring::direction::lower_is_better)
          == (j % 3 == 2));
  }
}

TEST_CASE("W4 items are the same whichever rows are made together") {
  const auto all = scoring::make_w4_items(0, 100);
  const auto some = scoring::make_w4_items(40, 7);
  REQUIRE(some.values.size() == 20);
  for (auto j = std::size_t{0}; j < 20; ++j)
    for (auto row = std::size_t{0}; row < 7; ++row)
      CHECK(some.values[j][row] == all.values[j][40 + row]);
}

TEST_CASE("the configuration of W4 compiles to the weights of its plan") {
  const auto expected = scoring::make_w4_plan();
  const auto plan = scoring::compile(scoring::make_w4_configuration());
  REQUIRE(plan);
  REQUIRE(plan->criteria.size() == expected.criteria.size());
  for (std::size_t j = 0; j < expected.criteria.size(); ++j)
    CHECK(plan->criteria[j].strategic_weight
          == expected.criteria[j].strategic_weight);
}
