#include "actors/simulation/goal_seek.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::simulation {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto width_max = ppm{1} << 40;
/// Ends alone would not show a measure that rises and falls.
constexpr auto first_round_min = std::size_t{3};

/// How far two numbers are apart, whatever their signs.
std::uint64_t distance(std::int64_t left, std::int64_t right) {
  const auto low = static_cast<std::uint64_t>(std::min(left, right));
  const auto high = static_cast<std::uint64_t>(std::max(left, right));
  return high - low;
}

/// So many places strictly between two, evenly, ascending.
std::vector<std::int64_t> between(std::int64_t low, std::int64_t high,
                                  std::size_t wanted) {
  const auto width = high - low;
  const auto count
    = std::min(static_cast<std::int64_t>(wanted), std::max(width - 1, {}));
  auto places = std::vector<std::int64_t>{};
  // By quotient and rest: width * count may need more than 64 bits.
  for (auto i = std::int64_t{1}; i <= count; ++i)
    places.push_back(low + width / (count + 1) * i
                     + width % (count + 1) * i / (count + 1));
  return places;
}

tl::unexpected<runtime::problem> refuse(std::string message, std::string hint) {
  return fail(problem_kind::invalid_input, std::move(message), std::move(hint));
}

} // namespace

std::string_view to_string(goal_state state) noexcept {
  switch (state) {
    case goal_state::searching:
      return "searching";
    case goal_state::met:
      return "met";
    case goal_state::jumps_over:
      return "jumps_over";
    case goal_state::out_of_reach:
      return "out_of_reach";
    case goal_state::out_of_runs:
      break;
  }
  return "out_of_runs";
}

outcome<goal_seek> goal_seek::create(const goal& wanted) {
  if (wanted.lowest >= wanted.highest)
    return refuse("the range to search is empty",
                  "give a lowest value below the highest");
  if (distance(wanted.lowest, wanted.highest) > std::uint64_t{width_max})
    return refuse("the range to search is too wide",
                  "give a range of at most a million");
  if (wanted.step <= 0 || (wanted.highest - wanted.lowest) % wanted.step != 0)
    return refuse("the range to search is not of whole steps",
                  "choose a step that leads from the lowest value to the "
                  "highest");
  if (wanted.tolerance < 0)
    return refuse("a tolerance is not negative", "give 0 for exactly");
  if (wanted.runs_max == 0 || wanted.runs_at_once == 0)
    return refuse("a search needs at least one run", "give a positive number");
  return goal_seek{wanted};
}

ppm goal_seek::value_at(place at) const noexcept {
  return goal_.lowest + at * goal_.step;
}

std::uint64_t goal_seek::miss_of(std::int64_t measured) const noexcept {
  return distance(measured, goal_.target);
}

bool goal_seek::is_above(std::int64_t measured) const noexcept {
  return measured > goal_.target;
}

std::map<std::int64_t, std::int64_t>::const_iterator goal_seek::best() const {
  return std::ranges::min_element(measured_, {}, [this](const auto& each) {
    return miss_of(each.second);
  });
}

/// Neighbours with the target between them, ascending.
std::vector<goal_seek::gap> goal_seek::brackets() const {
  auto found = std::vector<gap>{};
  for (auto low = measured_.begin(), high = std::next(low);
       high != measured_.end(); low = high++)
    if (is_above(low->second) != is_above(high->second))
      found.push_back({low->first, high->first, true});
  return found;
}

goal_try goal_seek::try_at(place at) const {
  return *std::ranges::find(tries_, value_at(at), &goal_try::value);
}

/// Where to go on: the lowest bracket with a value inside, or both sides of the
/// best try if it is at no end. The wider gap comes first.
std::vector<goal_seek::gap> goal_seek::open_gaps() const {
  const auto is_open = [](const gap& each) { return each.high - each.low > 1; };
  auto gaps = std::vector<gap>{};
  if (const auto all = brackets(); !all.empty()) {
    if (const auto open = std::ranges::find_if(all, is_open); open != all.end())
      gaps.push_back(*open);
    return gaps;
  }
  const auto nearest = best();
  if (nearest == measured_.begin() || std::next(nearest) == measured_.end())
    return gaps;
  for (const auto& side : {gap{std::prev(nearest)->first, nearest->first},
                           gap{nearest->first, std::next(nearest)->first}})
    if (is_open(side))
      gaps.push_back(side);
  std::ranges::stable_sort(gaps, std::ranges::greater{}, [](const gap& each) {
    return each.high - each.low;
  });
  return gaps;
}

/// Where a straight line through the ends of the bracket meets the target.
goal_seek::place goal_seek::guess(const gap& bracket) const {
  auto part = miss_of(measured_.at(bracket.low));
  auto rest = miss_of(measured_.at(bracket.high));
  // A guess need not be exact, but its product must be within 64 bits.
  for (; (part | rest) >= std::uint64_t{1} << 22; rest >>= 1)
    part >>= 1;
  const auto whole = part + rest;
  const auto width = static_cast<std::uint64_t>(bracket.high - bracket.low);
  const auto offset = (width * part + whole / 2) / whole;
  return std::clamp(bracket.low + static_cast<place>(offset), bracket.low + 1,
                    bracket.high - 1);
}

