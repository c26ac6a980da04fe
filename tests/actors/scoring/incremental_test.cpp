#include "actors/scoring/incremental.hpp"
#include "actors/scoring/scorer.hpp"
#include "tests/actors/scoring/changing_portfolio.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

constexpr auto files = {"totals.csv", "categories.csv", "criteria.csv",
                        "financial.csv", "summary.json"};

/// A store, and the files of the last scoring.
class workshop {
public:
  explicit workshop(scoring_configuration configuration)
    : configuration_{std::move(configuration)} {
    auto options = scorer_options{};
    options.workers = 2;
    options.store = folder_ / "store.db";
    scorer_.emplace(scorer::create(options).value());
  }

  scoring_configuration& configuration() {
    return configuration_;
  }

  runtime::outcome<scoring_result> try_score(scoring_mode mode,
                                             const std::string& items,
                                             std::size_t batch_size = 0) {
    auto request = scoring_request{};
    request.configuration = configuration_;
    request.mode = mode;
    request.items = folder_.write("items.jsonl", items);
    request.out = folder_ / "out";
    request.batch_size = batch_size;
    request.as_of = as_of;
    return scorer_->score(std::move(request));
  }

  scoring_result score(scoring_mode mode, const std::string& items,
                       std::size_t batch_size = 0) {
    auto result = try_score(mode, items, batch_size);
    if (!result)
      FAIL(runtime::render(result.error()));
    return std::move(*result);
  }

  runtime::clock::wall_time as_of{};

  [[nodiscard]] std::map<std::string, std::string> output() const {
    auto contents = std::map<std::string, std::string>{};
    for (const auto* name : files)
      contents[name] = read_file(folder_ / "out" / name);
    return contents;
  }

private:
  temporary_folder folder_;
  scoring_configuration configuration_;
  std::optional<scorer> scorer_;
};

std::string line(std::uint64_t id, double first, double other = 1.0) {
  return "{\"work_item_id\":" + std::to_string(id)
         + ",\"v0\":" + std::to_string(first)
         + ",\"v1\":5,\"v2\":" + std::to_string(other) + ",\"v3\":7}\n";
}

scoring_configuration plain() {
  return changing_configuration(rule_set::standard, normalisation::minmax);
}

struct method_case {
  rule_set rules;
  normalisation method;
};

constexpr auto method_cases = {
  method_case{rule_set::standard, normalisation::minmax},
  method_case{rule_set::standard, normalisation::zscore},
  method_case{rule_set::standard, normalisation::percentile},
  method_case{rule_set::standard, normalisation::robust},
  method_case{rule_set::standard, normalisation::none},
  method_case{rule_set::compat, normalisation::minmax},
  method_case{rule_set::compat, normalisation::zscore},
};

} // namespace

TEST_CASE("incremental scoring writes what full scoring writes, byte for "
          "byte") {
  const auto chosen = GENERATE(values(method_cases));
  const auto seed = GENERATE(range(1, 4));
  auto configuration = changing_configuration(chosen.rules, chosen.method);
  if (seed % 2 == 0)
    configuration.criteria[2].missing = chosen.rules == rule_set::standard
                                          ? missing_policy::mean
                                          : missing_policy::renormalise;
  auto portfolio = changing_portfolio{static_cast<std::uint64_t>(seed), 40};
  auto stepwise = workshop{configuration};
  auto whole = workshop{configuration};
  stepwise.score(scoring_mode::full, portfolio.text());
  for (auto round = 0; round < 5; ++round) {
    const auto before = portfolio.items();
    if (round % 2 == 0)
      portfolio.edit_within(static_cast<std::size_t>(round));
    else
      portfolio.edit(3);
    const auto text = portfolio.text();
    const auto result = stepwise.score(scoring_mode::incremental, text,
                                       static_cast<std::size_t>(7 + round));
    whole.score(scoring_mode::full, text);
    INFO(result.reason);
    CHECK(stepwise.output() == whole.output());
    const auto only_changes
      = result.reason.find("items changed") != std::string::npos;
    CHECK(result.rescored
          == (only_changes ? count_different(before, portfolio.items())
                           : result.items));
  }
}

TEST_CASE("only what changed is scored while the extremes stay") {
  const auto rules = GENERATE(rule_set::standard, rule_set::compat);
  auto configuration = changing_configuration(rules, normalisation::minmax);
  configuration.combination.dynamic_normalisation = false;
  // Missing values are zeros there, hence extremes.
  auto shop = workshop{configuration};
  auto portfolio = changing_portfolio{11, 60};
  shop.score(scoring_mode::full, portfolio.text());
  for (const auto edits : {0, 1, 5, 20}) {
    const auto before = portfolio.items();
    portfolio.edit_within(static_cast<std::size_t>(edits));
    const auto result = shop.score(scoring_mode::incremental, portfolio.text());
    INFO(result.reason);
    CHECK(result.rescored == count_different(before, portfolio.items()));
    CHECK(result.items == portfolio.items().size());
  }
}

