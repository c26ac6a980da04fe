#include "actors/simulation/scenario_reading.hpp"

#include "actors/simulation/date_text.hpp"
#include "actors/simulation/layered_reader.hpp"
#include "actors/simulation/rate_text.hpp"
#include "actors/simulation/scenario_keys.hpp"
#include "actors/simulation/year_plan.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::yaml_kind;
using runtime::yaml_value;

namespace {

using problems_list = std::vector<runtime::problem>;

constexpr auto growth_max = 10 * ppm_whole;

outcome<ppm> read_rate(const yaml_value& value, ppm min, ppm max) {
  const auto text = value.text();
  if (!text)
    return fail(text.error());
  const auto rate = parse_rate(*text);
  if (!rate)
    return fail(value.error(rate.error().message, rate.error().hint));
  if (*rate < min || *rate > max)
    return fail(value.error(*text + " is out of range",
                            "give a number from " + render_rate(min) + " to "
                              + render_rate(max)));
  return *rate;
}

auto rate(ppm min, ppm max) {
  return [=](const yaml_value& value) { return read_rate(value, min, max); };
}

auto share() {
  return rate(0, ppm_whole);
}

/// What the getters of a value leave to the caller.
template <class T>
outcome<T> hinted(outcome<T> read, const std::string& hint) {
  if (!read && read.error().hint.empty())
    read.error().hint = hint;
  return read;
}

auto whole(std::int64_t min, std::int64_t max) {
  return [=](const yaml_value& value) {
    return hinted(value.integer(min, max), "give a whole number from "
                                             + std::to_string(min) + " to "
                                             + std::to_string(max));
  };
}

template <class Words>
auto word(const Words& words) {
  return [&words](const yaml_value& value) {
    using meaning = typename Words::value_type::second_type;
    auto hint = std::string{"give "};
    for (const auto& [text, ignored] : words)
      hint += (hint.size() > 5 ? " or " : "") + std::string{text};
    return hinted(value.choice<meaning>(words), hint);
  };
}

outcome<std::uint64_t> read_seed(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return fail(text.error());
  auto seed = std::uint64_t{0};
  const auto* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, seed);
  if (read.ec != std::errc{} || read.ptr != end)
    return fail(value.error("\"" + *text + "\" is not a seed",
                            "give a whole number from 0 to 2^64 - 1"));
  return seed;
}

outcome<std::chrono::sys_days> read_date(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return fail(text.error());
  if (const auto day = parse_date(*text))
    return *day;
  return fail(
    value.error("\"" + *text + "\" is not a day", "write it as 2025-07-15"));
}

/// The elements of a list that must have so many.
std::vector<yaml_value> read_list(const yaml_value& value, std::size_t size,
                                  std::string_view per,
                                  problems_list& problems) {
  const auto hint
    = "give " + std::to_string(size) + ", one for each " + std::string{per};
  auto items = hinted(value.items(), hint);
  if (!items) {
    problems.push_back(std::move(items.error()));
    return {};
  }
  if (items->size() == size)
    return std::move(*items);
  problems.push_back(value.error(
    "a list of " + std::to_string(items->size()) + " values", hint));
  return {};
}

/// Those of a list, if there is one.
template <std::size_t Size>
void read_rates(const std::optional<yaml_value>& value, std::string_view per,
                std::array<ppm, Size>& to, ppm max, problems_list& problems) {
  if (!value)
    return;
  const auto items = read_list(*value, Size, per, problems);
  for (auto i = std::size_t{0}; i < items.size(); ++i) {
    if (const auto read = read_rate(items[i], 0, max))
      to[i] = *read;
    else
      problems.push_back(read.error());
  }
}

template <std::size_t Size>
void read_rates(layered_reader& in, std::string_view key, std::string_view per,
                std::array<ppm, Size>& to, ppm max) {
  read_rates(in.need(key), per, to, max, in.problems());
}

/// All keys of a mapping, whichever layer has them.
std::vector<std::string> keys_of(const layered_reader& in) {
  auto keys = std::vector<std::string>{};
  for (const auto& layer : in.layers())
    if (const auto entries = layer.entries())
      for (const auto& [key, value] : *entries)
        keys.push_back(key);
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

outcome<std::int32_t> read_year(const std::string& text,
                                const yaml_value& value) {
  auto year = std::int32_t{0};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, year);
  if (read.ec == std::errc{} && text == std::to_string(year)
      && year >= start_year_min && year <= end_year_max)
    return year;
  return fail(
    value.error("\"" + text + "\" is not a year", "write it as 2025: 0.03"));
}

