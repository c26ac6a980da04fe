#include "actors/scoring/scoring_check.hpp"
#include "tests/actors/scoring/stored_runs.hpp"

#include <catch2/catch.hpp>

namespace troupe::scoring {

using tests::make_portfolio;
using tests::stored_runs;

namespace {

void add_two(stored_runs& runs) {
  runs.add(make_portfolio(25));
  auto configuration = default_configuration();
  configuration.rules = rule_set::compat;
  runs.add(make_portfolio(30), configuration);
}

/// The only problem of the store.
std::string only_problem(const stored_runs& runs) {
  const auto result = check_scorings(runs.path());
  REQUIRE(result.problems.size() == 1);
  return result.problems.front().message;
}

} // namespace

TEST_CASE("what a scoring stores is clean, with either rule set") {
  auto runs = stored_runs{};
  add_two(runs);
  const auto result = check_scorings(runs.path());
  CHECK(result.problems.empty());
  CHECK(result.runs == 2);
  CHECK(result.items == 55);
}

TEST_CASE("damage to the stored scorings is found") {
  struct damage {
    std::string sql;
    std::string message;
  };
  const auto done = GENERATE(
    damage{"DELETE FROM scoring_items WHERE run = 1 AND row = 24",
           "run 1: 24 of 25 items are there"},
    damage{"UPDATE scoring_items SET row = 99 WHERE run = 1 AND row = 3",
           "run 1: its rows do not count from 0"},
    damage{"DROP INDEX scoring_items_by_id;"
           "UPDATE scoring_items SET item_id = 'ITEM-1'"
           " WHERE run = 1 AND row = 1",
           "run 1: item \"ITEM-1\" is there more than once"},
    damage{"UPDATE scoring_items SET financial_rank = 77"
           " WHERE run = 2 AND row = 3",
           "run 2: financial_rank does not count every place from 1 to 30 "
           "once"},
    damage{"UPDATE scoring_items SET total = total + 0.25"
           " WHERE run = 2 AND row = 3",
           "run 2: item \"ITEM-4\": its total differs from that of its "
           "numbers"},
    damage{"UPDATE scoring_items SET details = x'0F00'"
           " WHERE run = 2 AND row = 3",
           "run 2: item \"ITEM-4\": its details cannot be read"},
    damage{"UPDATE scoring_items SET figures = x'0F00'"
           " WHERE run = 2 AND row = 3",
           "run 2: item \"ITEM-4\": its financial figures cannot be read"},
    damage{"UPDATE scoring_runs SET report = x'0F' WHERE number = 2",
           "run 2: its report cannot be read"},
    damage{"UPDATE scoring_items SET completeness = 2"
           " WHERE run = 1 AND row = 3",
           "run 1: item \"ITEM-4\": its completeness differs from that of its "
           "numbers"},
    damage{"UPDATE scoring_items SET scores = substr(scores, 2)"
           " WHERE run = 1 AND row = 3",
           "run 1: item \"ITEM-4\": its numbers cannot be read"},
    damage{"DELETE FROM scoring_runs WHERE number = 1",
           "25 items belong to run 1, which is not there"},
    damage{"UPDATE scoring_runs SET configuration = '{}' WHERE number = 1",
           "the configuration of run 1 cannot be read"},
    damage{"UPDATE scoring_runs SET configuration_digest = 5"
           " WHERE number = 1",
           "run 1: its configuration is not the one of its digest"},
    damage{"UPDATE scoring_runs SET scales = x'08' WHERE number = 1",
           "the scales of run 1 cannot be read"},
    damage{"UPDATE scoring_runs SET scales = x'' WHERE number = 1",
           "run 1: its scales are not those of its configuration"});
  auto runs = stored_runs{};
  add_two(runs);
  runs.damage(done.sql);
  CHECK(only_problem(runs) == done.message);
}

TEST_CASE("ranks that are given twice are found") {
  auto runs = stored_runs{};
  add_two(runs);
  runs.damage("UPDATE scoring_items SET overall_rank = 1 WHERE run = 1");
  CHECK(only_problem(runs).find("overall_rank") != std::string::npos);
}

TEST_CASE("numbers that do not add up are found") {
  auto runs = stored_runs{};
  add_two(runs);
  // The penalty, behind 18 criteria, 5 categories and 5 other scores.
  runs.damage("UPDATE scoring_items SET scores = CAST(substr(scores, 1, 224)"
              " || x'000000000000E03F' || substr(scores, 233) AS BLOB)"
              " WHERE run = 1 AND row = 3");
  CHECK(only_problem(runs)
        == "run 1: item \"ITEM-4\": its contributions do not add up to its "
           "total");
}

TEST_CASE("a store without scorings is clean") {
  auto runs = stored_runs{};
  add_two(runs);
  runs.damage("DROP TABLE scoring_items; DROP TABLE scoring_runs");
  CHECK(check_scorings(runs.path()).problems.empty());
}

TEST_CASE("a store that is not there is a problem") {
  const auto folder = tests::temporary_folder{};
  const auto result = check_scorings((folder / "none.db").string());
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems.front().kind == runtime::problem_kind::not_found);
}

TEST_CASE("problems are bounded") {
  auto runs = stored_runs{};
  runs.add(make_portfolio(150));
  runs.damage("UPDATE scoring_items SET completeness = 2");
  CHECK(check_scorings(runs.path()).problems.size() == 100);
}

} // namespace troupe::scoring
