#include "actors/scoring/weights.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe::scoring {

namespace {

using numbers = std::vector<double>;

/// By value: a loop over a part of a temporary would outlive it.
nlohmann::json ahp_cases(const char* kind) {
  return nlohmann::json::parse(
           tests::read_file(tests::golden("qvf/ahp_cases.json")))
    .at(kind);
}

void require_close(double actual, double expected) {
  CAPTURE(actual, expected);
  REQUIRE(std::abs(actual - expected)
          <= 1e-9 * std::max(1.0, std::abs(expected)));
}

void require_close(const numbers& actual, const numbers& expected) {
  REQUIRE(actual.size() == expected.size());
  for (auto index = std::size_t{0}; index < actual.size(); ++index)
    require_close(actual[index], expected[index]);
}

void require_close(const matrix& actual, const matrix& expected) {
  REQUIRE(actual.size() == expected.size());
  for (auto row = std::size_t{0}; row < actual.size(); ++row)
    require_close(actual[row], expected[row]);
}

} // namespace

TEST_CASE("a matrix is analysed as the source system does") {
  const auto cases = ahp_cases("weights");
  REQUIRE(cases.size() == 14);
  for (const auto& expected : cases) {
    const auto result = analyse(expected["matrix"].get<matrix>(), 0.1);
    require_close(result.weights, expected["weights"].get<numbers>());
    require_close(result.lambda_max, expected["lambda_max"]);
    require_close(result.consistency_ratio, expected["consistency_ratio"]);
    CHECK(result.is_consistent == expected["is_consistent"].get<bool>());
  }
}

TEST_CASE("preferences become exactly the matrix of the source system") {
  for (const auto& expected : ahp_cases("preferences")) {
    const auto comparisons
      = pairwise_matrix(expected["preferences"].get<numbers>());
    CHECK(comparisons == expected["matrix"].get<matrix>());
    const auto result = analyse(comparisons, 0.1);
    require_close(result.weights, expected["weights"].get<numbers>());
    require_close(result.consistency_ratio, expected["consistency_ratio"]);
  }
}

TEST_CASE("a group is aggregated as the source system does") {
  for (const auto& expected : ahp_cases("group")) {
    auto people = std::vector<matrix>{};
    auto ratios = numbers{};
    for (const auto& [name, comparisons] : expected["matrices"].items()) {
      people.push_back(comparisons.get<matrix>());
      ratios.push_back(expected["participant_consistency"][name]);
    }
    const auto method = expected["method"] == "geometric_mean"
                          ? aggregation::geometric_mean
                          : aggregation::weighted_average;
    const auto result = aggregate(people, method, 0.1);
    require_close(result.weights, expected["group_weights"].get<numbers>());
    require_close(result.consensus, expected["consensus_ratio"]);
    require_close(result.agreement, expected["agreement"].get<matrix>());
    require_close(result.consistency, ratios);
  }
}

TEST_CASE("gaps are filled as the source system does") {
  for (const auto& expected : ahp_cases("complete"))
    require_close(complete(expected["matrix"].get<matrix>()),
                  expected["completed"].get<matrix>());
}

TEST_CASE("a gap nobody can bridge becomes indifference") {
  CHECK(complete({{1.0, 0.0}, {0.0, 1.0}}) == matrix{{1.0, 1.0}, {1.0, 1.0}});
}

TEST_CASE("a contradictory matrix is improved as the source system does") {
  for (const auto& expected : ahp_cases("improve")) {
    const auto result = improve(expected["matrix"].get<matrix>(), 0.1);
    require_close(result.ratio_before, expected["ratio_before"]);
    require_close(result.ratio_after, expected["ratio_after"]);
    require_close(result.comparisons, expected["final_matrix"].get<matrix>());
    // The source system counts a look at a consistent matrix as a step.
    const auto steps = expected["steps"].get<std::size_t>();
    CHECK(result.steps == (result.ratio_before <= 0.1 ? 0 : steps));
  }
}

TEST_CASE("a value snaps to the nearest of the scale, the smaller on ties") {
  for (const auto& expected : ahp_cases("snap")) {
    CAPTURE(expected.dump());
    CHECK(snap_to_scale(expected["value"])
          == expected["snapped"].get<double>());
  }
  CHECK(snap_to_scale(0.0) == 1.0 / 9.0);
  CHECK(snap_to_scale(100.0) == 9.0);
}

TEST_CASE("quality rewards consistent, reciprocal and complete comparisons") {
  const auto perfect = analyse({{1.0, 2.0}, {0.5, 1.0}}, 0.1);
  CHECK(comparison_quality(perfect, true) == Approx(1.0));
  CHECK(comparison_quality(perfect, false) == Approx(0.9));
  const auto dominated = analyse({{1.0, 9.0}, {1.0 / 9.0, 1.0}}, 0.1);
  CHECK(comparison_quality(dominated, true) == Approx(0.9));
  const auto lopsided = analyse({{1.0, 2.0}, {1.0, 1.0}}, 0.1);
  CHECK(comparison_quality(lopsided, true) == Approx(0.7));
  auto doubtful = perfect;
  doubtful.consistency_ratio = 0.25;
  CHECK(comparison_quality(doubtful, true) == Approx(0.5));
}

TEST_CASE("the random index follows the table and stays 1.49 beyond it") {
  CHECK(random_index(2) == 0.0);
  CHECK(random_index(3) == 0.58);
  CHECK(random_index(20) == 1.64);
  CHECK(random_index(21) == 1.49);
}

TEST_CASE("rank order weights fall with the rank and sum to 1") {
  CHECK(rank_order_weights(0).empty());
  CHECK(rank_order_weights(1) == numbers{1.0});
  require_close(rank_order_weights(3), {11.0 / 18.0, 5.0 / 18.0, 2.0 / 18.0});
  const auto many = rank_order_weights(100);
  CHECK(std::is_sorted(many.rbegin(), many.rend()));
  CHECK(std::accumulate(many.begin(), many.end(), 0.0) == Approx(1.0));
}

TEST_CASE("swing weights are shares of all points") {
  CHECK(swing_weights(numbers{100.0, 60.0, 40.0}) == numbers{0.5, 0.3, 0.2});
}

TEST_CASE("a global weight is the share in the category times its weight") {
  const auto weights = std::vector<grouped_weight>{
    {0.5, 0}, {0.25, 1}, {0.5, 0}, {0.75, 1}, {0.0, 2}};
  const auto shares = numbers{0.5, 0.25, 0.25};
  CHECK(global_weights(weights, shares)
        == numbers{0.25, 0.0625, 0.25, 0.1875, 0.0});
}

TEST_CASE("nothing to compare gives no weights") {
  CHECK(analyse({}, 0.1).weights.empty());
  CHECK(aggregate({}, aggregation::geometric_mean, 0.1).weights.empty());
  CHECK(pairwise_matrix({}).empty());
}

} // namespace troupe::scoring