/// The rates of the years from `start` to `end`; a file may have more.
void read_years(const layered_reader& in, ppm min, ppm max, const scenario& of,
                std::vector<year_rate>& to) {
  for (const auto& text : keys_of(in)) {
    const auto value = in.take(text);
    if (!value)
      continue;
    const auto year = read_year(text, *value);
    const auto found = read_rate(*value, min, max);
    if (!year || !found)
      in.problems().push_back(year ? found.error() : year.error());
    else if (*year >= of.start_year && *year <= of.end_year)
      to.push_back({*year, *found});
  }
  std::ranges::sort(to, {}, &year_rate::year);
}

void read_selection(layered_reader in, selection_rules& to) {
  const auto read_multipliers = [&in](std::string_view key,
                                      std::string_view per, auto& multipliers) {
    read_rates(in.take(key), per, multipliers, multiplier_max, in.problems());
  };
  in.optional("method", to.method, word(keys::leaver_selection_words));
  read_multipliers("age_multipliers", "age band", to.age_multipliers);
  read_multipliers("tenure_multipliers", "tenure band", to.tenure_multipliers);
  read_multipliers("level_multipliers", "level", to.level_multipliers);
  in.finish(keys::selection);
}

void read_workforce(layered_reader in, workforce_rules& to) {
  in.optional("headcount_method", to.method,
              word(keys::headcount_method_words));
  in.required("total_termination_rate", to.termination_rate, share());
  in.required("new_hire_termination_rate", to.new_hire_termination_rate,
              rate(0, ppm_whole - 1));
  read_selection(in.section("selection"), to.selection);
  in.optional("level_quotas", to.level_quotas, [](const yaml_value& value) {
    return hinted(value.boolean(), "give true or false");
  });
  in.finish(keys::workforce);
}

