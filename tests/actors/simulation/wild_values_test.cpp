#include "actors/simulation/year_check.hpp"
#include "tests/actors/simulation/made_year.hpp"
#include "tests/actors/simulation/year_damage.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace troupe::simulation {

namespace {

/// An end of what the type can hold, or any of it.
template <class Value>
void make_wild(Value& value, std::mt19937& bits) {
  if constexpr (std::is_enum_v<Value>) {
    value = static_cast<Value>(bits());
  } else {
    using limits = std::numeric_limits<Value>;
    const auto choice = bits() % 4;
    value = choice == 0   ? limits::min()
            : choice == 1 ? limits::max()
            : choice == 2 ? Value{0}
                          : static_cast<Value>(bits());
  }
}

/// One entry of each column of the table.
template <class Table>
void make_wild_entries(Table& table, std::size_t count, std::mt19937& bits) {
  tests::change_columns(table, [&](auto&... columns) {
    (make_wild(columns[bits() % count], bits), ...);
  });
}

} // namespace

TEST_CASE("no value in what a year made harms its check") {
  const auto right = tests::make_year();
  auto bits = std::mt19937{1};
  for (auto round = 0; round < 100; ++round) {
    INFO("round " << round);
    auto year = right;
    for (auto* const block : {&year.staff, &year.hired}) {
      make_wild_entries(block->rows, block->rows.count, bits);
      make_wild_entries(block->events, block->events.count, bits);
      make_wild_entries(block->next, block->next.size(), bits);
    }
    CHECK_FALSE(check_staff_block(year.plan, year.before, year.staff).empty());
    CHECK_FALSE(check_hire_block(year.plan, year.hires, year.hired).empty());
  }
}

TEST_CASE("no value in totals harms their check") {
  auto bits = std::mt19937{1};
  for (auto round = 0; round < 1'000; ++round) {
    auto totals = year_totals{};
    auto before = year_totals{};
    for (auto* const field :
         {&totals.start_headcount, &totals.terminations, &totals.hires,
          &totals.new_hire_terminations, &totals.end_headcount,
          &totals.promotions, &totals.raises, &totals.enrollments,
          &totals.opt_outs, &totals.events, &totals.end_enrolled,
          &totals.raise_candidates, &totals.expected_promotions.candidates,
          &totals.hires_by_level[1], &totals.end_by_level[2]})
      if (bits() % 4 == 0)
        make_wild(*field, bits);
    make_wild(totals.start_payroll, bits);
    make_wild(totals.expected_promotions.mean, bits);
    make_wild(totals.expected_promotions.variance, bits);
    CHECK_FALSE(check_year({.terminations = 1}, totals, &before).empty());
  }
}

} // namespace troupe::simulation
