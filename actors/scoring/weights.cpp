#include "actors/scoring/weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace troupe::scoring {

namespace {

constexpr auto power_rounds_max = 1000;
constexpr auto power_precision = 1e-16;
constexpr auto completion_rounds = 50;
constexpr auto improvement_steps_max = std::size_t{10};

/// Sum from left to right, without compensation: the order is part of the
/// result.
double plain_sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> normalised(std::vector<double> values) {
  const auto sum = plain_sum(values);
  for (auto& value : values)
    value /= sum;
  return values;
}

double dot(const std::vector<double>& left, const std::vector<double>& right) {
  auto result = 0.0;
  for (auto index = std::size_t{0}; index < left.size(); ++index)
    result += left[index] * right[index];
  return result;
}

double on_scale(double quotient) {
  return std::clamp(std::nearbyint(quotient), 1.0, 9.0);
}

std::vector<double> principal_eigenvector(const matrix& comparisons) {
  const auto rows = comparisons.size();
  auto weights = std::vector<double>(rows, 1.0 / static_cast<double>(rows));
  for (auto round = 0; round < power_rounds_max; ++round) {
    auto next = std::vector<double>(rows);
    for (auto row = std::size_t{0}; row < rows; ++row)
      next[row] = dot(comparisons[row], weights);
    next = normalised(std::move(next));
    auto change = 0.0;
    for (auto row = std::size_t{0}; row < rows; ++row)
      change = std::max(change, std::abs(next[row] - weights[row]));
    weights = std::move(next);
    if (change <= power_precision)
      break;
  }
  return weights;
}

double distance(const std::vector<double>& left,
                const std::vector<double>& right) {
  auto squares = 0.0;
  for (auto index = std::size_t{0}; index < left.size(); ++index) {
    const auto difference = left[index] - right[index];
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

/// Pearson's correlation; 0 when either side is constant.
double correlation(const std::vector<double>& left,
                   const std::vector<double>& right) {
  const auto count = static_cast<double>(left.size());
  const auto left_mean = plain_sum(left) / count;
  const auto right_mean = plain_sum(right) / count;
  auto product = 0.0;
  auto left_squares = 0.0;
  auto right_squares = 0.0;
  for (auto index = std::size_t{0}; index < left.size(); ++index) {
    const auto a = left[index] - left_mean;
    const auto b = right[index] - right_mean;
    product += a * b;
    left_squares += a * a;
    right_squares += b * b;
  }
  const auto scale = std::sqrt(left_squares * right_squares);
  return scale > 0.0 ? product / scale : 0.0;
}

std::vector<double>
group_weights(const std::vector<std::vector<double>>& people,
              const std::vector<double>& consistency, aggregation method) {
  // Keeps the logarithm of a zero weight finite.
  constexpr auto offset = 1e-10;
  const auto count = static_cast<double>(people.size());
  auto result = std::vector<double>(people.front().size(), 0.0);
  for (auto person = std::size_t{0}; person < people.size(); ++person) {
    const auto trust = std::max(0.1, 1.0 - consistency[person]);
    for (auto index = std::size_t{0}; index < result.size(); ++index) {
      const auto weight = people[person][index];
      result[index] += method == aggregation::geometric_mean
                         ? std::log(weight + offset)
                         : trust * weight;
    }
  }
  if (method == aggregation::geometric_mean)
    for (auto& value : result)
      value = std::exp(value / count);
  return normalised(std::move(result));
}

/// Geometric mean over k of a_ik a_kj; 0 when no k knows both.
double estimate(const matrix& values, std::size_t row, std::size_t column) {
  auto logarithms = 0.0;
  auto count = std::size_t{0};
  for (auto via = std::size_t{0}; via < values.size(); ++via) {
    if (via == row || via == column || values[row][via] <= 0.0
        || values[via][column] <= 0.0)
      continue;
    logarithms += std::log(values[row][via] * values[via][column]);
    ++count;
  }
  return count == 0 ? 0.0 : std::exp(logarithms / static_cast<double>(count));
}

bool is_reciprocal(const matrix& values) {
  constexpr auto tolerance = 1e-9;
  for (auto row = std::size_t{0}; row < values.size(); ++row)
    for (auto column = row; column < values.size(); ++column) {
      const auto product = values[row][column] * values[column][row];
      if (values[row][column] <= 0.0 || std::abs(product - 1.0) > tolerance)
        return false;
    }
  return true;
}

/// The entry above the diagonal farthest from the quotient of its weights.
std::pair<std::size_t, std::size_t> worst_entry(const pairwise_result& result) {
  auto worst = std::pair<std::size_t, std::size_t>{0, 0};
  auto farthest = 0.0;
  const auto rows = result.matrix.size();
  for (auto row = std::size_t{0}; row < rows; ++row)
    for (auto column = row + 1; column < rows; ++column) {
      const auto quotient = result.weights[row] / result.weights[column];
      const auto gap = std::abs(result.matrix[row][column] - quotient);
      if (gap > farthest) {
        farthest = gap;
        worst = {row, column};
      }
    }
  return worst;
}

} // namespace

std::vector<double> global_weights(std::span<const grouped_weight> weights,
                                   std::span<const double> category_weights) {
  auto sums = std::vector<double>(category_weights.size(), 0.0);
  for (const auto& entry : weights)
    sums[entry.category] += entry.weight;
  auto result = std::vector<double>{};
  result.reserve(weights.size());
  for (const auto& entry : weights) {
    const auto sum = sums[entry.category];
    result.push_back(sum > 0.0
                       ? (entry.weight / sum) * category_weights[entry.category]
                       : 0.0);
  }
  return result;
}

matrix pairwise_matrix(std::span<const double> preferences) {
  const auto rows = preferences.size();
  auto result = matrix(rows, std::vector<double>(rows, 1.0));
  for (auto row = std::size_t{0}; row < rows; ++row)
    for (auto column = std::size_t{0}; column < rows; ++column) {
      if (row == column)
        continue;
      const auto quotient = preferences[row] / preferences[column];
      result[row][column]
        = quotient >= 1.0 ? on_scale(quotient) : 1.0 / on_scale(1.0 / quotient);
    }
  return result;
}

pairwise_result analyse(matrix comparisons, double consistency_threshold) {
  auto result = pairwise_result{};
  if (comparisons.empty())
    return result;
  const auto rows = comparisons.size();
  const auto count = static_cast<double>(rows);
  result.weights = principal_eigenvector(comparisons);
  auto quotients = 0.0;
  for (auto row = std::size_t{0}; row < rows; ++row)
    quotients += dot(comparisons[row], result.weights) / result.weights[row];
  result.lambda_max = quotients / count;
  const auto index
    = rows > 1 ? (result.lambda_max - count) / (count - 1.0) : 0.0;
  const auto random = random_index(rows);
  result.consistency_ratio = random > 0.0 ? index / random : 0.0;
  result.is_consistent = result.consistency_ratio <= consistency_threshold;
  result.matrix = std::move(comparisons);
  return result;
}

double random_index(std::size_t rows) noexcept {
  constexpr auto table = std::to_array<double>(
    {0.0,  0.0,  0.0,  0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49,
     1.51, 1.48, 1.56, 1.57, 1.59, 1.60, 1.61, 1.62, 1.63, 1.64});
  return rows < table.size() ? table[rows] : 1.49;
}

double snap_to_scale(double value) noexcept {
  auto nearest = 1.0 / 9.0;
  const auto consider = [&](double candidate) {
    if (std::abs(candidate - value) < std::abs(nearest - value))
      nearest = candidate;
  };
  for (auto divisor = 8; divisor >= 2; --divisor)
    consider(1.0 / divisor);
  for (auto whole = 1; whole <= 9; ++whole)
    consider(whole);
  return nearest;
}

group_result aggregate(std::span<const matrix> people, aggregation method,
                       double consistency_threshold) {
  auto result = group_result{};
  if (people.empty())
    return result;
  auto weights = std::vector<std::vector<double>>{};
  for (const auto& comparisons : people) {
    auto person = analyse(comparisons, consistency_threshold);
    weights.push_back(std::move(person.weights));
    result.consistency.push_back(person.consistency_ratio);
  }
  result.weights = group_weights(weights, result.consistency, method);
  auto distances = 0.0;
  for (const auto& person : weights)
    distances += distance(person, result.weights);
  const auto count = static_cast<double>(people.size());
  result.consensus = std::max(0.0, 1.0 - distances / count);
  for (auto row = std::size_t{0}; row < weights.size(); ++row) {
    result.agreement.emplace_back(weights.size(), 1.0);
    for (auto column = std::size_t{0}; column < weights.size(); ++column)
      if (row != column)
        result.agreement[row][column]
          = std::max(0.0, correlation(weights[row], weights[column]));
  }
  return result;
}

matrix complete(matrix comparisons) {
  const auto rows = comparisons.size();
  auto gaps = std::vector<std::pair<std::size_t, std::size_t>>{};
  for (auto row = std::size_t{0}; row < rows; ++row)
    for (auto column = row + 1; column < rows; ++column)
      if (!(comparisons[row][column] > 0.0))
        gaps.emplace_back(row, column);
  for (auto round = 0; round < completion_rounds; ++round)
    for (const auto& [row, column] : gaps)
      if (const auto value = estimate(comparisons, row, column); value > 0.0) {
        comparisons[row][column] = value;
        comparisons[column][row] = 1.0 / value;
      }
  for (const auto& [row, column] : gaps)
    if (!(comparisons[row][column] > 0.0)) {
      comparisons[row][column] = 1.0;
      comparisons[column][row] = 1.0;
    }
  return comparisons;
}

improvement improve(matrix comparisons, double consistency_threshold) {
  auto result = improvement{};
  auto current = analyse(std::move(comparisons), consistency_threshold);
  result.ratio_before = current.consistency_ratio;
  while (!current.is_consistent && result.steps < improvement_steps_max) {
    const auto [row, column] = worst_entry(current);
    auto next = current.matrix;
    const auto target = current.weights[row] / current.weights[column];
    next[row][column] = (next[row][column] + target) / 2.0;
    next[column][row] = 1.0 / next[row][column];
    current = analyse(std::move(next), consistency_threshold);
    ++result.steps;
  }
  result.ratio_after = current.consistency_ratio;
  result.comparisons = std::move(current.matrix);
  return result;
}

double comparison_quality(const pairwise_result& result, bool is_complete) {
  constexpr auto ratio_reference = 0.1;
  auto quality
    = 0.5 * std::max(0.0, 1.0 - result.consistency_ratio / ratio_reference)
      + 0.3 * (is_reciprocal(result.matrix) ? 1.0 : 0.0)
      + 0.2 * (is_complete ? 1.0 : 0.5);
  const auto dominates = [](double weight) { return weight > 0.8; };
  if (std::any_of(result.weights.begin(), result.weights.end(), dominates))
    quality *= 0.9;
  return quality;
}

std::vector<double> rank_order_weights(std::size_t ranks) {
  auto result = std::vector<double>(ranks);
  auto tail = 0.0;
  for (auto rank = ranks; rank > 0; --rank) {
    tail += 1.0 / static_cast<double>(rank);
    result[rank - 1] = tail / static_cast<double>(ranks);
  }
  return result;
}

std::vector<double> swing_weights(std::span<const double> points) {
  return normalised({points.begin(), points.end()});
}

} // namespace troupe::scoring
