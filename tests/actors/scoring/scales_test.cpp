#include "actors/scoring/scales.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

scoring_plan plan_of(normalisation method,
                     rule_set rules = rule_set::standard) {
  auto plan = scoring_plan{};
  plan.rules = rules;
  plan.criteria.resize(1);
  plan.criteria[0].definition.method = method;
  return plan;
}

batch_statistics measure_part(const scoring_plan& plan,
                              const std::vector<double>& column,
                              std::size_t first, std::size_t rows) {
  auto items = item_view{};
  items.rows = rows;
  items.values.push_back(std::span{column}.subspan(first, rows));
  return measure(plan, items);
}

batch_statistics measure_in(const scoring_plan& plan,
                            const std::vector<double>& column,
                            std::size_t batch) {
  auto merged = batch_statistics{};
  for (auto first = std::size_t{0}; first < column.size(); first += batch)
    merge(merged, measure_part(plan, column, first,
                               std::min(batch, column.size() - first)));
  return merged;
}

criterion_scale scale_of(const scoring_plan& plan,
                         const std::vector<double>& column) {
  return make_scales(plan, measure_in(plan, column, column.size()), {})
    .criteria[0];
}

std::vector<double> random_column(std::size_t rows, double centre,
                                  std::uint64_t seed) {
  auto random = std::mt19937_64{seed};
  auto column = std::vector<double>(rows);
  for (auto& value : column)
    value = centre + static_cast<double>(random() >> 11U) * 0x1p-53;
  return column;
}

} // namespace

