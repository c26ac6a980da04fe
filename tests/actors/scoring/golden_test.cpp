#include "actors/scoring/combination.hpp"
#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/portfolio.hpp"
#include "actors/scoring/ranking.hpp"
#include "tests/actors/scoring/golden_differences.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/actors/scoring/portfolio_run.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <sstream>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

constexpr std::array<const char*, 2> readings{"resolved", "shipped"};

scoring_configuration golden_configuration(const nlohmann::json& text,
                                           const std::string& reading) {
  auto result = to_configuration(text);
  result.rules = rule_set::compat;
  result.dotted
    = reading == "shipped" ? dotted_sources::shipped : dotted_sources::resolved;
  return result;
}

/// Runs a golden case on the 500 items.
portfolio_run run_case(const std::string& reading, const std::string& name) {
  static const auto config = read_golden_json("config.json");
  static const auto items = read_golden_text("items.jsonl");
  auto configuration = select_case(golden_configuration(config, reading), name);
  REQUIRE(configuration);
  auto result = run_portfolio(*configuration, items);
  if (!result)
    FAIL(runtime::render(result.error()));
  return std::move(*result);
}

std::vector<std::string> case_names() {
  const auto config = read_golden_json("config.json");
  std::vector<std::string> names;
  for (const auto& entry : config.at("cases"))
    names.push_back(entry.at("name"));
  REQUIRE(names.size() == 11);
  return names;
}

/// The rows of a golden table by case.
std::map<std::string, golden_table> by_case(const std::string& name) {
  std::map<std::string, golden_table> result;
  for (auto& row : read_golden_table(name))
    result[row.at("case")].push_back(std::move(row));
  return result;
}

void compare_criteria(differences& found, const portfolio_run& run,
                      const golden_table& expected) {
  REQUIRE(expected.size() == run.rows);
  for (std::size_t row = 0; row < run.rows; ++row) {
    found.expect(run.id(row) == expected[row].at("work_item_id"), "row order");
    for (std::size_t j = 0; j < run.plan.criteria.size(); ++j) {
      const auto& id = run.plan.criteria[j].definition.id;
      found.expect(run.id(row) + ' ' + id, run.strategic.values[j][row],
                   std::stod(expected[row].at(id)));
    }
  }
}

void compare_categories(differences& found, const portfolio_run& run,
                        const golden_table& expected) {
  REQUIRE(expected.size() == run.rows);
  for (std::size_t row = 0; row < run.rows; ++row)
    for (std::size_t c = 0; c < run.plan.categories.size(); ++c) {
      const auto& id = run.plan.categories[c].id;
      found.expect(run.id(row) + ' ' + id, run.strategic.categories[c][row],
                   std::stod(expected[row].at(id)));
    }
}

void compare_totals(differences& found, const portfolio_run& run,
                    const golden_table& expected) {
  REQUIRE(expected.size() == run.rows);
  for (std::size_t row = 0; row < run.rows; ++row) {
    const auto& cells = expected[row];
    const auto id = run.id(row);
    found.expect(id == cells.at("work_item_id"), "row order");
    const auto number = [&](const char* column, double actual) {
      found.expect(id + ' ' + column, actual, std::stod(cells.at(column)));
    };
    number("strategic_raw", run.strategic.raw[row]);
    number("strategic_score", run.totals.strategic[row]);
    number("financial_score", run.totals.financial[row]);
    number("total_score", run.totals.total[row]);
    const auto rank = [&](const char* column, std::uint32_t actual) {
      found.expect_exactly(id + ' ' + column, actual,
                           std::stod(cells.at(column)));
    };
    rank("overall_rank", run.overall_rank[row]);
    rank("financial_rank", run.financial_rank[row]);
    rank("strategic_rank", run.strategic_rank[row]);
  }
}

void compare_edge_items(differences& found, const portfolio_run& run,
                        const nlohmann::json& expected) {
  REQUIRE(expected.size() == run.rows);
  for (std::size_t place = 0; place < run.rows; ++place) {
    const auto row = run.overall_order[place];
    const auto& item = expected[place];
    const auto id = run.id(row);
    found.expect(id == std::to_string(item["work_item_id"].get<int>()),
                 id + " is at place " + std::to_string(place));
    found.expect(id + " total", run.totals.total[row], item["total_score"]);
    found.expect(id + " financial", run.totals.financial[row],
                 item["financial_score"]);
    found.expect(id + " strategic", run.totals.strategic[row],
                 item["strategic_score"]);
    found.expect_exactly(id + " rank", run.overall_rank[row],
                         item["overall_rank"]);
    for (std::size_t j = 0; j < run.plan.criteria.size(); ++j) {
      const auto& criterion = run.plan.criteria[j].definition.id;
      found.expect(id + ' ' + criterion, run.strategic.values[j][row],
                   item["criteria"].at(criterion).get<double>());
    }
    for (std::size_t c = 0; c < run.plan.categories.size(); ++c) {
      const auto& category = run.plan.categories[c].id;
      found.expect(id + ' ' + category, run.strategic.categories[c][row],
                   item["categories"].at(category).get<double>());
    }
  }
}

