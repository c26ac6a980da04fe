#include "actors/simulation/year_totals.hpp"
#include "actors/simulation/year_totals_json.hpp"

#include <catch2/catch.hpp>

namespace troupe::simulation {

namespace {

year_totals make_part(std::int64_t factor) {
  auto part = year_totals{};
  part.year = 2030;
  part.start_headcount = factor;
  part.hires_by_level = {factor, 2 * factor, 0, 0, 3 * factor};
  part.end_payroll = 100 * factor;
  part.terminated_key_sum = ~std::uint64_t{0} - 1;
  part.expected_promotions.add_candidate(250'000);
  return part;
}

} // namespace

TEST_CASE("totals of parts add up in any order") {
  auto forwards = year_totals{};
  auto backwards = year_totals{};
  for (const auto factor : {1, 2, 3}) {
    add(forwards, make_part(factor));
    add(backwards, make_part(4 - factor));
  }
  CHECK(forwards == backwards);
  CHECK(forwards.year == 2030);
  CHECK(forwards.start_headcount == 6);
  CHECK(forwards.hires_by_level[4] == 18);
  CHECK(forwards.end_payroll == 600);
  CHECK(forwards.terminated_key_sum == ~std::uint64_t{0} - 5);
  CHECK(forwards.expected_promotions.candidates == 3);
  CHECK(forwards.expected_promotions.mean == 750'000);
  CHECK(forwards.expected_promotions.variance == 3 * 187'500'000'000U);
}

TEST_CASE("of the overpaid the lowest key is told") {
  auto totals = year_totals{};
  CHECK(totals.overpaid_key == no_key);
  for (const auto key : {7U, 3U, 9U}) {
    auto part = year_totals{};
    part.note_pay(key, pay_max + 1);
    part.note_pay(1, pay_max);
    add(totals, part);
  }
  add(totals, {});
  CHECK(totals.overpaid_key == 3);
}

TEST_CASE("key sums are written whole") {
  CHECK(to_json(make_part(1)).at("terminated_key_sum").dump()
        == "18446744073709551614");
}

} // namespace troupe::simulation
