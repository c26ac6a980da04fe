#pragma once

#include "actors/simulation/projector.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/year_measures.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::simulation {

/// What a measure shall be, and what may be tried for it.
struct goal {
  /// In the unit of the measure.
  std::int64_t target = 0;
  /// How far from the target is near enough, either way.
  std::int64_t tolerance = 0;
  /// The parameter is tried at lowest + n * step only, up to highest. Those two
  /// are whole steps apart, at most 2^40 ppm.
  ppm lowest = 0;
  ppm highest = 0;
  ppm step = 1;
  std::size_t runs_max = 40;
  /// How many are wanted in a round, so that all workers are busy.
  std::size_t runs_at_once = 2;
};

enum class goal_state : std::uint8_t {
  searching,
  /// A value within the tolerance was found.
  met,
  /// Two neighbours are on either side of the target, none is near enough.
  jumps_over,
  /// All that was measured is on one side, and no value gets nearer.
  out_of_reach,
  out_of_runs,
};

[[nodiscard]] std::string_view to_string(goal_state state) noexcept;

/// A value that was tried.
struct goal_try {
  /// From 1.
  std::size_t round = 0;
  ppm value = 0;
  std::int64_t measured = 0;

  friend bool operator==(const goal_try&, const goal_try&) = default;
};

struct goal_answer {
  goal_state state = goal_state::searching;
  /// The nearest to the target, of equals the lowest.
  std::optional<goal_try> best;
  /// The nearest two values with the target between their measures, of equals
  /// the lowest.
  std::optional<std::pair<goal_try, goal_try>> bracket;
  std::size_t runs = 0;
  std::size_t runs_max = 0;
  std::size_t rounds = 0;
  /// Whether the measure only rose or only fell. If it did both, there may be
  /// other answers.
  bool is_monotone = true;
};

/// Finds the value of a parameter at which a measure is a target, by tries in
/// rounds. Pure and in whole numbers: the same measures lead to the same tries,
/// in whatever order they are told.
///
/// Both ends and what is between them come first. From then on a bracket (two
/// values with the target between their measures) is divided evenly by the
/// tries of a round (S. Gal and W. L. Miranker, Optimal sequential and parallel
/// search for finding a root, J. Combinatorial Theory A 23, 1977). The nearest
/// of these gives way to the place where a straight line through the bracket
/// meets the target, the rule of false position, which for nearly straight
/// measures ends after few rounds. Every round makes the bracket smaller, so a
/// measure that jumps does no harm. A measure that rises and falls is searched
/// in its lowest open bracket; without one, around the nearest try if that is
/// at neither end.
///
///     searching --a try within the tolerance--> met
///               --no value left in brackets---> jumps_over
///               --no bracket, none nearer-----> out_of_reach
///               --runs_max tries--------------> out_of_runs
class goal_seek {
public:
  /// `invalid_input` if the range is empty, too wide or not of whole steps, or
  /// a number is not positive.
  [[nodiscard]] static runtime::outcome<goal_seek> create(const goal& wanted);

  /// The values of this round, ascending, that are not told yet; a new round
  /// when all are told. Empty once it is over.
  [[nodiscard]] std::vector<ppm> next();

  /// What came of a value; false if it is not one of next().
  bool tell(ppm value, std::int64_t measured);

  [[nodiscard]] goal_answer answer() const;

  [[nodiscard]] const goal& wanted() const noexcept {
    return goal_;
  }

  /// By round, then by value.
  [[nodiscard]] const std::vector<goal_try>& tries() const noexcept {
    return tries_;
  }

private:
  /// Places of the grid: lowest + place * step.
  using place = std::int64_t;
  struct gap {
    place low = 0;
    place high = 0;
    bool is_bracket = false;
  };

  explicit goal_seek(const goal& wanted) : goal_{wanted} {}

  [[nodiscard]] ppm value_at(place at) const noexcept;
  [[nodiscard]] std::uint64_t miss_of(std::int64_t measured) const noexcept;
  [[nodiscard]] bool is_above(std::int64_t measured) const noexcept;
  [[nodiscard]] std::map<place, std::int64_t>::const_iterator best() const;
  [[nodiscard]] std::vector<gap> open_gaps() const;
  [[nodiscard]] std::vector<gap> brackets() const;
  [[nodiscard]] goal_try try_at(place at) const;
  [[nodiscard]] place guess(const gap& bracket) const;
  [[nodiscard]] std::vector<place> first_round() const;
  [[nodiscard]] std::vector<place> divide(const std::vector<gap>& gaps) const;
  void finish_round();

  goal goal_;
  goal_state state_ = goal_state::searching;
  std::size_t round_ = 0;
  std::map<place, std::int64_t> measured_;
  std::vector<place> asked_;
  std::map<place, std::int64_t> told_;
  std::vector<goal_try> tries_;
};

/// The scenario in which the parameter has a value.
using scenario_maker = std::function<runtime::outcome<scenario>(ppm value)>;

/// Lets a search run to its end, a batch of projections for each round.
/// Problems: those of both functions; `invalid_input` for a year that is not
/// projected.
[[nodiscard]] runtime::outcome<void>
run_search(goal_seek& search, const year_measure& measure, std::int32_t year,
           const scenario_maker& scenario_at, const projector& project_all);

/// {state, value_ppm, measured, bracket_ppm, runs, runs_max, rounds,
/// is_monotone, tries}
[[nodiscard]] nlohmann::ordered_json to_json(const goal_seek& search);

} // namespace troupe::simulation
