#include "actors/scoring/scoring_context.hpp"

#include "runtime/problem_message.hpp"

#include <utility>

namespace troupe::scoring {

namespace {

std::optional<exact_sum>
sum_of(const google::protobuf::RepeatedField<std::uint64_t>& words) {
  auto sum = exact_sum::from_words(
    {words.data(), static_cast<std::size_t>(words.size())});
  if (!sum)
    return std::nullopt;
  return std::move(*sum);
}

template <class Words>
void set_words(Words& field, const exact_sum& sum) {
  const auto words = sum.words();
  field.Add(words.begin(), words.end());
}

} // namespace

messages::ScoringScales to_message(const scoring_scales& scales) {
  auto message = messages::ScoringScales{};
  message.set_rows(scales.rows);
  message.set_financial_reference(scales.financial_reference);
  message.set_strategic_factor(scales.strategic_factor);
  for (const auto& scale : scales.criteria) {
    auto* to = message.add_criteria();
    to->set_count(scale.count);
    to->set_minimum(scale.minimum);
    to->set_maximum(scale.maximum);
    to->set_mean(scale.mean);
    to->set_deviation(scale.deviation);
    to->set_low(scale.low);
    to->set_high(scale.high);
    to->mutable_sorted()->Add(scale.sorted.begin(), scale.sorted.end());
  }
  return message;
}

scoring_scales from_message(const messages::ScoringScales& message) {
  auto scales = scoring_scales{};
  scales.rows = message.rows();
  scales.financial_reference = message.financial_reference();
  scales.strategic_factor = message.strategic_factor();
  for (const auto& from : message.criteria()) {
    auto scale = criterion_scale{};
    scale.count = from.count();
    scale.minimum = from.minimum();
    scale.maximum = from.maximum();
    scale.mean = from.mean();
    scale.deviation = from.deviation();
    scale.low = from.low();
    scale.high = from.high();
    scale.sorted.assign(from.sorted().begin(), from.sorted().end());
    scales.criteria.push_back(std::move(scale));
  }
  return scales;
}

messages::BatchStatistics to_message(const batch_statistics& statistics) {
  auto message = messages::BatchStatistics{};
  message.set_rows(statistics.rows);
  for (const auto& column : statistics.columns) {
    auto* to = message.add_columns();
    to->set_count(column.count);
    to->set_missing(column.missing);
    to->set_minimum(column.minimum);
    to->set_maximum(column.maximum);
    set_words(*to->mutable_sum(), column.sum);
    set_words(*to->mutable_sum_of_squares(), column.sum_of_squares);
  }
  return message;
}

std::optional<batch_statistics>
from_message(const messages::BatchStatistics& message) {
  auto statistics = batch_statistics{};
  statistics.rows = message.rows();
  for (const auto& from : message.columns()) {
    auto sum = sum_of(from.sum());
    auto sum_of_squares = sum_of(from.sum_of_squares());
    if (!sum || !sum_of_squares)
      return std::nullopt;
    auto column = column_statistics{};
    column.count = from.count();
    column.missing = from.missing();
    column.minimum = from.minimum();
    column.maximum = from.maximum();
    column.sum = std::move(*sum);
    column.sum_of_squares = std::move(*sum_of_squares);
    statistics.columns.push_back(std::move(column));
  }
  return statistics;
}

messages::InputProblem to_message(const runtime::problem& reason) {
  return runtime::to_problem_message<messages::InputProblem>(reason);
}

runtime::problem from_message(const messages::InputProblem& message) {
  return runtime::from_problem_message(message);
}

} // namespace troupe::scoring
