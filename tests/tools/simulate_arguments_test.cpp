#include "tests/support/places.hpp"
#include "tools/activities/simulate_arguments.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tools;
using nlohmann::json;
using runtime::problem_kind;

namespace {

std::string scenario_path() {
  return tests::golden("simulation/scenario.yaml").string();
}

simulation::checked<simulate_plan> read(json input, bool has_input = false) {
  auto place = engine::source_place{};
  place.file = "flow.yaml";
  place.line = 7;
  place.key = "steps[0].with";
  return plan_simulation(input, place, has_input);
}

/// The arguments that have to be there, with these added.
json with(json more) {
  auto input = json{{"census", "people.csv"}, {"config", scenario_path()}};
  input.update(more);
  return input;
}

} // namespace

TEST_CASE("a census and a scenario are all that a simulation needs") {
  const auto plan = read(with(json::object()));
  REQUIRE(plan);
  CHECK(plan->census_file == "people.csv");
  CHECK(plan->scenario.name == "scenario");
  CHECK(plan->scenario.values.seed == 42);
  CHECK(plan->census.year == 2024);
  CHECK(plan->census.bad_rows == simulation::bad_row_policy::refuse);
  CHECK(plan->census.duplicates == simulation::duplicate_policy::refuse);
  CHECK(plan->out.empty());
  CHECK(plan->workers == 0);
  CHECK(plan->manner.block_people
        == simulation::simulation_manner{}.block_people);
  CHECK(plan->manner.level == simulation::optimization::high);
  CHECK_FALSE(plan->manner.fail_fast);
}

TEST_CASE("every argument of a simulation is read") {
  const auto folder = tests::temporary_folder{};
  const auto several = folder.write(
    "several.yaml", "base: " + scenario_path()
                      + "\nscenarios:\n  calm: {}\n  wild: {}\n");
  const auto mapping
    = tests::source_dir() / "tools/examples/simulation/gross_pay_mapping.yaml";
  const auto plan = read({{"census", "people.csv"},
                          {"config", several.string()},
                          {"scenario", "wild"},
                          {"mapping", mapping.string()},
                          {"set", {"compensation.cola_rate=0.03"}},
                          {"start_year", 2026},
                          {"end_year", "2028"},
                          {"seed", "18446744073709551615"},
                          {"on_bad_row", "drop"},
                          {"duplicates", "keep-latest"},
                          {"out", "results"},
                          {"workers", 3},
                          {"batch_size", 500},
                          {"optimization", "low"},
                          {"fail_fast", true}});
  if (!plan)
    FAIL(runtime::render(plan.error().front()));
  CHECK(plan->scenario.name == "wild");
  CHECK(plan->census.mapping.birth == "employee_birth_date");
  CHECK(plan->scenario.values.start_year == 2026);
  CHECK(plan->scenario.values.end_year == 2028);
  CHECK(plan->scenario.values.seed == 18'446'744'073'709'551'615U);
  // The people are those of the day before the first year.
  CHECK(plan->census.year == 2025);
  CHECK(plan->census.bad_rows == simulation::bad_row_policy::drop);
  CHECK(plan->census.duplicates == simulation::duplicate_policy::keep_latest);
  CHECK(plan->out == "results");
  CHECK(plan->workers == 3);
  CHECK(plan->manner.block_people == 500);
  CHECK(plan->manner.level == simulation::optimization::low);
  CHECK(plan->manner.fail_fast);
  const auto plain = read(with({{"start_year", 2026}, {"end_year", 2028}}));
  REQUIRE(plain);
  CHECK(plan->scenario.values.compensation.cola_rate
        != plain->scenario.values.compensation.cola_rate);
}

TEST_CASE("a wrong argument of a simulation is named with its place") {
  struct wrong {
    json input;
    std::string key;
  };
  const auto all = std::vector<wrong>{
    {{{"config", scenario_path()}}, "census"},
    {{{"census", "people.csv"}}, "config"},
    {with({{"census", ""}}), "census"},
    {with({{"census", 7}}), "census"},
    {with({{"census", "-"}}), "census"},
    {with({{"config", {"a"}}}), "config"},
    {with({{"scenario", 1}}), "scenario"},
    {with({{"mapping", true}}), "mapping"},
    {with({{"set", "a=1"}}), "set"},
    {with({{"set", {1}}}), "set[0]"},
    {with({{"set", {"nothing"}}}), "set"},
    {with({{"set", {"=1"}}}), "set"},
    {with({{"start_year", 2026.5}}), "start_year"},
    {with({{"end_year", {2027}}}), "end_year"},
    {with({{"seed", true}}), "seed"},
    {with({{"on_bad_row", "ignore"}}), "on_bad_row"},
    {with({{"duplicates", "keep"}}), "duplicates"},
    {with({{"out", 1}}), "out"},
    {with({{"workers", 0}}), "workers"},
    {with({{"workers", 1'025}}), "workers"},
    {with({{"workers", 18'446'744'073'709'551'615U}}), "workers"},
    {with({{"batch_size", -1}}), "batch_size"},
    {with({{"batch_size", "many"}}), "batch_size"},
    {with({{"optimization", "highest"}}), "optimization"},
    {with({{"fail_fast", "yes"}}), "fail_fast"},
    {with({{"sede", 7}}), "sede"},
  };
  for (const auto& each : all) {
    CAPTURE(each.input.dump());
    const auto plan = read(each.input);
    REQUIRE_FALSE(plan);
    const auto& reason = plan.error().front();
    CHECK(reason.kind == problem_kind::invalid_input);
    CHECK(reason.key == "steps[0].with." + each.key);
    CHECK(reason.file == "flow.yaml");
    CHECK(reason.line == 7);
    CHECK_FALSE(reason.hint.empty());
  }
}

TEST_CASE("a scenario that is not there is named with those that are") {
  const auto plan = read(with({{"scenario", "other"}}));
  REQUIRE_FALSE(plan);
  CHECK(plan.error().front().key == "steps[0].with.scenario");
  CHECK(plan.error().front().hint == "one of scenario");
}

TEST_CASE("files of a simulation that cannot be read are named as they are") {
  for (const auto* key : {"config", "mapping"}) {
    const auto plan = read(with({{key, "missing.yaml"}}));
    REQUIRE_FALSE(plan);
    CHECK(plan.error().front().kind == problem_kind::not_found);
    CHECK(plan.error().front().file == "missing.yaml");
  }
}

TEST_CASE("what is put in place of the scenario's is checked like it") {
  const auto plan = read(with({{"end_year", 2020}}));
  REQUIRE_FALSE(plan);
  CHECK(plan.error().front().kind == problem_kind::invalid_input);
  CHECK(plan.error().front().key.find("end_year") != std::string::npos);
}

TEST_CASE("standard input is a census for whoever may read it") {
  const auto plan = read(with({{"census", "-"}}), true);
  REQUIRE(plan);
  CHECK(plan->census_file == "-");
}

TEST_CASE("to go on, neither census nor scenario are looked at") {
  const auto plan = plan_resumption({{"census", "gone.csv"},
                                     {"config", "gone.yaml"},
                                     {"out", "results"},
                                     {"workers", 2},
                                     {"batch_size", 100},
                                     {"optimization", "medium"},
                                     {"fail_fast", true}});
  CHECK(plan.out == "results");
  CHECK(plan.workers == 2);
  CHECK(plan.manner.block_people == 100);
  CHECK(plan.manner.level == simulation::optimization::medium);
  CHECK(plan.manner.fail_fast);
  CHECK(plan.census_file.empty());
  CHECK(plan_resumption(json::object()).out.empty());
}
