#include "actors/scoring/scored_item.hpp"
#include "actors/scoring/scoring_history.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

#include <numeric>

namespace troupe::scoring {

using runtime::problem_kind;
using tests::make_portfolio;
using tests::stored_runs;

namespace {

scoring_history open(const stored_runs& runs) {
  auto history = scoring_history::open(runs.path());
  REQUIRE(history);
  return std::move(*history);
}

} // namespace

TEST_CASE("runs are listed newest first, as many as asked for") {
  auto runs = stored_runs{};
  const auto first = runs.add(make_portfolio(5));
  const auto second = runs.add(make_portfolio(6));
  auto history = open(runs);
  const auto all = history.list_runs(10);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0].id == second.run);
  CHECK((*all)[0].number == 2);
  CHECK((*all)[0].items == 6);
  CHECK((*all)[0].mode == "full");
  CHECK((*all)[0].rules == "standard");
  CHECK((*all)[0].finished_at >= (*all)[0].started_at);
  CHECK((*all)[1].id == first.run);
  CHECK(history.list_runs(1)->size() == 1);
}

TEST_CASE("a run is found by number, by id, by its beginning and as the last") {
  auto runs = stored_runs{};
  const auto first = runs.add(make_portfolio(3));
  const auto second = runs.add(make_portfolio(3));
  auto history = open(runs);
  CHECK(history.find_run("1")->id == first.run);
  CHECK(history.find_run(first.run)->number == 1);
  CHECK(history.find_run(second.run.substr(0, 30))->number == 2);
  CHECK(history.find_run("last")->number == 2);
}

TEST_CASE("a run that is not there is told apart from one that is ambiguous") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(3));
  runs.add(make_portfolio(3));
  auto history = open(runs);
  const auto absent = history.find_run("7");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
  CHECK(absent.error().hint.find("1 to 2") != std::string::npos);
  CHECK(history.find_run("").error().kind == problem_kind::not_found);
  CHECK(history.find_run("%").error().kind == problem_kind::not_found);
  CHECK(history.find_run("0").error().kind == problem_kind::invalid_input);
}

TEST_CASE("an item's history has a point per run that has the item") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(10));
  runs.add(make_portfolio(4));
  runs.add(make_portfolio(10, {9}));
  auto history = open(runs);
  const auto points = history.item_history("ITEM-9");
  REQUIRE(points);
  REQUIRE(points->size() == 2);
  CHECK((*points)[0].run.number == 3);
  CHECK((*points)[1].run.number == 1);
  CHECK((*points)[0].total != (*points)[1].total);
  CHECK((*points)[0].completeness < 1.0);
  CHECK((*points)[0].ranks.overall >= 1);
}

TEST_CASE("an item that is not there is answered with the nearest") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(10));
  auto history = open(runs);
  for (const auto& reason : {history.item_history("ITEM-X9").error(),
                             history.explain("ITEM-X9", "last", 3).error()}) {
    CHECK(reason.kind == problem_kind::not_found);
    CHECK(reason.hint == "did you mean \"ITEM-9\"?");
  }
}

TEST_CASE("a stored item is explained as right after its scoring") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  auto configuration = default_configuration();
  configuration.rules = rules;
  auto runs = stored_runs{};
  const auto result = runs.add(make_portfolio(40), configuration);
  auto history = open(runs);
  for (const auto& batch : result.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const auto told = history.explain(batch.id(row), "last", 3);
      REQUIRE(told);
      const auto expected
        = contributions(result.plan, result.scales, scores_at(batch, row));
      REQUIRE(told->contributions.size() == expected.size());
      auto sum = 0.0;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(told->contributions[i].label == expected[i].label);
        CHECK(told->contributions[i].amount == expected[i].amount);
        sum += expected[i].amount;
      }
      CHECK(sum
            == Approx(told->item.scores.item.total).epsilon(0).margin(1e-9));
      CHECK(told->reasons == top_reasons(expected, 3));
      CHECK(told->item.ranks.overall == batch.overall_ranks.counts()[row]);
      CHECK(told->item.title == batch.items.titles.text(row));
      CHECK(told->item.row == batch.first_row + row);
    }
}

TEST_CASE("category contributions of an item add up to its strategic score") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(10));
  auto history = open(runs);
  const auto told = history.explain("ITEM-3", "last", 3);
  REQUIRE(told);
  auto sum = 0.0;
  for (const auto& category : told->categories) {
    sum += category.contribution;
    CHECK(category.score * category.weight == Approx(category.contribution));
  }
  CHECK(sum == Approx(told->item.scores.raw));
}

TEST_CASE("a store without scorings says so") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(3));
  runs.damage("DELETE FROM scoring_items; DELETE FROM scoring_runs");
  auto history = open(runs);
  CHECK(history.list_runs(10)->empty());
  CHECK(history.find_run("last").error().kind == problem_kind::not_found);
  CHECK(history.item_history("ITEM-1").error().kind == problem_kind::not_found);
  runs.damage("DROP TABLE scoring_items; DROP TABLE scoring_runs");
  auto empty = open(runs);
  CHECK(empty.list_runs(10)->empty());
  CHECK(empty.item_history("ITEM-1").error().kind == problem_kind::not_found);
}

TEST_CASE("a store that is not there is not found") {
  const auto folder = tests::temporary_folder{};
  const auto history = scoring_history::open((folder / "none.db").string());
  REQUIRE_FALSE(history);
  CHECK(history.error().kind == problem_kind::not_found);
}

} // namespace troupe::scoring
