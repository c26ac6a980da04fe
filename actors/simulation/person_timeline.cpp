#include "actors/simulation/person_timeline.hpp"

#include "actors/simulation/year_plan.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/tabular/csv_writer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

/// Ids that are looked at for one that is spelt alike.
constexpr auto similar_ids_max = std::size_t{200'000};
constexpr auto similar_bytes_max = std::size_t{256};

struct hire_number {
  std::int32_t year = 0;
  std::int64_t sequence = 0;
};

/// All of the text as a number without a sign.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  auto number = Number{};
  const auto* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || last != end || text.front() == '-')
    return std::nullopt;
  return number;
}

/// The parts of an id such as NH_2025_000001.
std::optional<hire_number> hire_of(std::string_view id) {
  constexpr auto start = std::string_view{"NH_"};
  if (!id.starts_with(start))
    return std::nullopt;
  const auto rest = id.substr(start.size());
  const auto middle = rest.find('_');
  if (middle == std::string_view::npos)
    return std::nullopt;
  const auto year = whole_number<std::int32_t>(rest.substr(0, middle));
  const auto sequence = whole_number<std::int64_t>(rest.substr(middle + 1));
  if (!year || !sequence || *sequence <= 0 || *sequence >> 32U != 0)
    return std::nullopt;
  return hire_number{*year, *sequence};
}

std::string id_of_key(const person_ids& ids, std::uint64_t key) {
  auto text = std::string(ids.bytes_max(), '\0');
  auto cursor = person_ids::cursor{ids};
  const auto* const end = cursor.write(text.data(), key);
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

std::string_view field(const person_ids& ids, std::size_t at) {
  const auto offsets = ids.offsets();
  return ids.characters().substr(offsets[at], offsets[at + 1] - offsets[at]);
}

std::optional<std::uint64_t> key_in_census(const person_ids& ids,
                                           std::string_view person) {
  // Ids are kept as fields of CSV.
  auto wanted = std::string{};
  runtime::append_csv_field(wanted, person);
  for (auto at = std::size_t{0}; at < ids.keys().size(); ++at)
    if (field(ids, at) == wanted)
      return ids.keys()[at];
  return std::nullopt;
}

std::string hires_of_year(const std::vector<stored_year>& years,
                          std::int32_t year) {
  for (const auto& each : years) {
    if (each.totals.year != year)
      continue;
    if (each.totals.hires == 0)
      return "nobody is hired in " + std::to_string(year);
    return "hires of " + std::to_string(year) + " are "
           + id_of_key({}, hire_key(year, 1)) + " to "
           + id_of_key({}, hire_key(year, each.totals.hires));
  }
  return "the run has no year " + std::to_string(year);
}

problem nobody(const stored_simulation& run,
               const std::vector<stored_year>& years, const person_ids& ids,
               std::string_view person) {
  auto reason = problem{};
  reason.kind = problem_kind::not_found;
  reason.message = "run " + std::to_string(run.number)
                   + " has nobody with the id or key \"" + std::string{person}
                   + "\"";
  if (const auto hire = hire_of(person)) {
    reason.hint = hires_of_year(years, hire->year);
    return reason;
  }
  if (person.size() > similar_bytes_max)
    return reason;
  auto known = std::vector<std::string_view>{};
  const auto count = std::min(ids.keys().size(), similar_ids_max);
  for (auto at = std::size_t{0}; at < count; ++at)
    known.push_back(field(ids, at));
  if (const auto nearest = runtime::nearest_word(person, known))
    reason.hint = "did you mean \"" + std::string{*nearest} + "\"?";
  return reason;
}

std::optional<person_at_start> find_start(const std::vector<people>& blocks,
                                          std::uint64_t key) {
  for (const auto& staff : blocks) {
    const auto found = std::ranges::find(staff.key, key);
    if (found == staff.key.end())
      continue;
    const auto at = static_cast<std::size_t>(found - staff.key.begin());
    return person_at_start{.birth_date = staff.birth_date[at],
                           .hire_date = staff.hire_date[at],
                           .pay = staff.pay[at],
                           .deferral = staff.deferral[at],
                           .level = staff.level[at],
                           .plan = staff.plan[at]};
  }
  return std::nullopt;
}

outcome<std::vector<person_year>>
load_person_years(simulation_history& history, const stored_simulation& run,
                  const std::vector<stored_year>& years, std::uint64_t key) {
  auto found = std::vector<person_year>{};
  for (const auto& each : years) {
    const auto year = each.totals.year;
    const auto read = history.for_block_of(
      run, year, key,
      [&](const year_row_columns& rows,
          const event_columns& events) -> outcome<void> {
        for (auto at = std::size_t{0}; at < rows.count; ++at)
          if (rows.key[at] == key)
            found.push_back({.year = year, .row = rows[at], .events = {}});
        for (auto at = std::size_t{0}; at < events.count; ++at)
          if (events.key[at] == key && !found.empty())
            found.back().events.push_back(events[at]);
        return {};
      });
    if (!read)
      return fail(read.error());
  }
  return found;
}

/// The key that this names, which may still be nobody's.
std::optional<std::uint64_t> key_of(const person_ids& ids,
                                    std::string_view person) {
  if (const auto key = key_in_census(ids, person))
    return key;
  if (const auto hire = hire_of(person))
    return hire_key(hire->year, hire->sequence);
  return person.empty() ? std::nullopt : whole_number<std::uint64_t>(person);
}

} // namespace

outcome<person_timeline> trace_person(simulation_history& history,
                                      std::string_view run,
                                      std::string_view person) {
  auto found = history.find_run(run);
  if (!found)
    return fail(found.error());
  const auto staff = history.load_people(*found);
  if (!staff)
    return fail(staff.error());
  const auto years = history.load_years(*found);
  if (!years)
    return fail(years.error());
  const auto ids = history.load_ids(*found);
  if (!ids)
    return fail(ids.error());
  const auto key = key_of(*ids, person);
  if (!key)
    return fail(nobody(*found, *years, *ids, person));
  auto traced = load_person_years(history, *found, *years, *key);
  if (!traced)
    return fail(traced.error());
  auto timeline = person_timeline{};
  timeline.start = find_start(*staff, *key);
  if (traced->empty() && !timeline.start)
    return fail(nobody(*found, *years, *ids, person));
  timeline.run = std::move(*found);
  timeline.key = *key;
  timeline.id = id_of_key(*ids, *key);
  timeline.years = std::move(*traced);
  return timeline;
}

} // namespace troupe::simulation
