#include "actors/simulation/simulation_difference.hpp"

#include "actors/simulation/scenario_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::simulation {

using json = nlohmann::json;
using runtime::fail;
using runtime::outcome;

namespace {

/// Texts of values by their paths.
using setting_map = std::map<std::string, std::string>;

std::string element(const std::string& path, const std::string& name) {
  return path + '[' + name + ']';
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as a scenario, which is 3.
void flatten(const json& value, const std::string& path, setting_map& to) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items())
      flatten(inner, path.empty() ? key : path + '.' + key, to);
  } else if (value.is_array()) {
    const auto is_by_year = path.ends_with("_by_year");
    for (auto at = std::size_t{0}; at < value.size(); ++at) {
      const auto& each = value[at];
      if (is_by_year && each.is_array() && each.size() == 2)
        to[element(path, each[0].dump())] = each[1].dump();
      else // Levels count from 1, and so do segments and bands.
        to[element(path, std::to_string(at + 1))] = each.dump();
    }
  } else {
    to[path] = value.dump();
  }
}

std::string text_at(const setting_map& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string{} : found->second;
}

std::vector<measure_change> compare_totals(const year_totals& before,
                                           const year_totals& after) {
  auto changes = std::vector<measure_change>{};
  for (const auto& measure : year_measures())
    changes.push_back({.measure = &measure,
                       .before = measure.of(before),
                       .after = measure.of(after)});
  return changes;
}

/// Keys of those who left in a year.
outcome<std::vector<std::uint64_t>> load_leavers(simulation_history& history,
                                                 const stored_simulation& run,
                                                 std::int32_t year) {
  auto leavers = std::vector<std::uint64_t>{};
  const auto read = history.for_each_block(
    run, year,
    [&](const year_row_columns& rows, const event_columns&) -> outcome<void> {
      for (auto at = std::size_t{0}; at < rows.count; ++at)
        if (rows.termination_date[at] != no_day)
          leavers.push_back(rows.key[at]);
      return {};
    });
  if (!read)
    return fail(read.error());
  std::ranges::sort(leavers);
  return leavers;
}

outcome<leaver_change> compare_leavers(simulation_history& history,
                                       const simulation_difference& of,
                                       std::int32_t year) {
  const auto before = load_leavers(history, of.before, year);
  if (!before)
    return fail(before.error());
  const auto after = load_leavers(history, of.after, year);
  if (!after)
    return fail(after.error());
  auto shared = std::vector<std::uint64_t>{};
  std::ranges::set_intersection(*before, *after, std::back_inserter(shared));
  return leaver_change{.both = shared.size(),
                       .only_before = before->size() - shared.size(),
                       .only_after = after->size() - shared.size()};
}

outcome<year_change> compare_year(simulation_history& history,
                                  const simulation_difference& of,
                                  const stored_year& before,
                                  const stored_year& after) {
  auto change = year_change{};
  change.year = before.totals.year;
  change.measures = compare_totals(before.totals, after.totals);
  if (before.figures.blocks == 0 || after.figures.blocks == 0)
    return change;
  const auto leavers = compare_leavers(history, of, change.year);
  if (!leavers)
    return fail(leavers.error());
  change.leavers = *leavers;
  return change;
}

/// With options that are as by default: those of the other may not be. As it is
/// where it is no scenario.
outcome<std::string> load_settings(simulation_history& history,
                                   const stored_simulation& run) {
  auto text = history.load_scenario_text(run);
  if (!text)
    return text;
  const auto read = parse_canonical_text(*text);
  return read ? complete_text(*read) : std::move(*text);
}

outcome<void> add_settings(simulation_history& history,
                           simulation_difference& to) {
  const auto before = load_settings(history, to.before);
  if (!before)
    return fail(before.error());
  const auto after = load_settings(history, to.after);
  if (!after)
    return fail(after.error());
  auto settings = compare_settings(*before, *after);
  if (!settings)
    return fail(settings.error());
  to.settings = std::move(*settings);
  return {};
}

outcome<void> add_years(simulation_history& history,
                        simulation_difference& to) {
  const auto before = history.load_years(to.before);
  if (!before)
    return fail(before.error());
  const auto after = history.load_years(to.after);
  if (!after)
    return fail(after.error());
  for (const auto& year : *before) {
    const auto other
      = std::ranges::find(*after, year.totals.year,
                          [](const stored_year& of) { return of.totals.year; });
    if (other == after->end())
      continue;
    auto change = compare_year(history, to, year, *other);
    if (!change)
      return fail(change.error());
    to.years.push_back(std::move(*change));
  }
  return {};
}

} // namespace

std::optional<double> measure_change::percent() const noexcept {
  if (before == 0)
    return std::nullopt;
  return static_cast<double>(difference()) / static_cast<double>(before)
         * 100.0;
}

outcome<std::vector<setting_change>> compare_settings(std::string_view before,
                                                      std::string_view after) {
  auto maps = std::pair<setting_map, setting_map>{};
  for (const auto& [text, to] :
       {std::pair{before, &maps.first}, {after, &maps.second}}) {
    const auto value = json::parse(text, nullptr, false);
    if (value.is_discarded())
      return fail(runtime::problem_kind::failed,
                  "a stored scenario cannot be read",
                  "see what else is damaged: troupe doctor");
    flatten(value, {}, *to);
  }
  auto changes = std::vector<setting_change>{};
  const auto note = [&](const std::string& key) {
    auto change = setting_change{key, text_at(maps.first, key),
                                 text_at(maps.second, key)};
    if (change.before != change.after)
      changes.push_back(std::move(change));
  };
  for (const auto& [key, value] : maps.first)
    note(key);
  for (const auto& [key, value] : maps.second)
    if (!maps.first.contains(key))
      note(key);
  std::ranges::sort(changes, {}, &setting_change::key);
  return changes;
}

outcome<simulation_difference> compare_simulations(simulation_history& history,
                                                   std::string_view before,
                                                   std::string_view after) {
  auto first = history.find_run(before);
  if (!first)
    return fail(first.error());
  auto second = history.find_run(after);
  if (!second)
    return fail(second.error());
  auto difference = simulation_difference{};
  difference.before = std::move(*first);
  difference.after = std::move(*second);
  if (auto added = add_settings(history, difference); !added)
    return fail(added.error());
  if (auto added = add_years(history, difference); !added)
    return fail(added.error());
  return difference;
}

} // namespace troupe::simulation
