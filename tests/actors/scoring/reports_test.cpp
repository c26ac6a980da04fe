#include "actors/scoring/reports.hpp"
#include "tests/actors/scoring/scored_batches.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

using messages::column;

namespace {

scoring_plan sample_plan(rule_set rules) {
  auto plan = scoring_plan{};
  plan.rules = rules;
  plan.categories = {{"value", 0.75}, {"risk, and more", 0.25}};
  plan.criteria.resize(2);
  plan.criteria[0].definition.id = "first";
  plan.criteria[1].definition.id = "second";
  return plan;
}

std::string render(std::string_view file, const scored_batch& batch,
                   rule_set rules = rule_set::compat,
                   std::optional<int> decimals = {}) {
  return render_report(file, sample_plan(rules), batch, decimals).value();
}

} // namespace

TEST_CASE("totals have scores and ranks, a row per item") {
  CHECK(render("totals.csv", sample_scored(2))
        == "work_item_id,strategic_raw,strategic_score,financial_score,"
           "total_score,overall_rank,financial_rank,strategic_rank\n"
           "id-0,0.75,0.75,0.5,0.5,1,1,1\n"
           "id-1,0.625,0.625,0.5,0.4375,2,2,2\n");
}

TEST_CASE("only the batch of row 0 has the header") {
  auto batch = sample_scored(1);
  batch.first_row = 1;
  CHECK(render("totals.csv", batch) == "id-0,0.75,0.75,0.5,0.5,1,1,1\n");
}

TEST_CASE("ranks that nobody asked for are empty") {
  auto batch = sample_scored(1);
  batch.financial_ranks = {};
  batch.strategic_ranks = {};
  batch.first_row = 1;
  CHECK(render("totals.csv", batch) == "id-0,0.75,0.75,0.5,0.5,1,,\n");
}

TEST_CASE("categories are scores of 0 to 1 under the standard rules") {
  const auto batch = sample_scored(1);
  CHECK(render("categories.csv", batch)
        == "work_item_id,value,\"risk, and more\"\nid-0,0.5,0.25\n");
  CHECK(render("categories.csv", batch, rule_set::standard)
        == "work_item_id,value,\"risk, and more\"\n"
           "id-0,0.6666666666666666,1.0\n");
}

TEST_CASE("a value that is missing is empty under the standard rules") {
  auto batch = sample_scored(1);
  batch.strategic.values[1] = column{std::vector<double>{missing_value}};
  CHECK(render("criteria.csv", batch, rule_set::standard)
        == "work_item_id,first,second\nid-0,0.0,\n");
}

TEST_CASE("figures without money are left out, extremes have names") {
  auto batch = sample_scored(3);
  auto npv
    = std::vector{missing_value, 0.0, -std::numeric_limits<double>::infinity()};
  batch.items.financials[0] = column{std::move(npv)};
  auto index = std::vector{std::numeric_limits<double>::infinity(), 0.0, 2.0};
  batch.items.financials[1] = column{std::move(index)};
  batch.first_row = 1;
  const auto text = render("financial.csv", batch, rule_set::compat, 1);
  CHECK(text.substr(0, text.find(",2.0")) == "id-0,,inf");
  CHECK(text.find("\nid-2,overflow,2.0,") != std::string::npos);
  CHECK(text.find("id-1") == std::string::npos);
}

TEST_CASE("scores have contributions, total and rank") {
  CHECK(render("scores.csv", sample_scored(2), rule_set::standard, 3)
        == "work_item_id,value,\"risk, and more\",total,rank\n"
           "id-0,0.500,0.250,0.500,1\n"
           "id-1,0.438,0.188,0.438,2\n");
}

TEST_CASE("a report that nobody knows is not found") {
  const auto text = render_report("other.csv", sample_plan(rule_set::compat),
                                  sample_scored(1), {});
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == runtime::problem_kind::not_found);
}
