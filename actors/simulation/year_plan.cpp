#include "actors/simulation/year_plan.hpp"

#include <limits>
#include <span>

namespace troupe::simulation {

namespace {

__extension__ using int128 = __int128;

year_days make_days(std::int32_t year) {
  auto days = year_days{.first = day_of(year, 1, 1),
                        .enrollment = day_of(year, 1, 15),
                        .promotion = day_of(year, 2, 1),
                        .opt_out = day_of(year, 6, 15),
                        .raise = day_of(year, 7, 15),
                        .last = day_of(year, 12, 31),
                        .count = 0};
  days.count = days.last - days.first + 1;
  return days;
}

/// Number of the band of each count of years; a band ends before its limit.
year_table make_bands(std::span<const std::int32_t> limits) {
  auto bands = year_table{};
  for (auto years = std::int32_t{0}; years <= completed_years_max; ++years)
    bands[static_cast<std::size_t>(years)]
      = static_cast<std::uint8_t>(std::ranges::count_if(
        limits, [years](auto limit) { return years >= limit; }));
  return bands;
}

void add_bands(year_plan& plan, const band_rules& rules) {
  constexpr auto segments = std::array{30, 45, 60};
  plan.age_bands = make_bands(rules.age);
  plan.tenure_bands = make_bands(rules.tenure);
  plan.age_segments = make_bands(segments);
}

/// The exact product, rounded down once, at the end.
std::int32_t promotion_probability(const promotion_rules& rules,
                                   std::size_t level, std::size_t age_band,
                                   std::size_t tenure_band) {
  const auto dampening = std::max(
    ppm_whole - rules.level_dampener * static_cast<ppm>(level), ppm{0});
  const auto product = int128{rules.base_rate} * rules.age_multipliers[age_band]
                       * rules.tenure_multipliers[tenure_band] * dampening;
  const auto whole = int128{ppm_whole} * ppm_whole * ppm_whole;
  return static_cast<std::int32_t>(
    std::min(product / whole, int128{promotion_probability_max}));
}

void add_promotions(year_plan& plan, const promotion_rules& rules) {
  // Nobody is promoted out of the last level: it stays at 0.
  for (auto level = std::size_t{0}; level + 1 < level_count; ++level)
    for (auto age = std::size_t{0}; age < age_band_count; ++age)
      for (auto tenure = std::size_t{0}; tenure < tenure_band_count; ++tenure)
        plan.promotion_probability[level][age][tenure]
          = promotion_probability(rules, level, age, tenure);
}

void add_leaving(year_plan& plan, const workforce_rules& rules) {
  const auto& selection = rules.selection;
  plan.selection = selection.method;
  plan.has_level_quotas = rules.level_quotas;
  if (selection.method == leaver_selection::uniform)
    return;
  for (auto level = std::size_t{0}; level < level_count; ++level) {
    // Among people of one level its multiplier says nothing, not even if 0.
    const auto of_level
      = rules.level_quotas ? ppm_whole : selection.level_multipliers[level];
    for (auto age = std::size_t{0}; age < age_band_count; ++age)
      for (auto tenure = std::size_t{0}; tenure < tenure_band_count; ++tenure)
        plan.leaving_weight[level][age][tenure]
          = draw_weight::product(of_level, selection.age_multipliers[age],
                                 selection.tenure_multipliers[tenure]);
  }
}

/// At most all.
std::int32_t product_of_rates(ppm rate, ppm multiplier) {
  return static_cast<std::int32_t>(
    std::min(int128{rate} * multiplier / ppm_whole, int128{ppm_whole}));
}

void add_enrollment(year_plan& plan, const enrollment_rules& rules) {
  for (auto income = std::size_t{0}; income < income_segment_count; ++income) {
    for (auto age = std::size_t{0}; age < age_segment_count; ++age)
      plan.enrollment_probability[age][income] = product_of_rates(
        rules.rate_by_age_segment[age], rules.income_multipliers[income]);
    plan.opt_out_probability[income] = product_of_rates(
      rules.opt_out_rate_young, rules.opt_out_income_multipliers[income]);
  }
  std::ranges::transform(rules.deferral_by_age_segment, plan.deferral.begin(),
                         [](ppm deferral) {
                           return static_cast<std::int32_t>(deferral);
                         });
  const auto is_limited
    = rules.scope == enrollment_scope::new_hires_only && rules.hire_date_cutoff;
  plan.hire_date_first = is_limited ? day_of(*rules.hire_date_cutoff)
                                    : std::numeric_limits<day_number>::min();
}

void add_pay(year_plan& plan, const compensation_rules& rules) {
  for (auto level = std::size_t{0}; level < level_count; ++level) {
    plan.raise_factor[level]
      = ppm_whole + rules.merit_by_level[level] + rules.cola_rate;
    const auto& band = rules.hire_band_by_level[level];
    for (auto digit = std::size_t{0}; digit < 10; ++digit)
      plan.hire_pay[level][digit] = half_up<cents>(
        (band.low + band.high) * 100 * (90 + 2 * static_cast<cents>(digit)),
        200);
  }
}

} // namespace

year_plan make_year_plan(const scenario& parameters, std::int32_t year) {
  auto plan = year_plan{};
  plan.year = year;
  plan.draws = year_draws{parameters.seed, year};
  plan.days = make_days(year);
  for (auto ago = std::size_t{0}; ago < plan.new_years.size(); ++ago)
    plan.new_years[ago] = day_of(year - static_cast<std::int32_t>(ago), 1, 1);
  plan.termination_rate = parameters.workforce.termination_rate;
  plan.new_hire_termination_rate
    = parameters.workforce.new_hire_termination_rate;
  plan.waiting_period_days = parameters.eligibility.waiting_period_days;
  plan.minimum_age = parameters.eligibility.minimum_age;
  add_bands(plan, parameters.bands);
  add_leaving(plan, parameters.workforce);
  add_promotions(plan, parameters.promotion);
  add_enrollment(plan, parameters.enrollment);
  add_pay(plan, parameters.compensation);
  return plan;
}

} // namespace troupe::simulation
