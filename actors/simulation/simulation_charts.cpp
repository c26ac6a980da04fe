#include "actors/simulation/simulation_charts.hpp"

#include "actors/simulation/chart_numbers.hpp"
#include "actors/simulation/measure_text.hpp"
#include "actors/simulation/svg_chart.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace troupe::simulation {

namespace {

constexpr auto intervals_max = std::int64_t{5};

std::vector<std::string> names_of(std::span<const year_totals> years) {
  auto names = std::vector<std::string>{};
  for (const auto& year : years)
    names.push_back(std::to_string(year.year));
  return names;
}

chart_frame frame_of(std::string id, std::string title, measure_unit unit,
                     const chart_scale& scale) {
  auto frame = chart_frame{};
  frame.id = std::move(id);
  frame.title = std::move(title);
  frame.scale = scale;
  frame.axis_text = axis_numbers(unit, scale);
  frame.value_text
    = [unit](std::int64_t value) { return render_compact(unit, value); };
  return frame;
}

/// From zero, for bars.
chart_scale scale_of_bars(const std::vector<std::int64_t>& values) {
  return round_scale(0, std::max(std::ranges::max(values), std::int64_t{1}),
                     intervals_max);
}

template <class Get>
std::vector<std::int64_t> values_of(std::span<const year_totals> years,
                                    const Get& get) {
  auto values = std::vector<std::int64_t>{};
  for (const auto& year : years)
    values.push_back(std::invoke(get, year));
  return values;
}

/// "2025: 1,030; 2026: 1,061"
std::string tell(const chart_frame& frame,
                 const std::vector<std::int64_t>& values) {
  auto text = std::string{};
  for (auto i = std::size_t{0}; i < values.size(); ++i)
    text += (i == 0 ? "" : "; ") + frame.categories[i] + ": "
            + frame.value_text(values[i]);
  return text;
}

/// A measure at the end of each year, after what it was at the start.
std::string end_chart(std::span<const year_totals> years, std::string id,
                      std::string title, measure_unit unit,
                      std::int64_t year_totals::*start,
                      std::int64_t year_totals::*end) {
  auto values = values_of(years, end);
  values.insert(values.begin(), years.front().*start);
  auto frame
    = frame_of(std::move(id), std::move(title), unit, scale_of_bars(values));
  frame.categories = names_of(years);
  frame.categories.insert(frame.categories.begin(), "start");
  frame.description = tell(frame, values);
  auto chart = svg_chart{std::move(frame)};
  chart.add_bars(std::vector<chart_series>{{"", "c1", std::move(values)}});
  return std::move(chart).finish();
}

/// By how much the series reach together in the highest category.
std::vector<std::int64_t> sums_of(std::span<const chart_series> series) {
  auto sums = std::vector<std::int64_t>(series.front().values.size());
  for (const auto& each : series)
    std::transform(sums.begin(), sums.end(), each.values.begin(), sums.begin(),
                   std::plus{});
  return sums;
}

std::string tell_all(const chart_frame& frame,
                     std::span<const chart_series> series) {
  auto text = std::string{};
  for (const auto& each : series)
    text += (text.empty() ? "" : ". ") + each.name + " "
            + tell(frame, each.values);
  return text;
}

} // namespace

std::string headcount_chart(std::span<const year_totals> years) {
  return end_chart(years, "headcount", "People at the end of each year",
                   measure_unit::people, &year_totals::start_headcount,
                   &year_totals::end_headcount);
}

std::string payroll_chart(std::span<const year_totals> years) {
  return end_chart(years, "payroll", "Annual payroll at the end of each year",
                   measure_unit::cents, &year_totals::start_payroll,
                   &year_totals::end_payroll);
}

std::string mean_pay_chart(std::span<const year_totals> years) {
  const auto& measure = *find_measure("mean_pay_cents");
  auto values = values_of(years, measure.of);
  auto frame = frame_of("mean-pay", "Mean annual pay at the end of each year",
                        measure.unit, scale_of_bars(values));
  frame.categories = names_of(years);
  frame.description = tell(frame, values);
  auto chart = svg_chart{std::move(frame)};
  chart.add_bars(std::vector<chart_series>{{"", "c1", std::move(values)}});
  return std::move(chart).finish();
}

std::string participation_chart(std::span<const year_totals> years) {
  auto frame = frame_of("participation", "Share of people in the plan",
                        measure_unit::ppm, {0, ppm_whole, ppm_whole / 5});
  frame.categories = names_of(years);
  const auto line = chart_series{
    "", "c1", values_of(years, find_measure("participation_ppm")->of)};
  frame.description = tell(frame, line.values);
  auto chart = svg_chart{std::move(frame)};
  chart.add_line(line);
  chart.add_points(line);
  return std::move(chart).finish();
}