std::vector<goal_seek::place> goal_seek::first_round() const {
  const auto last = (goal_.highest - goal_.lowest) / goal_.step;
  const auto count
    = std::min(std::max(goal_.runs_at_once, first_round_min), goal_.runs_max);
  if (count == 1)
    return {last / 2};
  auto places = between(0, last, count - 2);
  places.insert(places.begin(), 0);
  places.push_back(last);
  return places;
}

std::vector<goal_seek::place>
goal_seek::divide(const std::vector<gap>& gaps) const {
  const auto count
    = std::min(goal_.runs_at_once, goal_.runs_max - measured_.size());
  const auto& first = gaps.front();
  const auto beside = gaps.size() > 1 ? count / 2 : 0;
  auto places = between(first.low, first.high, count - beside);
  if (beside > 0)
    for (const auto each : between(gaps[1].low, gaps[1].high, beside))
      places.push_back(each);
  std::ranges::sort(places);
  // One try at a time alternates, so that a measure cannot lead it astray.
  if (!first.is_bracket || (places.size() == 1 && round_ % 2 == 0))
    return places;
  const auto at = guess(first);
  *std::ranges::min_element(places, {}, [at](place each) {
    return distance(each, at);
  }) = at;
  std::ranges::sort(places);
  return places;
}

std::vector<ppm> goal_seek::next() {
  if (state_ == goal_state::searching && asked_.empty()) {
    asked_ = round_ == 0 ? first_round() : divide(open_gaps());
    ++round_;
  }
  auto values = std::vector<ppm>{};
  for (const auto at : asked_)
    if (!told_.contains(at))
      values.push_back(value_at(at));
  return values;
}

bool goal_seek::tell(ppm value, std::int64_t measured) {
  const auto asked = std::ranges::find_if(asked_, [&](place at) {
    return value_at(at) == value;
  });
  if (asked == asked_.end() || !told_.emplace(*asked, measured).second)
    return false;
  if (told_.size() == asked_.size())
    finish_round();
  return true;
}

void goal_seek::finish_round() {
  for (const auto& [at, measured] : told_)
    tries_.push_back({round_, value_at(at), measured});
  measured_.merge(told_);
  told_.clear();
  asked_.clear();
  if (miss_of(best()->second) <= static_cast<std::uint64_t>(goal_.tolerance))
    state_ = goal_state::met;
  else if (measured_.size() > 1 && open_gaps().empty())
    state_
      = brackets().empty() ? goal_state::out_of_reach : goal_state::jumps_over;
  else if (measured_.size() >= goal_.runs_max)
    state_ = goal_state::out_of_runs;
}

goal_answer goal_seek::answer() const {
  auto found = goal_answer{};
  found.state = state_;
  found.runs = measured_.size();
  found.runs_max = goal_.runs_max;
  found.rounds = round_;
  if (measured_.empty())
    return found;
  found.best = try_at(best()->first);
  const auto all = brackets();
  const auto narrowest = std::ranges::min_element(all, {}, [](const gap& each) {
    return each.high - each.low;
  });
  if (narrowest != all.end())
    found.bracket = {try_at(narrowest->low), try_at(narrowest->high)};
  auto curve = std::vector<std::int64_t>{};
  for (const auto& [at, measured] : measured_)
    curve.push_back(measured);
  found.is_monotone = std::ranges::is_sorted(curve)
                      || std::ranges::is_sorted(curve, std::greater{});
  return found;
}

outcome<void> run_search(goal_seek& search, const year_measure& measure,
                         std::int32_t year, const scenario_maker& scenario_at,
                         const projector& project_all) {
  for (auto values = search.next(); !values.empty(); values = search.next()) {
    auto scenarios = std::vector<scenario>{};
    for (const auto value : values) {
      auto made = scenario_at(value);
      if (!made)
        return fail(made.error());
      scenarios.push_back(std::move(*made));
    }
    const auto projected = project_all(scenarios);
    if (!projected)
      return fail(projected.error());
    if (projected->size() != values.size())
      return fail(problem_kind::failed,
                  std::to_string(projected->size()) + " projections of "
                    + std::to_string(values.size()) + " scenarios");
    for (auto i = std::size_t{0}; i < values.size(); ++i) {
      const auto& years = (*projected)[i];
      const auto found = std::ranges::find(years, year, &year_totals::year);
      if (found == years.end())
        return refuse("the year " + std::to_string(year) + " is not projected",
                      "choose one of the scenario");
      search.tell(values[i], measure.of(*found));
    }
  }
  return {};
}

nlohmann::ordered_json to_json(const goal_seek& search) {
  const auto found = search.answer();
  auto json = nlohmann::ordered_json::object();
  json["state"] = to_string(found.state);
  if (found.best) {
    json["value_ppm"] = found.best->value;
    json["measured"] = found.best->measured;
  }
  if (found.bracket)
    json["bracket_ppm"]
      = {found.bracket->first.value, found.bracket->second.value};
  json["runs"] = found.runs;
  json["runs_max"] = found.runs_max;
  json["rounds"] = found.rounds;
  json["is_monotone"] = found.is_monotone;
  json["tries"] = nlohmann::ordered_json::array();
  for (const auto& each : search.tries())
    json["tries"].push_back({{"round", each.round},
                             {"value_ppm", each.value},
                             {"measured", each.measured}});
  return json;
}

} // namespace troupe::simulation
