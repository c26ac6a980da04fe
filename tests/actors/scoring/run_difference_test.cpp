#include "actors/scoring/run_difference.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace troupe::scoring {

using tests::make_portfolio;
using tests::stored_runs;

namespace {

run_difference compare(const stored_runs& runs, std::size_t top = 10) {
  auto history = scoring_history::open(runs.path());
  REQUIRE(history);
  auto difference = compare_runs(*history, "1", "2", top);
  REQUIRE(difference);
  return std::move(*difference);
}

void require_parts_add_up(const item_move& move) {
  auto sum = 0.0;
  for (const auto& part : move.parts) {
    sum += part.change;
    CHECK(part.from_values + part.from_weights
          == Approx(part.change).margin(1e-15));
    CHECK(part.after - part.before == Approx(part.change).margin(1e-15));
  }
  CHECK(
    sum
    == Approx(move.total_after - move.total_before).epsilon(0).margin(1e-9));
}

} // namespace

TEST_CASE("runs of the same items with the same settings do not differ") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(20));
  runs.add(make_portfolio(20));
  const auto difference = compare(runs);
  CHECK(difference.shared == 20);
  CHECK(difference.changed == 0);
  CHECK(difference.by_total.empty());
  CHECK(difference.by_rank.empty());
  CHECK(difference.configuration.empty());
  CHECK(difference.mean_absolute_change == 0.0);
}

TEST_CASE("the item that was changed moved most, and by what was changed") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(40));
  runs.add(make_portfolio(40, {21}));
  const auto difference = compare(runs);
  REQUIRE_FALSE(difference.by_total.empty());
  const auto& first = difference.by_total.front();
  CHECK(first.id == "ITEM-21");
  CHECK(first.rank_after < first.rank_before);
  REQUIRE_FALSE(first.parts.empty());
  CHECK(first.parts.front().label == "business value: business value raw");
  CHECK(first.parts.front().from_weights == Approx(0.0).margin(1e-12));
}

TEST_CASE("the parts of every move add up to the change of the total") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  const auto mode = GENERATE(integration_mode::balanced,
                             integration_mode::financial_priority);
  auto configuration = default_configuration();
  configuration.rules = rules;
  configuration.combination.mode = mode;
  auto runs = stored_runs{};
  runs.add(make_portfolio(30), configuration);
  runs.add(make_portfolio(30, {4, 7, 11}), configuration);
  const auto difference = compare(runs, 100);
  CHECK(difference.by_total.size() == difference.changed);
  for (const auto& move : difference.by_total)
    require_parts_add_up(move);
}

TEST_CASE("moves are sorted by their size and bounded by what is asked for") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(50));
  runs.add(make_portfolio(50, {3, 4, 5, 6, 7, 8}));
  const auto all = compare(runs, 1000);
  const auto few = compare(runs, 5);
  const auto total_change = [](const item_move& move) {
    return std::abs(move.total_after - move.total_before);
  };
  const auto rank_change = [](const item_move& move) {
    return std::abs(static_cast<double>(move.rank_after)
                    - static_cast<double>(move.rank_before));
  };
  CHECK(std::is_sorted(all.by_total.begin(), all.by_total.end(),
                       [&](const auto& left, const auto& right) {
                         return total_change(left) > total_change(right);
                       }));
  CHECK(std::is_sorted(all.by_rank.begin(), all.by_rank.end(),
                       [&](const auto& left, const auto& right) {
                         return rank_change(left) > rank_change(right);
                       }));
  REQUIRE(few.by_total.size() == 5);
  REQUIRE(few.by_rank.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(few.by_total[i].id == all.by_total[i].id);
    CHECK(few.by_rank[i].id == all.by_rank[i].id);
  }
  CHECK(all.risen + all.fallen == all.by_rank.size());
  CHECK(compare(runs, 0).by_total.empty());
}

TEST_CASE("items that came and items that went are listed with their ranks") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(12));
  runs.add(make_portfolio(10) + R"({"work_item_id":"NEW","title":"Brand new"})"
           + "\n");
  const auto difference = compare(runs);
  CHECK(difference.shared == 10);
  CHECK(difference.added == 1);
  CHECK(difference.removed == 2);
  REQUIRE(difference.added_items.size() == 1);
  CHECK(difference.added_items[0].id == "NEW");
  CHECK(difference.added_items[0].title == "Brand new");
  CHECK(difference.added_items[0].rank >= 1);
  REQUIRE(difference.removed_items.size() == 2);
  CHECK(difference.removed_items[0].rank < difference.removed_items[1].rank);
}

TEST_CASE("a changed weight is named, and moves items by weight alone") {
  auto configuration = default_configuration();
  configuration.combination.mode = integration_mode::criteria_only;
  configuration.combination.risk_adjustment = false;
  auto runs = stored_runs{};
  // Every fourth item has a gap, whose weight others bear.
  runs.add(make_portfolio(20), configuration);
  std::swap(configuration.categories[0].weight,
            configuration.categories[3].weight);
  runs.add(make_portfolio(20), configuration);
  const auto difference = compare(runs, 100);
  REQUIRE(difference.configuration.size() == 2);
  CHECK(difference.configuration[0].key == "category_weights.business_value");
  CHECK(difference.configuration[0].before == "0.25");
  CHECK(difference.configuration[0].after == "0.15");
  REQUIRE_FALSE(difference.by_total.empty());
  for (const auto& move : difference.by_total) {
    require_parts_add_up(move);
    for (const auto& part : move.parts)
      CHECK(part.from_values == Approx(0.0).margin(1e-12));
  }
}

TEST_CASE("a criterion that only one configuration has is one change") {
  auto configuration = default_configuration();
  auto runs = stored_runs{};
  runs.add(make_portfolio(20), configuration);
  const auto last = configuration.criteria.size() - 1;
  configuration.criteria[last].id = "ra_other_risk";
  runs.add(make_portfolio(20), configuration);
  const auto difference = compare(runs);
  REQUIRE(difference.configuration.size() == 2);
  CHECK(difference.configuration[0].key == "criteria[ra_compliance_risk]");
  CHECK(difference.configuration[0].after.empty());
  CHECK(difference.configuration[1].key == "criteria[ra_other_risk]");
  CHECK(difference.configuration[1].before.empty());
}

TEST_CASE("runs of different rule sets compare too") {
  auto configuration = default_configuration();
  auto runs = stored_runs{};
  runs.add(make_portfolio(20), configuration);
  configuration.rules = rule_set::compat;
  runs.add(make_portfolio(20), configuration);
  const auto difference = compare(runs, 100);
  REQUIRE(difference.configuration.size() == 1);
  CHECK(difference.configuration[0].key == "rules");
  for (const auto& move : difference.by_total)
    require_parts_add_up(move);
}

TEST_CASE("a run that is not there cannot be compared") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(3));
  auto history = scoring_history::open(runs.path());
  REQUIRE(history);
  CHECK(compare_runs(*history, "1", "2", 3).error().kind
        == runtime::problem_kind::not_found);
}

} // namespace troupe::scoring
