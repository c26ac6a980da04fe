#include "actors/scoring/scored_item.hpp"
#include "actors/scoring/stored_scores.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

namespace troupe::scoring {

namespace {

/// The same numbers, NaN included.
bool same_bytes(double left, double right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}

void require_same(const item_scores& stored, const item_scores& scored) {
  REQUIRE(stored.values.size() == scored.values.size());
  for (std::size_t j = 0; j < scored.values.size(); ++j)
    CHECK(same_bytes(stored.values[j], scored.values[j]));
  for (std::size_t i = 0; i < scored.financial_parts.size(); ++i)
    CHECK(same_bytes(stored.financial_parts[i], scored.financial_parts[i]));
  CHECK(same_bytes(stored.financial_trust, scored.financial_trust));
  CHECK(same_bytes(stored.financial, scored.financial));
  CHECK(same_bytes(stored.financial_normalised, scored.financial_normalised));
  CHECK(same_bytes(stored.strategic, scored.strategic));
  CHECK(same_bytes(stored.penalty, scored.penalty));
  CHECK(same_bytes(stored.total, scored.total));
  CHECK(stored.basis == scored.basis);
}

scoring_result score_some(rule_set rules) {
  auto configuration = default_configuration();
  configuration.rules = rules;
  auto runs = tests::stored_runs{};
  return runs.add(tests::make_portfolio(30), configuration);
}

std::string_view blob_at(const messages::column& blobs, std::size_t row) {
  const auto blob = blobs.text(row);
  return {blob.data(), blob.size()};
}

} // namespace

TEST_CASE("what is stored of an item is all that an explanation needs") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto result = score_some(rules);
  auto with_money = 0;
  for (const auto& batch : result.batches) {
    const auto blobs = encode_scores(batch);
    REQUIRE(blobs.size() == batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const auto stored = decode_scores(result.plan, blob_at(blobs, row));
      REQUIRE(stored);
      require_same(stored->item, scores_at(batch, row));
      CHECK(stored->raw == batch.strategic.raw.doubles()[row]);
      REQUIRE(stored->categories.size() == batch.strategic.categories.size());
      for (std::size_t i = 0; i < stored->categories.size(); ++i)
        CHECK(stored->categories[i]
              == batch.strategic.categories[i].doubles()[row]);
      with_money += std::isnan(stored->item.financial_parts[0]) ? 0 : 1;
    }
  }
  CHECK(with_money == 20);
}

TEST_CASE("completeness is stored, and is 1 where nothing is missing") {
  const auto result = score_some(rule_set::standard);
  for (const auto& batch : result.batches) {
    const auto blobs = encode_scores(batch);
    const auto& known = batch.strategic.completeness;
    for (std::size_t row = 0; row < batch.rows(); ++row)
      CHECK(decode_scores(result.plan, blob_at(blobs, row))->completeness
            == (known.size() == 0 ? 1.0 : known.doubles()[row]));
  }
}

TEST_CASE("an item without money takes less room") {
  const auto result = score_some(rule_set::standard);
  const auto blobs = encode_scores(result.batches.front());
  // Of items 1, 2 and 3 the third has no record.
  CHECK(blob_at(blobs, 2).size() + 5 * sizeof(double)
        == blob_at(blobs, 1).size());
}

TEST_CASE("a blob of another shape is refused") {
  const auto result = score_some(rule_set::standard);
  const auto blobs = encode_scores(result.batches.front());
  auto blob = std::string{blob_at(blobs, 2)};
  CHECK_FALSE(decode_scores(result.plan, {}));
  CHECK_FALSE(decode_scores(result.plan, blob.substr(1)));
  CHECK_FALSE(decode_scores(result.plan, blob + "x"));
  blob.back() = 9; // No such basis.
  CHECK_FALSE(decode_scores(result.plan, blob));
}

} // namespace troupe::scoring
