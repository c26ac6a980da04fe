#include "actors/scoring/score_batch.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace troupe;
using namespace troupe::scoring;

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

using columns = std::vector<std::vector<double>>;

item_view view_rows(const columns& values, std::size_t first,
                    std::size_t rows) {
  auto view = item_view{};
  view.rows = rows;
  for (const auto& column : values)
    view.values.push_back(std::span{column}.subspan(first, rows));
  return view;
}

item_view view_all(const columns& values) {
  return view_rows(values, 0, values.front().size());
}

scoring_scales scales_of(const scoring_plan& plan, const columns& values) {
  auto sorted = columns(values.size());
  for (auto j = std::size_t{0}; j < values.size(); ++j) {
    std::ranges::copy_if(values[j], std::back_inserter(sorted[j]),
                         [](double value) { return std::isfinite(value); });
    std::ranges::sort(sorted[j]);
  }
  return make_scales(plan, measure(plan, view_all(values)), sorted);
}

strategic_batch score_all(const scoring_plan& plan, const columns& values) {
  return score(plan, scales_of(plan, values), view_all(values), keep::values);
}

/// One criterion after another, each in the category that is named.
scoring_plan make_plan(const std::vector<std::size_t>& categories,
                       const std::vector<double>& weights) {
  auto plan = scoring_plan{};
  plan.categories.resize(*std::ranges::max_element(categories) + 1);
  for (auto j = std::size_t{0}; j < categories.size(); ++j) {
    auto one = planned_criterion{};
    one.category = categories[j];
    one.global_weight = weights[j];
    one.strategic_weight = weights[j];
    plan.categories[one.category].weight += weights[j];
    plan.criteria.push_back(one);
  }
  return plan;
}

/// The values that one criterion of weight 1 makes of a column.
std::vector<double> values_of(const criterion& definition,
                              const std::vector<double>& column,
                              rule_set rules = rule_set::standard) {
  auto plan = make_plan({0}, {1.0});
  plan.rules = rules;
  plan.criteria[0].definition = definition;
  return score_all(plan, {column}).values[0];
}

criterion with_method(normalisation method) {
  auto result = criterion{};
  result.method = method;
  return result;
}

criterion with_function(scoring_function::shape kind, double curvature) {
  auto result = criterion{};
  result.function.kind = kind;
  result.function.curvature = curvature;
  return result;
}

void check_near(const std::vector<double>& actual,
                const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (auto i = std::size_t{0}; i < actual.size(); ++i)
    CHECK(actual[i] == Approx(expected[i]).margin(1e-12));
}

// -- random plans and batches -------------------------------------------------

