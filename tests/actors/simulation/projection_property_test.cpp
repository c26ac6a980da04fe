#include "actors/simulation/headcount.hpp"
#include "actors/simulation/people_blocks.hpp"
#include "actors/simulation/year_text.hpp"
#include "tests/actors/simulation/checked_years.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

namespace troupe::simulation {

namespace {

constexpr auto cases = std::uint64_t{tests::effort(200)};

/// Everything random of a case follows from its number.
class random_case {
public:
  explicit random_case(std::uint64_t number) : bits_{number} {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    const auto choices = static_cast<std::uint64_t>(high - low + 1);
    return low + static_cast<std::int64_t>(bits_() % choices);
  }

  bool one_in(std::int64_t count) {
    return between(1, count) == 1;
  }

  /// Often one of the ends, where errors are.
  std::int64_t edgy(std::int64_t low, std::int64_t high) {
    return one_in(5) ? low : one_in(5) ? high : between(low, high);
  }

  template <std::size_t Size>
  std::array<ppm, Size> rates(ppm max) {
    auto made = std::array<ppm, Size>{};
    std::ranges::generate(made, [&] { return edgy(0, max); });
    return made;
  }

  std::mt19937_64& bits() {
    return bits_;
  }

private:
  std::mt19937_64 bits_;
};

void set_years(random_case& of, scenario& made) {
  made.start_year = static_cast<std::int32_t>(
    of.one_in(4) ? of.edgy(1900, 9990) : of.between(2020, 2030));
  made.end_year = made.start_year + static_cast<std::int32_t>(of.between(0, 3));
  const auto growth = [&of] {
    return of.one_in(8) ? of.edgy(-ppm_whole / 2, ppm_whole)
                        : of.between(-200'000, 200'000);
  };
  made.growth_rate = growth();
  for (auto year = made.start_year; year <= made.end_year; ++year) {
    if (of.one_in(4))
      made.growth_by_year.push_back({year, growth()});
    if (of.one_in(4))
      made.cola_by_year.push_back({year, of.edgy(0, ppm_whole)});
  }
}

void set_pay(random_case& of, scenario& made) {
  made.compensation.cola_rate = of.edgy(0, 200'000);
  made.compensation.merit_by_level = of.rates<level_count>(ppm_whole);
  for (auto& band : made.compensation.hire_band_by_level) {
    band.low = of.edgy(1, 300'000);
    band.high = band.low + of.edgy(0, 100'000);
  }
  made.promotion.base_rate = of.edgy(0, ppm_whole);
  made.promotion.level_dampener = of.edgy(0, ppm_whole);
  made.promotion.age_multipliers = of.rates<age_band_count>(3 * ppm_whole);
  made.promotion.tenure_multipliers
    = of.rates<tenure_band_count>(3 * ppm_whole);
}

void set_plan(random_case& of, scenario& made) {
  made.eligibility.waiting_period_days
    = static_cast<std::int32_t>(of.edgy(0, of.one_in(4) ? 36'525 : 400));
  made.eligibility.minimum_age
    = static_cast<std::int32_t>(of.edgy(0, of.one_in(4) ? 150 : 40));
  auto& plan = made.enrollment;
  if (of.one_in(2))
    plan.scope = enrollment_scope::new_hires_only;
  if (of.one_in(2))
    plan.hire_date_cutoff
      = std::chrono::sys_days{std::chrono::year{made.start_year - 3} / 1 / 1}
        + std::chrono::days{of.between(0, 2'000)};
  plan.rate_by_age_segment = of.rates<age_segment_count>(ppm_whole);
  plan.income_multipliers = of.rates<income_segment_count>(3 * ppm_whole);
  plan.deferral_by_age_segment = of.rates<age_segment_count>(ppm_whole);
  plan.opt_out_rate_young = of.edgy(0, ppm_whole);
  plan.opt_out_income_multipliers
    = of.rates<income_segment_count>(3 * ppm_whole);
}

/// So many different numbers, ascending.
template <std::size_t Size>
void set_beginnings(random_case& of, std::array<std::int32_t, Size>& to) {
  auto rest = static_cast<std::int64_t>(Size);
  auto last = std::int64_t{0};
  for (auto& beginning : to) {
    const auto most = std::int64_t{completed_years_max} - --rest;
    last = of.edgy(last + 1, std::min(last + 15, most));
    beginning = static_cast<std::int32_t>(last);
  }
}

void set_options(random_case& of, scenario& made) {
  if (of.one_in(3)) {
    set_beginnings(of, made.bands.age);
    set_beginnings(of, made.bands.tenure);
  }
  auto& selection = made.workforce.selection;
  if (of.one_in(2)) {
    selection.method = leaver_selection::hazard_weighted;
    // Of 0 or of very many: then others hardly ever leave.
    const auto max = of.one_in(4) ? 100 * ppm_whole : 2 * ppm_whole;
    selection.age_multipliers = of.rates<age_band_count>(max);
    selection.tenure_multipliers = of.rates<tenure_band_count>(max);
    selection.level_multipliers = of.rates<level_count>(max);
  }
  made.workforce.level_quotas = of.one_in(2);
}

scenario make_scenario(random_case& of) {
  auto made = scenario{};
  made.seed = of.bits()();
  set_years(of, made);
  made.workforce.method
    = of.one_in(2) ? headcount_method::ceil : headcount_method::exact_target;
  made.workforce.termination_rate
    = of.edgy(0, of.one_in(8) ? ppm_whole : 300'000);
  made.workforce.new_hire_termination_rate
    = of.edgy(0, of.one_in(8) ? 900'000 : 400'000);
  set_pay(of, made);
  set_plan(of, made);
  set_options(of, made);
  return made;
}

/// 1 to 2,000 people, a small number as likely as a large one.
people make_census(random_case& of, const scenario& parameters) {
  const auto first = day_of(parameters.start_year, 1, 1);
  auto staff = people{};
  staff.resize(static_cast<std::size_t>(
    of.between(1, of.between(1, of.between(1, 2'000)))));
  auto key = std::uint64_t{0};
  for (auto at = std::size_t{0}; at < staff.size(); ++at) {
    key += static_cast<std::uint64_t>(of.edgy(1, of.one_in(9) ? 1 << 30 : 3));
    staff.key[at] = key;
    staff.birth_date[at] = static_cast<day_number>(
      first
      - (of.one_in(9) ? of.edgy(1, 150 * 366) : of.between(6'500, 27'000)));
    staff.hire_date[at] = static_cast<day_number>(
      of.one_in(9)
        ? of.edgy(std::min(staff.birth_date[at] + 1, first - 1), first - 1)
        : first - of.between(1, 9'000));
    staff.pay[at] = of.one_in(50) ? of.edgy(1, pay_max / 1'000)
                                  : of.between(2'000'000, 30'000'000);
    staff.level[at] = static_cast<std::uint8_t>(of.between(1, level_count));
    staff.plan[at] = static_cast<enrollment>(of.between(0, 2));
    staff.deferral[at] = staff.plan[at] == enrollment::enrolled
                           ? static_cast<std::int32_t>(of.edgy(0, ppm_whole))
                           : 0;
  }
  return staff;
}

people shuffle(const people& staff, random_case& of) {
  auto order = std::vector<std::size_t>(staff.size());
  std::ranges::generate(order,
                        [at = std::size_t{0}]() mutable { return at++; });
  std::ranges::shuffle(order, of.bits());
  auto shuffled = people{};
  shuffled.resize(staff.size());
  for (auto to = std::size_t{0}; to < order.size(); ++to)
    shuffled.set(to, staff, order[to]);
  return shuffled;
}

/// Everything that a projection tells.
struct told_projection {
  std::string text;
  std::vector<year_totals> years;

  friend bool operator==(const told_projection&, const told_projection&)
    = default;
};

told_projection run(const scenario& parameters, const people& staff,
                    std::size_t block_size) {
  const auto blocks = make_blocks(staff, block_size);
  const auto headcounts = planned_headcounts(parameters);
  const auto ids = person_ids{};
  auto checked = tests::checked_years{blocks, headcounts};
  auto told = told_projection{};
  const auto years
    = project(parameters, blocks, block_size, headcounts,
              [&](const projected_year& year) -> runtime::outcome<void> {
                const auto broken = checked.check(year);
                if (!broken.empty())
                  FAIL(to_problem(broken, ids).message);
                const auto rules = rules_of_year(parameters, year.plan.year);
                CHECK(year.totals.end_headcount
                      == plan_headcount(rules.workforce, rules.growth_rate,
                                        year.totals.start_headcount)
                           .value()
                           .end);
                const auto text = year_text{year.plan, ids};
                auto rows = std::string{};
                for (const auto& block : year.blocks) {
                  text.append_events(told.text, block.events);
                  text.append_rows(rows, block.rows);
                }
                told.text += rows;
                return {};
              });
  REQUIRE(years);
  told.years = *years;
  return told;
}

} // namespace

TEST_CASE("a projection is the same for all blocks and orders, and right") {
  for (auto number = std::uint64_t{1}; number <= cases; ++number) {
    INFO("case " << number);
    auto of = random_case{number};
    const auto parameters = make_scenario(of);
    const auto staff = make_census(of, parameters);
    const auto expected = run(parameters, staff, 100'000);
    for (const auto block_size : {1, 7, 64, 100'000})
      REQUIRE((run(parameters, shuffle(staff, of),
                   static_cast<std::size_t>(block_size))
               == expected));
  }
}

TEST_CASE("another seed gives other people, but the same headcounts") {
  auto others = 0;
  for (auto number = std::uint64_t{1}; number <= cases; number += 4) {
    INFO("case " << number);
    auto of = random_case{number};
    auto parameters = make_scenario(of);
    const auto staff = make_census(of, parameters);
    const auto first = run(parameters, staff, 500);
    ++parameters.seed;
    const auto second = run(parameters, staff, 500);
    REQUIRE(first.years.size() == second.years.size());
    for (auto at = std::size_t{0}; at < first.years.size(); ++at) {
      const auto& left = first.years[at];
      const auto& right = second.years[at];
      CHECK(left.end_headcount == right.end_headcount);
      CHECK(left.terminations == right.terminations);
      CHECK(left.hires_by_level == right.hires_by_level);
      CHECK(left.new_hire_terminations == right.new_hire_terminations);
    }
    others += first.text != second.text ? 1 : 0;
  }
  CHECK(others > static_cast<int>(cases) / 8);
}

} // namespace troupe::simulation