TEST_CASE("scales are the same bits however rows were cut") {
  const auto plan = plan_of(normalisation::zscore);
  auto column = random_column(10'000, 1e7, 1);
  column[17] = missing_value;
  column[9999] = -0.0;
  const auto whole = make_scales(plan, measure_in(plan, column, 10'000), {});
  for (const auto batch : {1U, 7U, 64U, 4096U})
    CHECK(make_scales(plan, measure_in(plan, column, batch), {}) == whole);
  CHECK(whole.rows == 10'000);
  CHECK(whole.criteria[0].count == 9'999);
}

TEST_CASE("extremes and counts leave out what is missing") {
  const auto plan = plan_of(normalisation::minmax);
  const auto statistics
    = measure_in(plan, {missing_value, 3.0, -infinity, -2.0, infinity, 5.0}, 6);
  const auto& column = statistics.columns[0];
  CHECK(column.count == 3);
  CHECK(column.missing == 3);
  CHECK(column.minimum == -2.0);
  CHECK(column.maximum == 5.0);
  CHECK(column.sum == exact_sum{});
}

TEST_CASE("extremes are found at every place of a column") {
  const auto plan = plan_of(normalisation::minmax);
  for (auto size = std::size_t{1}; size < 70; ++size)
    for (auto place = std::size_t{0}; place < size; ++place) {
      auto column = std::vector<double>(size, 1.0);
      column[place] = 9.0;
      column[(place + 1) % size] = size == 1 ? 9.0 : -9.0;
      const auto one = measure_part(plan, column, 0, size).columns[0];
      REQUIRE(one.maximum == 9.0);
      REQUIRE(one.minimum == (size == 1 ? 9.0 : -9.0));
      REQUIRE(one.count == size);
    }
}

TEST_CASE("one missing value anywhere does not disturb the extremes") {
  const auto plan = plan_of(normalisation::minmax);
  auto column = random_column(9'000, 5.0, 3);
  const auto clean = measure_part(plan, column, 0, column.size()).columns[0];
  for (auto place = std::size_t{1}; place < column.size(); place += 611) {
    auto gappy = column;
    gappy.insert(gappy.begin() + static_cast<std::ptrdiff_t>(place),
                 missing_value);
    const auto one = measure_part(plan, gappy, 0, gappy.size()).columns[0];
    REQUIRE(one.missing == 1);
    REQUIRE(one.count == clean.count);
    REQUIRE(one.minimum == clean.minimum);
    REQUIRE(one.maximum == clean.maximum);
  }
}

TEST_CASE("mean and deviation are exact even far from zero") {
  const auto plan = plan_of(normalisation::zscore);
  const auto scale = scale_of(plan, {1e15 + 1.0, 1e15 + 2.0, 1e15 + 3.0});
  CHECK(scale.mean == 1e15 + 2.0);
  CHECK(scale.deviation == std::sqrt(6.0) / 3.0);
  const auto close = scale_of(plan, {1.0, 1.0 + 0x1p-52});
  CHECK(close.deviation == 0x1p-53);
}

TEST_CASE("a constant column has its value as mean and no deviation") {
  const auto scale
    = scale_of(plan_of(normalisation::zscore), std::vector<double>(3, 0.1));
  CHECK(scale.mean == 0.1);
  CHECK(scale.deviation == 0.0);
}

TEST_CASE("a missing value is a problem only where the policy says so") {
  auto plan = plan_of(normalisation::minmax);
  plan.criteria[0].definition.id = "reach";
  const auto gappy = measure_in(plan, {1.0, missing_value, 2.0}, 2);
  const auto full = measure_in(plan, {1.0, 2.0}, 2);
  CHECK_FALSE(forbidden_gap(plan, gappy));
  plan.criteria[0].definition.missing = missing_policy::error;
  CHECK_FALSE(forbidden_gap(plan, full));
  const auto problem = forbidden_gap(plan, gappy);
  REQUIRE(problem);
  CHECK(problem->kind == runtime::problem_kind::invalid_input);
  CHECK(problem->message == "1 of 3 items have no value for reach");
  plan.rules = rule_set::compat;
  CHECK_FALSE(forbidden_gap(plan, gappy));
}

TEST_CASE("an empty portfolio has empty scales") {
  const auto plan = plan_of(normalisation::percentile);
  const auto scales = make_scales(plan, batch_statistics{}, {});
  CHECK(scales.rows == 0);
  REQUIRE(scales.criteria.size() == 1);
  CHECK(scales.criteria[0] == criterion_scale{});
}

TEST_CASE("only percentile and robust need the values in order") {
  const auto needs = [](normalisation method) {
    return needs_sorted(plan_of(method).criteria[0]);
  };
  CHECK(needs(normalisation::percentile));
  CHECK(needs(normalisation::robust));
  CHECK_FALSE(needs(normalisation::minmax));
  CHECK_FALSE(needs(normalisation::zscore));
  CHECK_FALSE(needs(normalisation::none));
}

TEST_CASE("robust bounds are the 5th and 95th percentile") {
  auto column = std::vector<double>{};
  for (auto i = 0; i <= 10; ++i)
    column.push_back(static_cast<double>(i) * 2.0);
  const auto plan = plan_of(normalisation::robust);
  const auto sorted = std::vector<std::vector<double>>{column};
  const auto scale
    = make_scales(plan, measure_in(plan, column, 4), sorted).criteria[0];
  CHECK(scale.low == 1.0);
  CHECK(scale.high == 19.0);
  CHECK(scale.sorted.empty());
}

TEST_CASE("compat takes infinities as values and NaN as the end of a scale") {
  const auto plan = plan_of(normalisation::minmax, rule_set::compat);
  const auto open = scale_of(plan, {0.0, infinity, 3.0});
  CHECK(open.maximum == infinity);
  CHECK(open.count == 3);
  const auto closed = scale_of(plan, {0.0, missing_value, 3.0});
  CHECK(closed.count == 3);
  CHECK(closed.minimum == closed.maximum);
}

TEST_CASE("a quantile interpolates between order statistics") {
  const auto of
    = [](std::vector<double> values, double q) { return quantile(values, q); };
  CHECK(of({}, 0.5) == 0.0);
  CHECK(of({4.0}, 0.95) == 4.0);
  CHECK(of({3.0, 1.0, 2.0}, 0.5) == 2.0);
  CHECK(of({4.0, 1.0, 3.0, 2.0}, 0.5) == 2.5);
  CHECK(of({4.0, 1.0, 3.0, 2.0}, 0.0) == 1.0);
  CHECK(of({4.0, 1.0, 3.0, 2.0}, 1.0) == 4.0);
  CHECK(of({10.0, 20.0}, 0.25) == 12.5);
  CHECK(of({10.0, 20.0}, 7.0) == 20.0);
}

TEST_CASE("a quantile does not depend on the order of the values") {
  auto values = random_column(1001, 0.0, 5);
  auto random = std::mt19937_64{6};
  auto copy = values;
  const auto expected = quantile(copy, 0.8);
  for (auto round = 0; round < 20; ++round) {
    std::ranges::shuffle(values, random);
    copy = values;
    REQUIRE(quantile(copy, 0.8) == expected);
  }
}
