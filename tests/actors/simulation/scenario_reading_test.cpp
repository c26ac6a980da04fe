#include "actors/simulation/scenario_keys.hpp"
#include "actors/simulation/scenario_reading.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

using runtime::problem;

/// The golden scenario with values from outside.
std::vector<problem> problems_with(std::vector<scenario_override> overrides) {
  const auto path = tests::golden("simulation/scenario.yaml").string();
  const auto document = runtime::yaml_document::read(path).value();
  auto problems = std::vector<problem>{};
  for (const auto& source : find_scenarios(document, path, overrides, problems))
    static_cast<void>(read_scenario(source, problems));
  return problems;
}

std::vector<problem> problems_of(const std::string& text) {
  const auto document = runtime::yaml_document::parse(text, "s.yaml").value();
  auto problems = std::vector<problem>{};
  for (const auto& source : find_scenarios(document, "s.yaml", {}, problems))
    static_cast<void>(read_scenario(source, problems));
  return problems;
}

bool has(const std::vector<problem>& problems, const std::string& key,
         const std::string& words) {
  return std::ranges::any_of(problems, [&](const problem& each) {
    return each.key == key && each.message.find(words) != std::string::npos;
  });
}

void check_refused(const std::vector<scenario_override>& values) {
  for (const auto& each : values) {
    CAPTURE(each.path, each.text);
    const auto problems = problems_with({each});
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key.starts_with(each.path));
    CHECK_FALSE(problems[0].hint.empty());
  }
}

void check_accepted(const std::vector<scenario_override>& values) {
  for (const auto& each : values) {
    CAPTURE(each.path, each.text);
    CHECK(problems_with({each}).empty());
  }
}

} // namespace

TEST_CASE("every key of a scenario is read") {
  const auto check = [](const std::string& prefix, const auto& known) {
    for (const auto key : known) {
      const auto path = prefix + std::string{key};
      if (path == "description" || path == "simulation" || path == "base"
          || path == "name" || path == "scenarios")
        continue;
      CAPTURE(path);
      // No key takes such a value.
      const auto problems = problems_with({{path, "[{a: 1}]"}});
      CHECK(std::ranges::any_of(problems, [&](const problem& each) {
        return each.key.starts_with(path);
      }));
    }
  };
  check("", keys::overrides);
  check("workforce.", keys::workforce);
  check("workforce.selection.", keys::selection);
  check("eligibility.", keys::eligibility);
  check("compensation.", keys::compensation);
  check("promotion.", keys::promotion);
  check("enrollment.", keys::enrollment);
  check("enrollment.auto_enrollment.", keys::auto_enrollment);
  check("bands.", keys::bands);
}

TEST_CASE("values out of range are refused, those at the limits are not") {
  const auto refused = std::vector<scenario_override>{
    {"start_year", "1899"},
    {"end_year", "2024"},
    {"end_year", "2525"},
    {"end_year", "10000"},
    {"random_seed", "-1"},
    {"random_seed", "1.5"},
    {"random_seed", "18446744073709551616"},
    {"target_growth_rate", "-1.000001"},
    {"target_growth_rate", "10.1"},
    {"target_growth_rate", "0.0000001"},
    {"growth_by_year", "{2026: 11}"},
    {"growth_by_year", "{next: 0.1}"},
    {"growth_by_year", "{02026: 0.1}"},
    {"workforce.headcount_method", "floor"},
    {"workforce.total_termination_rate", "1.1"},
    {"workforce.new_hire_termination_rate", "1"},
    {"eligibility.waiting_period_days", "-1"},
    {"eligibility.minimum_age", "200"},
    {"compensation.cola_rate", "-0.1"},
    {"compensation.cola_by_year", "{2026: 3%}"},
    {"compensation.merit_by_level", "[0, 0, 0, 0]"},
    {"compensation.merit_by_level", "[0, 0, 0, 0, -1]"},
    {"compensation.hire_band_by_level", "[[1, 2]]"},
    {"compensation.hire_band_by_level",
     "[[2, 1], [1, 2], [1, 2], [1, 2], [1, 2]]"},
    {"compensation.hire_band_by_level",
     "[[0, 1], [1, 2], [1, 2], [1, 2], [1, 2]]"},
    {"compensation.hire_band_by_level",
     "[[1], [1, 2], [1, 2], [1, 2], [1, 2]]"},
    {"promotion.age_multipliers", "[1, 1, 1, 1, 1, 101]"},
    {"enrollment.auto_enrollment.hire_date_cutoff", "2025-02-30"},
    {"enrollment.auto_enrollment.scope", "nobody"}};
  check_refused(refused);
  const auto accepted = std::vector<scenario_override>{
    {"random_seed", "18446744073709551615"},
    {"random_seed", "0"},
    {"target_growth_rate", "-1"},
    {"end_year", "2025"},
    {"end_year", "2524"},
    {"workforce.new_hire_termination_rate", "0.999999"},
    {"enrollment.auto_enrollment", "null"},
    {"eligibility", "null"},
    {"workforce.headcount_method", "null"},
    {"compensation.hire_band_by_level",
     "[[1, 1], [1, 2], [1, 2], [1, 2], [1, 900000000]]"}};
  check_accepted(accepted);
}

