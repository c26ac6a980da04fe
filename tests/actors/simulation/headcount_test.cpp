#include "actors/simulation/headcount.hpp"
#include "runtime/tabular/csv_reader.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace troupe::simulation {

namespace {

std::int64_t half_up_target(std::int64_t start, ppm growth) {
  return (2 * start * (ppm_whole + growth) + ppm_whole) / (2 * ppm_whole);
}

} // namespace

TEST_CASE("headcounts agree with every row of the golden table") {
  const auto text
    = tests::read_file(tests::golden("simulation/requirements.csv"));
  const auto chunk = runtime::make_chunk(text, runtime::record_format::csv);
  auto rows = runtime::csv_rows{chunk};
  REQUIRE(rows.next().value());
  REQUIRE(rows.fields()[0] == "method");
  auto count = 0;
  while (rows.next().value()) {
    const auto number = [&](std::size_t column) {
      return std::stoll(std::string{rows.fields()[column]});
    };
    const auto rules = workforce_rules{rows.fields()[0] == "ceil"
                                         ? headcount_method::ceil
                                         : headcount_method::exact_target,
                                       number(3), number(4)};
    const auto plan = plan_headcount(rules, number(2), number(1));
    CAPTURE(rows.line());
    REQUIRE(plan);
    REQUIRE(
      *plan
      == headcount{number(1), number(5), number(6), number(7), number(8)});
    ++count;
  }
  CHECK(count > 100);
}

TEST_CASE(
  "whatever the rates, counts add up and exact_target hits the target") {
  auto random = std::mt19937_64{20250607};
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low
           + static_cast<std::int64_t>(
             random() % static_cast<std::uint64_t>(high - low + 1));
  };
  auto reductions = 0;
  for (auto round = 0; round < 20'000; ++round) {
    const auto start = pick(1, round % 2 == 0 ? 50 : 5'000'000);
    const auto growth = pick(-ppm_whole, ppm_whole);
    auto rules = workforce_rules{headcount_method::exact_target,
                                 pick(0, ppm_whole), pick(0, 900'000)};
    for (const auto method :
         {headcount_method::ceil, headcount_method::exact_target}) {
      rules.method = method;
      const auto plan = plan_headcount(rules, growth, start);
      CAPTURE(start, growth, rules.termination_rate,
              rules.new_hire_termination_rate);
      REQUIRE(plan);
      CHECK(plan->end
            == start - plan->terminations + plan->hires
                 - plan->new_hire_terminations);
      CHECK(plan->terminations <= start);
      CHECK(plan->new_hire_terminations <= plan->hires);
      const auto target = half_up_target(start, growth);
      if (method == headcount_method::exact_target)
        CHECK(plan->end == target);
      else
        CHECK(plan->end >= target - 1);
      reductions += plan->hires == 0 ? 1 : 0;
    }
  }
  CHECK(reductions > 100);
}

TEST_CASE("counts that cannot be are refused with a hint") {
  const auto rules = workforce_rules{};
  const auto refuses = [](const workforce_rules& with, ppm growth,
                          std::int64_t start, const std::string& words) {
    const auto plan = plan_headcount(with, growth, start);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().kind == runtime::problem_kind::invalid_input);
    CHECK(plan.error().message.find(words) != std::string::npos);
    CHECK_FALSE(plan.error().hint.empty());
  };
  refuses(rules, 30'000, 0, "nobody");
  refuses(rules, 30'000, -5, "nobody");
  refuses(rules, 30'000, people_max + 1, "1000000001 people");
  refuses(rules, -ppm_whole - 1, 10, "growth rate");
  refuses(rules, 10 * ppm_whole + 1, 10, "growth rate");
  refuses({headcount_method::ceil, -1, 0}, 0, 10, "a termination rate");
  refuses({headcount_method::ceil, ppm_whole + 1, 0}, 0, 10,
          "a termination rate");
  refuses({headcount_method::ceil, 0, ppm_whole}, 0, 10, "new-hire");
  refuses({headcount_method::ceil, 0, -1}, 0, 10, "new-hire");
  refuses({headcount_method::ceil, ppm_whole, ppm_whole - 1}, 0, people_max,
          "hires in a year");
}

TEST_CASE("the documented example") {
  CHECK(plan_headcount({}, 30'000, 10'000).value()
        == headcount{10'000, 1200, 2000, 500, 10'300});
}

} // namespace troupe::simulation