std::string movements_chart(std::span<const year_totals> years) {
  const auto series = std::vector<chart_series>{
    {"hired", "c2", values_of(years, &year_totals::hires)},
    {"left", "c3", values_of(years, &year_totals::terminations)},
    {"hired and left again", "c4",
     values_of(years, &year_totals::new_hire_terminations)}};
  auto all = std::vector<std::int64_t>{};
  for (const auto& each : series)
    all.insert(all.end(), each.values.begin(), each.values.end());
  auto frame = frame_of("movements", "Who came and who left",
                        measure_unit::people, scale_of_bars(all));
  frame.categories = names_of(years);
  frame.has_legend = true;
  frame.description = tell_all(frame, series);
  auto chart = svg_chart{std::move(frame)};
  chart.add_bars(series);
  return std::move(chart).finish();
}

std::string levels_chart(std::span<const year_totals> years) {
  auto series = std::vector<chart_series>{};
  for (auto level = std::size_t{0}; level < level_count; ++level) {
    const auto number = std::to_string(level + 1);
    series.push_back({"level " + number, "s" + number,
                      values_of(years, [level](const year_totals& year) {
                        return year.end_by_level[level];
                      })});
  }
  auto frame = frame_of("levels", "People at the end of each year by level",
                        measure_unit::people, scale_of_bars(sums_of(series)));
  frame.categories = names_of(years);
  frame.has_legend = true;
  frame.description = tell_all(frame, series);
  auto chart = svg_chart{std::move(frame)};
  chart.add_stacks(series);
  return std::move(chart).finish();
}

namespace {

/// What is seen in the picture, by year.
std::string tell_bands(std::span<const measure_band> bands) {
  auto text = std::string{};
  for (const auto& band : bands) {
    const auto& measure = *band.measure;
    text += (text.empty() ? "" : "; ") + std::to_string(band.year) + ": median "
            + render_measure(measure, band.p50) + ", 5 to 95 % "
            + render_measure(measure, band.p5) + " to "
            + render_measure(measure, band.p95);
  }
  return text;
}

chart_series band_series(std::span<const measure_band> bands, std::string name,
                         std::int64_t measure_band::*value) {
  auto made = chart_series{std::move(name), "c1", {}};
  for (const auto& band : bands)
    made.values.push_back(band.*value);
  return made;
}

} // namespace

std::string fan_chart(const ensemble& of, const year_measure& measure) {
  const auto bands = of.bands_of(measure);
  const auto low = std::ranges::min(bands, {}, &measure_band::minimum).minimum;
  const auto high = std::ranges::max(bands, {}, &measure_band::maximum).maximum;
  const auto is_spread = std::ranges::any_of(bands, [](const auto& band) {
    return band.minimum != band.maximum;
  });
  // Room around a line, and for one without any height.
  const auto margin = std::max((high - low) / 20, high / 200);
  auto frame = frame_of("fan-" + std::string{plain_name(measure)},
                        spoken_name(measure) + " over all seeds", measure.unit,
                        round_scale(std::max<std::int64_t>(low - margin, 0),
                                    high + margin, intervals_max));
  frame.has_legend = is_spread;
  frame.has_end_labels = true;
  for (const auto& band : bands)
    frame.categories.push_back(std::to_string(band.year));
  frame.description = tell_bands(bands);
  const auto& last = bands.back();
  auto chart = svg_chart{std::move(frame)};
  if (is_spread) {
    chart.add_band(band_series(bands, "5 to 95 %", &measure_band::p5),
                   band_series(bands, "", &measure_band::p95), 1);
    chart.add_band(band_series(bands, "25 to 75 %", &measure_band::p25),
                   band_series(bands, "", &measure_band::p75), 2);
    chart.add_line(band_series(bands, "median", &measure_band::p50));
    chart.add_dotted_line(
      band_series(bands, "lowest, highest", &measure_band::minimum));
    chart.add_dotted_line(band_series(bands, "", &measure_band::maximum));
    chart.add_end_label(last.p95,
                        "95 %: " + render_compact(measure.unit, last.p95));
    chart.add_end_label(last.p5,
                        "5 %: " + render_compact(measure.unit, last.p5));
  } else
    chart.add_line(band_series(bands, "", &measure_band::p50));
  chart.add_end_label(last.p50, render_compact(measure.unit, last.p50));
  return std::move(chart).finish();
}

} // namespace troupe::simulation