TEST_CASE("values of options out of range are refused") {
  check_refused({{"workforce.selection.method", "hazard"},
                 {"workforce.selection.age_multipliers", "[1, 1, 1, 1, 1]"},
                 {"workforce.selection.tenure_multipliers", "[1, 1, 1, 1, -1]"},
                 {"workforce.selection.level_multipliers", "[1, 1, 1, 1, 101]"},
                 {"workforce.selection.level_multipliers", "1"},
                 {"workforce.level_quotas", "maybe"},
                 {"bands.age", "[25, 35, 45, 55]"},
                 {"bands.age", "[0, 35, 45, 55, 65]"},
                 {"bands.age", "[25, 35, 45, 55, 128]"},
                 {"bands.age", "[25, 35, 35, 55, 65]"},
                 {"bands.age", "[25, 35, 45, 54.5, 65]"},
                 {"bands.tenure", "[2, 5, 20, 10]"},
                 {"bands.tenure", "2"}});
  check_accepted(
    {{"bands", "{tenure: [1, 2, 3, 4]}"},
     {"workforce.selection", "null"},
     {"workforce.selection.level_multipliers", "[0, 0, 0, 0.000001, 100]"},
     {"workforce.level_quotas", "true"},
     {"bands", "null"},
     {"bands.age", "[1, 2, 3, 4, 127]"}});
}

TEST_CASE("what is missing is named, nothing is made up") {
  const auto problems = problems_of("start_year: 2025");
  for (const auto* key :
       {"end_year", "random_seed", "target_growth_rate", "workforce",
        "compensation", "promotion", "enrollment"}) {
    CAPTURE(key);
    CHECK(has(problems, key, "missing"));
  }
  CHECK(problems.size() == 7);
  for (const auto* key :
       {"workforce.total_termination_rate", "compensation.cola_rate",
        "compensation.merit_by_level", "compensation.hire_band_by_level",
        "promotion.tenure_multipliers", "enrollment.rate_by_age_segment"}) {
    CAPTURE(key);
    const auto taken = problems_with({{key, "null"}});
    REQUIRE(taken.size() == 1);
    CHECK(has(taken, key, "missing"));
  }
}

TEST_CASE("a key at both places is a conflict") {
  const auto problems = problems_of("start_year: 2025\n"
                                    "simulation:\n  start_year: 2025\n"
                                    "  end_yaer: 2026\n");
  CHECK(has(problems, "simulation.start_year", "top level"));
  CHECK(has(problems, "simulation.end_yaer", "unknown"));
  CHECK(std::ranges::count(problems, runtime::problem_kind::conflict,
                           &problem::kind)
        == 1);
}

TEST_CASE("unknown keys are refused at every depth with the nearest one") {
  for (const auto* path :
       {"start_yaer", "workforce.headcount_methd", "workforce.selection.methd",
        "eligibility.minimum_agee", "compensation.cola_rat",
        "promotion.base_rat", "enrollment.opt_out_rate_yung",
        "enrollment.auto_enrollment.hire_date_cutof", "bands.tenur"}) {
    CAPTURE(path);
    const auto problems = problems_with({{path, "1"}});
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].message.find("unknown key") != std::string::npos);
    CHECK(problems[0].hint.find("did you mean") != std::string::npos);
  }
}

} // namespace troupe::simulation