double unit(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

template <class Enum>
Enum pick(std::mt19937_64& random, int count) {
  return static_cast<Enum>(random() % static_cast<std::uint64_t>(count));
}

criterion random_criterion(std::mt19937_64& random, rule_set rules,
                           bool is_plain) {
  auto one = criterion{};
  one.better = pick<direction>(random, 2);
  if (is_plain)
    return one;
  one.method = pick<normalisation>(random, 5);
  if (rules == rule_set::compat && one.method > normalisation::zscore)
    one.method = normalisation::none;
  one.missing = pick<missing_policy>(random, 4);
  one.function.kind = pick<scoring_function::shape>(random, 5);
  one.function.curvature = unit(random) * 5.0;
  one.function.breakpoints = {{0.2, 0.1}, {0.5, 0.7}, {0.9, 1.0}};
  if (random() % 3 == 0)
    one.threshold_min = unit(random) * 0.5;
  if (random() % 3 == 0)
    one.threshold_max = 0.5 + unit(random) * 0.5;
  return one;
}

scoring_plan random_plan(std::uint64_t seed, bool is_plain) {
  auto random = std::mt19937_64{seed};
  auto categories = std::vector<std::size_t>{};
  auto weights = std::vector<double>{};
  const auto category_count = 1 + random() % 5;
  for (auto j = std::size_t{0}; j < 1 + random() % 12 + category_count; ++j) {
    categories.push_back(random() % category_count);
    weights.push_back(random() % 10 == 0 && !is_plain ? 0.0 : unit(random));
  }
  auto plan = make_plan(categories, weights);
  plan.categories.resize(category_count);
  plan.rules
    = is_plain || seed % 3 != 0 ? rule_set::standard : rule_set::compat;
  for (auto& one : plan.criteria) {
    one.definition = random_criterion(random, plan.rules, is_plain);
    one.global_weight *= 0.9;
    if (plan.rules == rule_set::standard)
      one.global_weight = one.strategic_weight;
  }
  return plan;
}

columns random_columns(std::size_t count, std::size_t rows, std::uint64_t seed,
                       std::uint64_t gap_rarity) {
  auto random = std::mt19937_64{seed};
  auto result = columns(count, std::vector<double>(rows));
  for (auto& column : result) {
    const auto kind = random() % 6;
    for (auto& value : column) {
      value = kind == 0   ? 7.25
              : kind == 1 ? std::floor(unit(random) * 4.0) - 1.0
              : kind == 2 ? (unit(random) * 2.0 - 1.0) * 1.7e308
                          : unit(random) * 1000.0;
      if (gap_rarity != 0 && random() % gap_rarity == 0)
        value = random() % 4 == 0 ? infinity : missing_value;
    }
  }
  return result;
}

// -- bit by bit ---------------------------------------------------------------

bool is_same(const std::vector<double>& left, std::size_t first,
             const std::vector<double>& right) {
  for (auto i = std::size_t{0}; i < right.size(); ++i) {
    const auto a = left[first + i];
    const auto b = right[i];
    if (std::isnan(a) != std::isnan(b)
        || (!std::isnan(a)
            && std::bit_cast<std::uint64_t>(a)
                 != std::bit_cast<std::uint64_t>(b)))
      return false;
  }
  return true;
}

/// Whether `part` is what `whole` holds from row `first` on.
bool is_part(const strategic_batch& whole, std::size_t first,
             const strategic_batch& part) {
  auto result = is_same(whole.raw, first, part.raw);
  for (auto j = std::size_t{0}; j < part.values.size(); ++j)
    result = result && is_same(whole.values[j], first, part.values[j]);
  for (auto k = std::size_t{0}; k < part.categories.size(); ++k)
    result = result && is_same(whole.categories[k], first, part.categories[k]);
  if (!part.completeness.empty())
    return result && is_same(whole.completeness, first, part.completeness);
  for (auto i = first; i < first + part.rows && !whole.completeness.empty();
       ++i)
    result = result && whole.completeness[i] == 1.0;
  return result;
}

void check_cuts(const scoring_plan& plan, const scoring_scales& scales,
                const columns& values, keep what) {
  const auto rows = values.front().size();
  const auto expected = score_reference(plan, scales, view_all(values), what);
  for (const auto cut : {std::size_t{1}, std::size_t{7}, std::size_t{64}, rows})
    for (auto first = std::size_t{0}; first < rows; first += cut) {
      const auto size = std::min(cut, rows - first);
      REQUIRE(
        is_part(expected, first,
                score(plan, scales, view_rows(values, first, size), what)));
    }
}

/// Runs `body` on every vector length this machine has.
template <class Body>
void on_every_target(Body body) {
  const auto targets = hwy::SupportedTargets();
  for (auto bit = std::int64_t{1}; bit != 0 && bit <= (std::int64_t{1} << 62);
       bit = bit == (std::int64_t{1} << 62) ? 0 : bit << 1) {
    if ((targets & bit) == 0)
      continue;
    hwy::SetSupportedTargetsForTest(bit);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace

TEST_CASE("scores are the reference bit by bit for any plan, cut and machine") {
  on_every_target([] {
    for (auto seed = std::uint64_t{0}; seed < tests::effort(60); ++seed) {
      const auto plan = random_plan(seed, false);
      const auto values = random_columns(plan.criteria.size(), 150, seed,
                                         seed % 2 == 0 ? 0 : 5);
      const auto scales = scales_of(plan, values);
      check_cuts(plan, scales, values, keep::values);
      check_cuts(plan, scales, values, keep::sums_only);
    }
  });
}

TEST_CASE("the common case is the reference bit by bit, gaps or not") {
  on_every_target([] {
    for (auto seed = std::uint64_t{0}; seed < tests::effort(12); ++seed) {
      const auto plan = random_plan(seed, true);
      const auto values
        = random_columns(plan.criteria.size(), 2500, seed, seed % 3 * 2000);
      const auto scales = scales_of(plan, values);
      check_cuts(plan, scales, values, keep::sums_only);
    }
  });
}

TEST_CASE("minmax maps the extremes to 0 and 1, or 1 and 0 for costs") {
  auto one = criterion{};
  CHECK(values_of(one, {2.0, 4.0, 3.0}) == std::vector{0.0, 1.0, 0.5});
  one.better = direction::lower_is_better;
  CHECK(values_of(one, {2.0, 4.0, 2.5}) == std::vector{1.0, 0.0, 0.75});
  CHECK(values_of(criterion{}, {-1.5e308, 1.5e308, 0.0})
        == std::vector{0.0, 1.0, 0.5});
}

TEST_CASE("a column without spread is 0.5 under every method but none") {
  for (const auto method : {normalisation::minmax, normalisation::zscore,
                            normalisation::percentile, normalisation::robust}) {
    CHECK(values_of(with_method(method), {3.0, 3.0}) == std::vector{0.5, 0.5});
    CHECK(values_of(with_method(method), {0.1}) == std::vector{0.5});
  }
  CHECK(values_of(with_method(normalisation::none), {0.3, 0.3})
        == std::vector{0.3, 0.3});
}

TEST_CASE("zscore is the logistic of the population z") {
  const auto z = std::sqrt(1.5);
  check_near(values_of(with_method(normalisation::zscore), {1.0, 2.0, 3.0}),
             {1.0 / (1.0 + std::exp(z)), 0.5, 1.0 / (1.0 + std::exp(-z))});
}

TEST_CASE("percentile is the mid-rank as a share of the column") {
  CHECK(
    values_of(with_method(normalisation::percentile), {30.0, 10.0, 20.0, 20.0})
    == std::vector{0.875, 0.125, 0.5, 0.5});
}

TEST_CASE("robust clips at the 5th and 95th percentile") {
  auto column = std::vector<double>(101);
  for (auto i = std::size_t{0}; i < column.size(); ++i)
    column[i] = static_cast<double>(i);
  column[100] = 1e9;
  const auto values = values_of(with_method(normalisation::robust), column);
  CHECK(values[0] == 0.0);
  CHECK(values[5] == 0.0);
  CHECK(values[50] == 0.5);
  CHECK(values[95] == 1.0);
  CHECK(values[100] == 1.0);
}

TEST_CASE("an item outside of the stored scale is clipped to it") {
  const auto plan = make_plan({0}, {1.0});
  const auto scales = scales_of(plan, {{0.0, 10.0}});
  const auto columns_of_one = columns{{25.0}};
  const auto scored
    = score(plan, scales, view_all(columns_of_one), keep::values);
  CHECK(scored.raw == std::vector{1.0});
}

TEST_CASE("scoring functions bend the value between 0 and 1") {
  using shape = scoring_function::shape;
  const auto column = std::vector{0.0, 0.5, 1.0};
  check_near(values_of(with_function(shape::logarithmic, 3.0), column),
             {0.0, std::log(2.5) / std::log(4.0), 1.0});
  check_near(values_of(with_function(shape::exponential, 2.0), column),
             {0.0, (std::exp(1.0) - 1.0) / (std::exp(2.0) - 1.0), 1.0});
  check_near(values_of(with_function(shape::diminishing, 2.0), column),
             {0.0, (1.0 - std::exp(-1.0)) / (1.0 - std::exp(-2.0)), 1.0});
  check_near(values_of(with_function(shape::exponential, 0.0), column), column);
  auto stepped = with_function(shape::step, 0.0);
  stepped.function.breakpoints = {{0.25, 0.3}, {0.5, 0.8}, {1.1, 1.0}};
  CHECK(values_of(stepped, column) == std::vector{0.0, 0.8, 0.8});
}

TEST_CASE("thresholds bound the value before it is inverted") {
  auto one = criterion{};
  one.threshold_min = 0.25;
  one.threshold_max = 0.5;
  CHECK(values_of(one, {0.0, 1.0, 0.375}) == std::vector{0.25, 0.5, 0.375});
  one.better = direction::lower_is_better;
  CHECK(values_of(one, {0.0, 1.0}) == std::vector{0.75, 0.5});
  CHECK(values_of(one, {0.0, 1.0, 0.0}, rule_set::compat)
        == std::vector{4.0, 2.0, 4.0});
}

TEST_CASE("a missing value passes its weight on within the category") {
  const auto plan = make_plan({0, 0, 1}, {0.3, 0.3, 0.4});
  const auto scored = score_all(
    plan, {{0.0, 1.0, missing_value}, {0.0, 1.0, 1.0}, {1.0, 0.0, 0.0}});
  check_near(scored.raw, {0.4, 0.6, 0.6});
  check_near(scored.categories[0], {0.0, 0.6, 0.6});
  check_near(scored.completeness, {1.0, 1.0, 0.7});
  CHECK(std::isnan(scored.values[0][2]));
}

TEST_CASE("a missing category passes its weight on to the others") {
  const auto plan = make_plan({0, 1, 2}, {0.5, 0.25, 0.25});
  const auto scored = score_all(
    plan, {{0.0, 1.0, missing_value}, {0.0, 1.0, 1.0}, {0.0, 1.0, 0.5}});
  check_near(scored.raw, {0.0, 1.0, 0.75});
  CHECK(scored.categories[0][2] == 0.0);
  check_near({scored.categories[1][2] + scored.categories[2][2]},
             {scored.raw[2]});
  CHECK(scored.completeness[2] == 0.5);
}

TEST_CASE("an item about which nothing is known scores 0") {
  const auto plan = make_plan({0, 1}, {0.5, 0.5});
  const auto scored
    = score_all(plan, {{0.0, 1.0, missing_value}, {0.0, 1.0, infinity}});
  CHECK(scored.raw[2] == 0.0);
  CHECK(scored.completeness[2] == 0.0);
}

TEST_CASE(
  "missing counts as the worst, or as the mean, where the policy says") {
  auto plan = make_plan({0, 0}, {0.5, 0.5});
  plan.criteria[0].definition.missing = missing_policy::zero;
  plan.criteria[0].definition.better = direction::lower_is_better;
  plan.criteria[1].definition.missing = missing_policy::mean;
  const auto scored
    = score_all(plan, {{0.0, 1.0, missing_value}, {0.0, 1.0, missing_value}});
  CHECK(scored.values[0][2] == 0.0);
  CHECK(scored.values[1][2] == 0.5);
  CHECK(scored.raw[2] == 0.25);
  CHECK(scored.completeness[2] == 0.0);
}

TEST_CASE("complete batches own no completeness") {
  const auto plan = make_plan({0}, {1.0});
  CHECK(score_all(plan, {{1.0, 2.0}}).completeness.empty());
}

TEST_CASE("compat leaves a single item unscaled") {
  auto one = criterion{};
  CHECK(values_of(one, {42.0}, rule_set::compat) == std::vector{42.0});
  one.better = direction::lower_is_better;
  CHECK(values_of(one, {4.0}, rule_set::compat) == std::vector{0.25});
  CHECK(values_of(one, {0.0}, rule_set::compat) == std::vector{0.0});
}

TEST_CASE("compat inverts costs by one over the value") {
  auto one = criterion{};
  one.better = direction::lower_is_better;
  CHECK(values_of(one, {0.0, 1.0, 4.0}, rule_set::compat)
        == std::vector{0.0, 4.0, 1.0});
  CHECK(values_of(one, {3.0, 3.0}, rule_set::compat) == std::vector{2.0, 2.0});
}

TEST_CASE("compat: one NaN makes a column constant") {
  CHECK(values_of(criterion{}, {0.0, missing_value, 4.0}, rule_set::compat)
        == std::vector{0.5, 0.5, 0.5});
  CHECK(values_of(with_method(normalisation::zscore), {0.0, missing_value, 4.0},
                  rule_set::compat)
        == std::vector{0.5, 0.5, 0.5});
}