/// The base configuration with the keys of an edge case replaced.
nlohmann::json overridden(nlohmann::json config, const nlohmann::json& by) {
  for (const auto& [key, value] : by.items())
    config[key] = value;
  return config;
}

std::string to_lines(const nlohmann::json& items) {
  std::string text;
  for (const auto& item : items)
    text += item.dump() + '\n';
  return text;
}

} // namespace

TEST_CASE("compat reproduces the value of every criterion") {
  for (const std::string reading : readings) {
    const auto expected
      = read_golden_table("expected_" + reading + "/criteria.csv");
    for (const auto& name : case_names()) {
      differences found;
      compare_criteria(found, run_case(reading, name), expected);
      INFO(reading << ' ' << name);
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("compat reproduces the category scores") {
  for (const std::string reading : readings) {
    const auto tables = by_case("expected_" + reading + "/categories.csv");
    CHECK(tables.size() == 4);
    for (const auto& [name, expected] : tables) {
      differences found;
      compare_categories(found, run_case(reading, name), expected);
      INFO(reading << ' ' << name);
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("compat reproduces totals and ranks of every case") {
  for (const std::string reading : readings) {
    const auto tables = by_case("expected_" + reading + "/totals.csv");
    CHECK(tables.size() == 11);
    for (const auto& [name, expected] : tables) {
      differences found;
      compare_totals(found, run_case(reading, name), expected);
      INFO(reading << ' ' << name);
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("compat reproduces the summary of every case") {
  for (const std::string reading : readings) {
    const auto summaries
      = read_golden_json("expected_" + reading + "/summary.json");
    CHECK(summaries.size() == 11);
    for (const auto& [name, expected] : summaries.items()) {
      const auto run = run_case(reading, name);
      const auto actual
        = nlohmann::json::parse(summary_json(run.plan, run.summary));
      differences found;
      compare_json(found, name, actual, expected);
      INFO(reading);
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("compat scores or refuses small portfolios as the source does") {
  const auto config = read_golden_json("config.json");
  const auto edges = read_golden_json("edge_cases.json");
  REQUIRE(edges.at("cases").size() == 16);
  for (const auto& edge : edges["cases"]) {
    for (const std::string reading : readings) {
      INFO(edge["name"] << ' ' << reading);
      auto configuration
        = golden_configuration(overridden(config, edge["override"]), reading);
      const auto run = run_portfolio(configuration, to_lines(edge["items"]));
      const auto& expected = edge[reading];
      if (expected.contains("error")) {
        REQUIRE_FALSE(run);
        CHECK(run.error().kind == runtime::problem_kind::invalid_input);
        continue;
      }
      if (!run)
        FAIL(runtime::render(run.error()));
      differences found;
      compare_edge_items(found, *run, expected["items"]);
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("scores are the same bytes for any batch size") {
  const auto config = read_golden_json("config.json");
  const auto items = read_golden_text("items.jsonl");
  for (const auto rules : {rule_set::compat, rule_set::standard}) {
    for (const auto& name : case_names()) {
      auto configuration
        = select_case(golden_configuration(config, "resolved"), name);
      REQUIRE(configuration);
      configuration->rules = rules;
      const auto whole = run_portfolio(*configuration, items);
      REQUIRE(whole);
      const auto expected = summary_json(whole->plan, whole->summary);
      for (const auto batch_rows : {1UL, 7UL, 64UL, 499UL}) {
        const auto run = run_portfolio(*configuration, items, batch_rows);
        REQUIRE(run);
        INFO(name << ", batches of " << batch_rows);
        CHECK(run->strategic.raw == whole->strategic.raw);
        CHECK(run->totals.total == whole->totals.total);
        CHECK(run->overall_rank == whole->overall_rank);
        CHECK(summary_json(run->plan, run->summary) == expected);
      }
    }
  }
}

TEST_CASE("standard totals of real items are in 0 to 1 and ranked") {
  const auto config = read_golden_json("config.json");
  const auto items = read_golden_text("items.jsonl");
  for (const auto& name : case_names()) {
    auto configuration
      = select_case(golden_configuration(config, "resolved"), name);
    REQUIRE(configuration);
    configuration->rules = rule_set::standard;
    const auto run = run_portfolio(*configuration, items);
    REQUIRE(run);
    INFO(name);
    for (std::size_t row = 0; row < run->rows; ++row) {
      CHECK(run->totals.total[row] >= 0.0);
      CHECK(run->totals.total[row] <= 1.0);
      CHECK(run->totals.strategic[row] >= 0.0);
      CHECK(run->totals.strategic[row] <= 1.0);
    }
    const auto& basis = run->summary.basis;
    CHECK(basis.financial_and_strategic + basis.strategic_only
            + basis.financial_only + basis.nothing
          == run->rows);
    CHECK(basis.strategic_only > 100);
  }
}
