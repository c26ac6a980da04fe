#include "actors/simulation/goal_seek.hpp"
#include "tests/actors/simulation/golden_simulation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace troupe::tests {

using namespace troupe::simulation;
using runtime::problem_kind;

namespace {

using curve = std::function<std::int64_t(ppm)>;

/// Runs to the end and checks what holds of every search.
goal_seek searched(const goal& wanted, const curve& measure) {
  auto search = goal_seek::create(wanted).value();
  auto tried = std::set<ppm>{};
  for (auto values = search.next(); !values.empty(); values = search.next()) {
    CHECK(std::ranges::is_sorted(values));
    CHECK(search.answer().state == goal_state::searching);
    for (const auto value : values) {
      CHECK(value >= wanted.lowest);
      CHECK(value <= wanted.highest);
      CHECK((value - wanted.lowest) % wanted.step == 0);
      CHECK(tried.insert(value).second);
      CHECK(search.tell(value, measure(value)));
    }
  }
  const auto found = search.answer();
  CHECK(found.runs == tried.size());
  CHECK(found.runs <= wanted.runs_max);
  CHECK(search.tries().size() == tried.size());
  CHECK(found.state != goal_state::searching);
  return search;
}

goal percent(std::int64_t target, std::int64_t tolerance = 0) {
  return {
    .target = target, .tolerance = tolerance, .lowest = 0, .highest = 100'000};
}

} // namespace

TEST_CASE("a straight measure is met by the first guess") {
  const auto found = searched(percent(1'741'234), [](ppm x) {
                       return 1'700'000 + x;
                     }).answer();
  CHECK(found.state == goal_state::met);
  CHECK(found.best->value == 41'234);
  CHECK(found.best->measured == 1'741'234);
  CHECK(found.rounds == 2);
  CHECK(found.runs == 5);
  CHECK(found.is_monotone);
}

TEST_CASE("a measure that falls is met as well") {
  const auto found = searched(percent(900'000), [](ppm x) {
                       return 1'000'000 - 4 * x;
                     }).answer();
  CHECK(found.state == goal_state::met);
  CHECK(found.best->value == 25'000);
}

TEST_CASE("a bent measure is met within its tolerance") {
  const auto square = [](ppm x) { return x * x; };
  for (const auto at_once : {1U, 2U, 3U, 8U, 64U}) {
    auto wanted = percent(std::int64_t{31'623} * 31'623, 1'000);
    wanted.runs_at_once = at_once;
    wanted.runs_max = 200;
    const auto found = searched(wanted, square).answer();
    INFO(at_once);
    CHECK(found.state == goal_state::met);
    CHECK(found.best->value == 31'623);
    CHECK(found.runs < 60 + 2 * at_once);
  }
}

TEST_CASE("a step that jumps over the target is told with the nearest value") {
  auto wanted = percent(14);
  wanted.runs_max = 100;
  const auto found
    = searched(wanted, [](ppm x) { return x < 77'777 ? 10 : 20; }).answer();
  CHECK(found.state == goal_state::jumps_over);
  CHECK(found.best->measured == 10);
  CHECK(found.bracket->first.value == 77'776);
  CHECK(found.bracket->first.measured == 10);
  CHECK(found.bracket->second.value == 77'777);
  CHECK(found.is_monotone);
  const auto whole
    = searched(wanted, [](ppm x) { return x / 10'000 * 2; }).answer();
  CHECK(whole.state == goal_state::met);
  CHECK(whole.best->value / 10'000 == 7);
}

TEST_CASE("values are tried on the grid of the step only") {
  auto wanted = percent(41'234, 400);
  wanted.step = 1'000;
  const auto found = searched(wanted, [](ppm x) { return x; }).answer();
  CHECK(found.state == goal_state::met);
  CHECK(found.best->value == 41'000);
  wanted.tolerance = 100;
  const auto none = searched(wanted, [](ppm x) { return x; }).answer();
  CHECK(none.state == goal_state::jumps_over);
  CHECK(none.best->value == 41'000);
}

TEST_CASE("a target out of reach is told after the first round") {
  for (const auto target : {-1, 100'001}) {
    const auto found
      = searched(percent(target), [](ppm x) { return x; }).answer();
    CHECK(found.state == goal_state::out_of_reach);
    CHECK(found.runs == 3);
    CHECK_FALSE(found.bracket);
    CHECK(found.best->value == (target < 0 ? 0 : 100'000));
  }
}

TEST_CASE("a flat measure is met everywhere or nowhere") {
  const auto flat = [](ppm) { return 5; };
  const auto never = searched(percent(6), flat).answer();
  CHECK(never.state == goal_state::out_of_reach);
  CHECK(never.best->value == 0);
  CHECK(never.is_monotone);
  CHECK(searched(percent(6, 1), flat).answer().state == goal_state::met);
}

TEST_CASE("a measure that rises and falls is met at one of its places") {
  const auto hill
    = [](ppm x) { return 2'500'000'000 - (x - 50'000) * (x - 50'000); };
  auto wanted = percent(2'400'000'000, 20'000);
  wanted.runs_max = 100;
  const auto found = searched(wanted, hill).answer();
  CHECK(found.state == goal_state::met);
  CHECK(std::abs(found.best->value - 40'000) <= 1);
  CHECK_FALSE(found.is_monotone);
}

TEST_CASE("without a bracket the search goes on around an inner best") {
  const auto hill = [](ppm x) { return 1'000'000 - std::abs(x - 33'333); };
  auto wanted = percent(1'000'000, 2);
  wanted.runs_max = 200;
  const auto top = searched(wanted, hill).answer();
  CHECK(top.state == goal_state::met);
  CHECK(std::abs(top.best->value - 33'333) <= 2);
  wanted.target = 1'000'010;
  const auto above = searched(wanted, hill).answer();
  CHECK(above.state == goal_state::out_of_reach);
  CHECK(above.best->value == 33'333);
}

TEST_CASE("one run tries the middle and says that runs are out") {
  auto wanted = percent(7);
  wanted.runs_max = 1;
  const auto found = searched(wanted, [](ppm x) { return x; }).answer();
  CHECK(found.state == goal_state::out_of_runs);
  CHECK(found.best->value == 50'000);
  CHECK(found.runs == 1);
  wanted.target = 50'000;
  CHECK(searched(wanted, [](ppm x) { return x; }).answer().state
        == goal_state::met);
}

TEST_CASE("no budget is exceeded, and the best of it is told") {
  const auto steep = [](ppm x) { return x * x * x; };
  for (auto budget = std::size_t{2}; budget < 20; ++budget)
    for (const auto at_once : {1U, 2U, 5U}) {
      auto wanted = percent(123'456'789);
      wanted.runs_max = budget;
      wanted.runs_at_once = at_once;
      const auto found = searched(wanted, steep);
      CHECK(found.answer().runs <= budget);
      for (const auto& each : found.tries())
        CHECK(std::abs(found.answer().best->measured - wanted.target)
              <= std::abs(each.measured - wanted.target));
    }
}

TEST_CASE("every search ends, whatever is measured") {
  for (auto seed = std::uint64_t{1}; seed <= 300; ++seed) {
    const auto noise = [seed](ppm x) {
      auto bits = static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15 + seed;
      bits = (bits ^ (bits >> 29)) * 0xbf58476d1ce4e5b9;
      return static_cast<std::int64_t>(bits >> 32);
    };
    const auto target = noise(-1);
    const auto wanted = goal{
      target, 0, -30, 30 + static_cast<ppm>(seed % 40), 1, 1'000, 1 + seed % 7};
    searched(wanted, noise);
  }
}

TEST_CASE("the widest range and the largest measures do not overflow") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  auto wanted = goal{.target = 0, .tolerance = 0, .lowest = 0};
  wanted.highest = ppm{1} << 40;
  wanted.runs_max = 400;
  const auto cliff = [](ppm x) { return x < 987'654'321 ? -most : most; };
  const auto found = searched(wanted, cliff).answer();
  CHECK(found.state == goal_state::jumps_over);
  REQUIRE(found.bracket);
  CHECK(found.bracket->first.value == 987'654'320);
  CHECK(found.bracket->second.value == 987'654'321);
}

TEST_CASE("the order in which measures are told changes nothing") {
  const auto run = [](bool is_reversed) {
    auto wanted = percent(1'234'567);
    wanted.runs_at_once = 4;
    auto search = goal_seek::create(wanted).value();
    for (auto values = search.next(); !values.empty(); values = search.next()) {
      if (is_reversed)
        std::ranges::reverse(values);
      // Those that are not told yet are still asked for.
      search.tell(values.front(), values.front() * values.front() / 1'000);
      if (values.size() > 1)
        CHECK(search.next().size() == values.size() - 1);
      for (const auto value : values)
        search.tell(value, value * value / 1'000);
    }
    return search.tries();
  };
  CHECK(run(false) == run(true));
}

TEST_CASE("what was not asked for is not taken") {
  auto search = goal_seek::create(percent(5)).value();
  CHECK_FALSE(search.tell(0, 1));
  CHECK(search.next() == std::vector<ppm>{0, 50'000, 100'000});
  CHECK(search.tell(0, 1));
  CHECK_FALSE(search.tell(0, 2));
  CHECK_FALSE(search.tell(1, 2));
  CHECK_FALSE(search.answer().best);
}

TEST_CASE("a goal that cannot be searched is refused") {
  const auto refused = [](const auto& change) {
    auto wanted = percent(5);
    change(wanted);
    const auto made = goal_seek::create(wanted);
    return !made && made.error().kind == problem_kind::invalid_input;
  };
  CHECK_FALSE(refused([](goal&) {}));
  CHECK(refused([](goal& each) { each.highest = each.lowest; }));
  CHECK(refused([](goal& each) { each.step = 0; }));
  CHECK(refused([](goal& each) { each.step = -1; }));
  CHECK(refused([](goal& each) { each.step = 30'000; }));
  CHECK(refused([](goal& each) { each.tolerance = -1; }));
  CHECK(refused([](goal& each) { each.runs_max = 0; }));
  CHECK(refused([](goal& each) { each.runs_at_once = 0; }));
  CHECK(refused([](goal& each) { each.highest = (ppm{1} << 40) + 1; }));
  CHECK(refused([](goal& each) {
    each.lowest = std::numeric_limits<ppm>::min();
    each.highest = std::numeric_limits<ppm>::max();
  }));
}

TEST_CASE("a search as JSON has its tries and the answer") {
  const auto told
    = to_json(searched(percent(60'000, 5), [](ppm x) { return x; }));
  CHECK(told.at("state") == "met");
  CHECK(told.at("value_ppm") == 60'000);
  CHECK(told.at("measured") == 60'000);
  CHECK(told.at("tries").size() == told.at("runs"));
  CHECK(told.at("tries")[0].at("round") == 1);
}

TEST_CASE("the growth that leads to a payroll of the reference is found") {
  const auto scenario_at = [](ppm growth) -> runtime::outcome<scenario> {
    auto made = read_golden_scenario();
    made.growth_rate = growth;
    return made;
  };
  const auto project_all = [](std::span<const scenario> scenarios) {
    return runtime::outcome<std::vector<projected_years>>{
      project_totals(scenarios)};
  };
  const auto& payroll = *find_measure("end_payroll_cents");
  const auto scenario = read_golden_scenario();
  const auto reference
    = project_all(std::vector{scenario}).value().front().back();
  auto wanted = goal{.target = payroll.of(reference)};
  wanted.tolerance = wanted.target / 1'000;
  wanted.lowest = -100'000;
  wanted.highest = 200'000;
  auto search = goal_seek::create(wanted).value();
  REQUIRE(
    run_search(search, payroll, scenario.end_year, scenario_at, project_all));
  const auto found = search.answer();
  CHECK(found.state == goal_state::met);
  CHECK(std::abs(found.best->measured - wanted.target) <= wanted.tolerance);
  CHECK(std::abs(found.best->value - scenario.growth_rate) < 3'000);
  CHECK(found.runs < 15);

  auto later = goal_seek::create(wanted).value();
  const auto refused = run_search(later, payroll, scenario.end_year + 1,
                                  scenario_at, project_all);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::invalid_input);
}

} // namespace troupe::tests