TEST_CASE("an incremental scoring says what changed") {
  auto shop = workshop{plain()};
  const auto ends = line(1, 0, 0) + line(2, 10, 9);
  shop.score(scoring_mode::full, ends + line(3, 4) + line(4, 5));
  CHECK(
    shop.score(scoring_mode::incremental, ends + line(3, 4) + line(4, 5)).reason
    == "0 of 4 items changed");
  CHECK(
    shop.score(scoring_mode::incremental, ends + line(3, 6) + line(5, 5)).reason
    == "1 of 4 items changed, 1 is new, 1 is gone");
}

TEST_CASE("everything is scored again when an extreme moved") {
  auto shop = workshop{plain()};
  shop.score(scoring_mode::full, line(1, 0) + line(2, 10) + line(3, 4));
  const auto result = shop.score(scoring_mode::incremental,
                                 line(1, 0) + line(2, 12) + line(3, 4));
  CHECK(result.rescored == 3);
  CHECK(result.reason == "the maximum of v0 rose from 10 to 12");
}

TEST_CASE("everything is scored without an earlier run that fits") {
  auto shop = workshop{plain()};
  const auto items = line(1, 0) + line(2, 10);
  const auto first = shop.score(scoring_mode::incremental, items);
  CHECK(first.rescored == 2);
  CHECK(first.reason == "there is no earlier run");
  shop.configuration().categories[0].weight = 0.4;
  shop.configuration().categories[1].weight = 0.4;
  const auto second = shop.score(scoring_mode::incremental, items);
  CHECK(second.rescored == 2);
  CHECK(second.reason == "the configuration is not that of any stored run");
}

TEST_CASE("incremental runs build on one another") {
  auto shop = workshop{plain()};
  const auto ends = line(1, 0, 0) + line(2, 10, 9);
  shop.score(scoring_mode::incremental, ends + line(3, 4));
  shop.score(scoring_mode::incremental, ends + line(3, 5));
  const auto third = shop.score(scoring_mode::incremental, ends + line(3, 5));
  CHECK(third.rescored == 0);
}

TEST_CASE("items whose age is scored change as time passes") {
  auto configuration = plain();
  configuration.criteria[3].source = "age_days(created)";
  configuration.criteria[3].method = normalisation::none;
  auto shop = workshop{configuration};
  const auto dated = [](std::uint64_t id, const char* rest) {
    auto text = line(id, static_cast<double>(id), static_cast<double>(id));
    text.replace(text.rfind('}'), 1, std::string{rest} + '}');
    return text;
  };
  const auto items = dated(1, ",\"created\":\"2026-01-01\"")
                     + dated(2, ",\"created\":\"2026-02-01\"") + dated(3, "");
  shop.as_of = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};
  shop.score(scoring_mode::full, items);
  shop.as_of += std::chrono::days{1};
  // The third has no date.
  CHECK(shop.score(scoring_mode::incremental, items).reason
        == "2 of 3 items changed");
}

TEST_CASE("changes are not asked for without a store") {
  auto lone = scorer::create({}).value();
  const auto folder = temporary_folder{};
  auto request = scoring_request{};
  request.configuration = plain();
  request.mode = scoring_mode::incremental;
  request.items = folder.write("items.jsonl", line(1, 0));
  const auto result = lone.score(std::move(request));
  REQUIRE(!result);
  CHECK(result.error().kind == runtime::problem_kind::invalid_input);
  CHECK(result.error().hint.find("--no-store") != std::string::npos);
}

TEST_CASE("a gap that is forbidden names criterion, source and item") {
  auto configuration = plain();
  configuration.criteria[2].missing = missing_policy::error;
  auto batch = item_batch{};
  batch.rows = 2;
  batch.ids.add("7");
  batch.ids.add("8");
  batch.digests = {1, 2};
  batch.values = {{1, 2}, {1, 2}, {1, missing_value}, {1, 2}};
  auto request = scoring_request{};
  request.configuration = configuration;
  request.batches.push_back(std::move(batch));
  auto lone = scorer::create({}).value();
  const auto result = lone.score(std::move(request));
  REQUIRE(!result);
  CHECK(result.error().kind == runtime::problem_kind::invalid_input);
  CHECK(result.error().key == "criteria.v2.missing");
  CHECK(result.error().file == "memory");
  CHECK(result.error().message
        == "1 of 2 items have no value for v2; the first is item \"8\"");
}

TEST_CASE("a change of scale that no method reads is no reason") {
  const auto plan
    = compile(changing_configuration(rule_set::standard, normalisation::zscore))
        .value();
  auto before = scoring_scales{};
  before.rows = 3;
  before.criteria.resize(4);
  auto now = before;
  now.rows = 4;
  now.criteria[0].maximum = 8.0;
  now.strategic_factor = 2.0;
  CHECK(scale_change(plan, before, now).empty());
  now.criteria[3].deviation = 0.5;
  CHECK(scale_change(plan, before, now)
        == "the deviation of v3 rose from 0 to 0.5");
}
