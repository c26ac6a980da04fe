#include "actors/simulation/ensemble.hpp"

#include "actors/simulation/measure_text.hpp"
#include "actors/simulation/rounding.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace troupe::simulation {

using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

outcome<std::vector<std::int32_t>>
common_years(std::span<const projected_years> members) {
  if (members.empty() || members.front().empty())
    return fail(problem_kind::invalid_input,
                "an ensemble has no member, or no year",
                "project at least one seed");
  auto years = std::vector<std::int32_t>{};
  for (const auto& totals : members.front())
    years.push_back(totals.year);
  for (const auto& member : members)
    if (!std::ranges::equal(member, years, {}, &year_totals::year))
      return fail(problem_kind::invalid_input,
                  "the members of an ensemble have different years",
                  "project the same years with each seed");
  return years;
}

/// The values of one measure in one year, in the order of the members.
void collect(std::span<const projected_years> members, std::size_t year,
             const year_measure& measure, std::vector<std::int64_t>& values) {
  values.clear();
  for (const auto& member : members)
    values.push_back(measure.of(member[year]));
}

outcome<void> check_equal(const measure_band& band,
                          std::span<const std::int64_t> values) {
  const auto other = std::ranges::find_if(values, [&](auto value) {
    return value != values.front();
  });
  if (other == values.end())
    return {};
  const auto place = std::to_string(other - values.begin() + 1);
  return fail(problem_kind::failed,
              std::string{band.measure->name} + " of "
                + std::to_string(band.year)
                + " does not depend on draws, yet it is "
                + std::to_string(values.front()) + " with the first seed and "
                + std::to_string(*other) + " with seed number " + place,
              "the projections are not of one scenario and census, or "
              "differ where they must not");
}

void describe(std::vector<std::int64_t>& values, measure_band& band) {
  std::ranges::sort(values);
  band.minimum = values.front();
  band.p5 = percentile(values, 5);
  band.p25 = percentile(values, 25);
  band.p50 = percentile(values, 50);
  band.p75 = percentile(values, 75);
  band.p95 = percentile(values, 95);
  band.maximum = values.back();
  band.mean = exact_mean(values);
}

std::string_view unit_name(measure_unit unit) {
  switch (unit) {
    case measure_unit::people:
      return "people";
    case measure_unit::events:
      return "events";
    case measure_unit::cents:
      return "cents";
    case measure_unit::ppm:
      break;
  }
  return "ppm";
}

} // namespace

std::vector<std::uint64_t> ensemble_seeds(std::uint64_t first,
                                          std::size_t count) {
  auto seeds = std::vector<std::uint64_t>(count);
  for (auto i = std::size_t{0}; i < count; ++i)
    seeds[i] = first + i;
  return seeds;
}

std::int64_t percentile(std::span<const std::int64_t> ascending,
                        std::size_t percent) {
  return ascending[(percent * ascending.size() + 99) / 100 - 1];
}

std::int64_t exact_mean(std::span<const std::int64_t> values) {
  // Quotients and rests by themselves: the sum may need more than 64 bits.
  const auto count = static_cast<std::int64_t>(values.size());
  auto whole = std::int64_t{0};
  auto rest = std::int64_t{0};
  for (const auto value : values) {
    whole += value / count;
    rest += value % count;
    if (rest < 0) {
      --whole;
      rest += count;
    } else if (rest >= count) {
      ++whole;
      rest -= count;
    }
  }
  return whole + half_up(rest, count);
}

std::span<const measure_band>
ensemble::bands_of(const year_measure& measure) const {
  const auto first = std::ranges::find(bands, &measure, &measure_band::measure);
  if (first == bands.end())
    return {};
  return {first, years.size()};
}

outcome<ensemble> find_bands(std::span<const projected_years> members) {
  auto years = common_years(members);
  if (!years)
    return fail(years.error());
  auto found = ensemble{members.size(), std::move(*years), {}};
  auto values = std::vector<std::int64_t>{};
  for (const auto& measure : year_measures())
    for (auto year = std::size_t{0}; year < found.years.size(); ++year) {
      auto band = measure_band{};
      band.measure = &measure;
      band.year = found.years[year];
      band.depends_on_draws = depends_on_draws(measure, year == 0);
      collect(members, year, measure, values);
      if (!band.depends_on_draws)
        if (auto equal = check_equal(band, values); !equal)
          return fail(equal.error());
      describe(values, band);
      found.bands.push_back(band);
    }
  return found;
}

outcome<std::vector<exceedance>>
find_exceedances(std::span<const projected_years> members,
                 std::span<const measure_threshold> thresholds) {
  const auto years = common_years(members);
  if (!years)
    return fail(years.error());
  auto found = std::vector<exceedance>{};
  for (const auto& threshold : thresholds) {
    if (threshold.year && std::ranges::count(*years, *threshold.year) == 0)
      return fail(problem_kind::invalid_input,
                  "the year " + std::to_string(*threshold.year)
                    + " is not projected",
                  "a year from " + std::to_string(years->front()) + " to "
                    + std::to_string(years->back()));
    for (auto year = std::size_t{0}; year < years->size(); ++year) {
      if (threshold.year && *threshold.year != (*years)[year])
        continue;
      const auto count = std::ranges::count_if(members, [&](const auto& each) {
        return holds(threshold, threshold.measure->of(each[year]));
      });
      found.push_back(
        {threshold, (*years)[year], members.size(),
         static_cast<std::size_t>(count),
         half_up<ppm>(count * ppm_whole, static_cast<ppm>(members.size()))});
    }
  }
  return found;
}

json to_json(const measure_band& band) {
  return {{"measure", band.measure->name},
          {"unit", unit_name(band.measure->unit)},
          {"year", band.year},
          {"depends_on_draws", band.depends_on_draws},
          {"minimum", band.minimum},
          {"p5", band.p5},
          {"p25", band.p25},
          {"p50", band.p50},
          {"p75", band.p75},
          {"p95", band.p95},
          {"maximum", band.maximum},
          {"mean", band.mean}};
}

json to_json(const exceedance& of) {
  return {{"threshold", std::string{of.threshold.measure->name}
                          + std::string{symbol(of.threshold.how)}
                          + std::to_string(of.threshold.value)},
          {"year", of.year},
          {"members", of.members},
          {"holding", of.holding},
          {"probability_ppm", of.probability}};
}

json to_json(const ensemble& of) {
  auto bands = json::array();
  for (const auto& band : of.bands)
    bands.push_back(to_json(band));
  return {{"members", of.members},
          {"years", of.years},
          {"percentiles", "nearest rank"},
          {"bands", std::move(bands)}};
}

} // namespace troupe::simulation