void read_eligibility(layered_reader in, eligibility_rules& to) {
  in.optional("waiting_period_days", to.waiting_period_days, whole(0, 36'525));
  in.optional("minimum_age", to.minimum_age, whole(0, 150));
  in.finish(keys::eligibility);
}

outcome<hire_band> read_band(const yaml_value& value) {
  const auto ends = value.items();
  if (!ends)
    return fail(ends.error());
  if (ends->size() != 2)
    return fail(
      value.error("a pay band of " + std::to_string(ends->size()) + " values",
                  "give the lowest and the highest pay: [56000, "
                  "80000]"));
  const auto low = whole(1, hire_pay_max)(ends->front());
  const auto high = whole(1, hire_pay_max)(ends->back());
  if (!low || !high)
    return fail(low ? high.error() : low.error());
  if (*low > *high)
    return fail(
      value.error("the lowest pay is above the highest", "swap the two"));
  return hire_band{*low, *high};
}

void read_compensation(layered_reader in, scenario& of) {
  auto& to = of.compensation;
  in.required("cola_rate", to.cola_rate, share());
  read_years(in.section("cola_by_year"), 0, ppm_whole, of, of.cola_by_year);
  read_rates(in, "merit_by_level", "level", to.merit_by_level, ppm_whole);
  if (const auto bands = in.need("hire_band_by_level")) {
    const auto items = read_list(*bands, level_count, "level", in.problems());
    for (auto i = std::size_t{0}; i < items.size(); ++i) {
      if (const auto band = read_band(items[i]))
        to.hire_band_by_level[i] = *band;
      else
        in.problems().push_back(band.error());
    }
  }
  in.finish(keys::compensation);
}

void read_promotion(layered_reader in, promotion_rules& to) {
  in.required("base_rate", to.base_rate, share());
  in.required("level_dampener_factor", to.level_dampener, share());
  read_rates(in, "age_multipliers", "age band", to.age_multipliers,
             multiplier_max);
  read_rates(in, "tenure_multipliers", "tenure band", to.tenure_multipliers,
             multiplier_max);
  in.finish(keys::promotion);
}

void read_enrollment(layered_reader in, enrollment_rules& to) {
  auto automatic = in.section("auto_enrollment");
  automatic.optional("hire_date_cutoff", to.hire_date_cutoff, read_date);
  automatic.optional("scope", to.scope, word(keys::enrollment_scope_words));
  automatic.finish(keys::auto_enrollment);
  read_rates(in, "rate_by_age_segment", "age segment", to.rate_by_age_segment,
             ppm_whole);
  read_rates(in, "income_multipliers", "income segment", to.income_multipliers,
             multiplier_max);
  read_rates(in, "deferral_by_age_segment", "age segment",
             to.deferral_by_age_segment, ppm_whole);
  in.required("opt_out_rate_young", to.opt_out_rate_young, share());
  read_rates(in, "opt_out_income_multipliers", "income segment",
             to.opt_out_income_multipliers, multiplier_max);
  in.finish(keys::enrollment);
}

/// Where bands begin, each later than the one before.
template <std::size_t Size>
void read_beginnings(layered_reader& in, std::string_view key,
                     std::array<std::int32_t, Size>& to) {
  const auto value = in.take(key);
  if (!value)
    return;
  auto last = std::int64_t{0};
  const auto items
    = read_list(*value, Size, "band but the first", in.problems());
  for (auto i = std::size_t{0}; i < items.size(); ++i) {
    const auto read = whole(1, completed_years_max)(items[i]);
    if (!read)
      in.problems().push_back(read.error());
    else if (*read <= last)
      in.problems().push_back(items[i].error(
        "a band begins at " + std::to_string(*read) + ", after one at "
          + std::to_string(last),
        "give the completed years at which bands begin, the least first"));
    else
      to[i] = static_cast<std::int32_t>(last = *read);
  }
}

void read_bands(layered_reader in, band_rules& to) {
  read_beginnings(in, "age", to.age);
  read_beginnings(in, "tenure", to.tenure);
  in.finish(keys::bands);
}

/// Top level and `simulation` of each layer as layers of one mapping: some
/// files have these keys at one place, some at the other.
std::vector<yaml_value> merge_places(const std::vector<yaml_value>& layers,
                                     problems_list& problems) {
  auto merged = std::vector<yaml_value>{};
  for (const auto& layer : layers) {
    merged.push_back(layer);
    const auto inner = layer.find("simulation");
    if (!inner || inner->is_null())
      continue;
    if (inner->type() != yaml_kind::mapping) {
      problems.push_back(inner->entries().error());
      continue;
    }
    merged.push_back(*inner);
    for (auto& wrong : inner->unknown_keys(keys::simulation))
      problems.push_back(std::move(wrong));
    for (const auto key : keys::simulation) {
      const auto twice = inner->find(key);
      if (!twice || !layer.find(key))
        continue;
      auto wrong = twice->error("\"" + std::string{key}
                                  + "\" is also given at the top level",
                                "keep one of the two");
      wrong.kind = runtime::problem_kind::conflict;
      problems.push_back(std::move(wrong));
    }
  }
  return merged;
}

void read_run(layered_reader in, scenario& to) {
  in.required("start_year", to.start_year, whole(start_year_min, end_year_max));
  in.required("end_year", to.end_year, whole(start_year_min, end_year_max));
  in.required("random_seed", to.seed, read_seed);
  in.required("target_growth_rate", to.growth_rate,
              rate(-ppm_whole, growth_max));
  read_years(in.section("growth_by_year"), -ppm_whole, growth_max, to,
             to.growth_by_year);
  const auto end = in.take("end_year");
  if (to.start_year == 0 || to.end_year == 0 || !end)
    return;
  if (to.end_year < to.start_year)
    in.problems().push_back(end->error("the end is before the start",
                                       "give at least the start year"));
  if (to.end_year - to.start_year >= years_max)
    in.problems().push_back(
      end->error("more than " + std::to_string(years_max) + " years",
                 "give an earlier end"));
}

} // namespace

scenario read_scenario(const scenario_source& source, problems_list& problems) {
  auto to = scenario{};
  const auto layers = source.layers();
  layered_reader{{}, source.overrides, problems}.finish(keys::overrides);
  layered_reader{{}, source.files, problems}.finish(keys::document);
  read_run({{}, merge_places(layers, problems), problems}, to);
  auto in = layered_reader{{}, layers, problems};
  read_workforce(in.needed_section("workforce"), to.workforce);
  read_eligibility(in.section("eligibility"), to.eligibility);
  read_compensation(in.needed_section("compensation"), to);
  read_promotion(in.needed_section("promotion"), to.promotion);
  read_enrollment(in.needed_section("enrollment"), to.enrollment);
  read_bands(in.section("bands"), to.bands);
  return to;
}

} // namespace troupe::simulation
