#include "tools/cli/simulate_goal_report.hpp"

#include "actors/simulation/measure_text.hpp"
#include "actors/simulation/rate_text.hpp"
#include "tools/cli/text_table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::tools {

using simulation::goal_state;
using simulation::goal_try;
using simulation::render_measure_exactly;
using simulation::render_rate;

namespace {

/// "growth_rate = 0.0312"
std::string setting(const goal_report& report, const goal_try& tried) {
  return report.parameter + " = " + render_rate(tried.value);
}

/// "12.50 above the target", "exactly the target"
std::string place_of(const goal_report& report, const goal_try& tried) {
  const auto off = tried.measured - report.search.wanted().target;
  if (off == 0)
    return "exactly the target";
  return render_measure_exactly(report.measure, off < 0 ? -off : off)
         + (off < 0 ? " below" : " above") + " the target";
}

/// What the nearest try gives.
std::string nearest(const goal_report& report, const goal_try& best) {
  return setting(report, best) + " gives "
         + render_measure_exactly(report.measure, best.measured) + ", "
         + place_of(report, best);
}

std::string jump(const goal_report& report,
                 const std::pair<goal_try, goal_try>& bracket) {
  return "from "
         + render_measure_exactly(report.measure, bracket.first.measured)
         + " at " + render_rate(bracket.first.value) + " to "
         + render_measure_exactly(report.measure, bracket.second.measured)
         + " at " + render_rate(bracket.second.value);
}

/// How the search ended, in one sentence.
std::string verdict(const goal_report& report,
                    const simulation::goal_answer& found) {
  const auto& wanted = report.search.wanted();
  switch (found.state) {
    case goal_state::met:
      return "met: " + nearest(report, *found.best);
    case goal_state::jumps_over:
      return "not met: no value gives it, the figure jumps "
             + jump(report, *found.bracket) + "; the nearest, "
             + nearest(report, *found.best);
    case goal_state::out_of_reach:
      return "not met: out of reach of " + report.parameter + " from "
             + render_rate(wanted.lowest) + " to " + render_rate(wanted.highest)
             + "; the nearest, " + nearest(report, *found.best);
    case goal_state::out_of_runs:
      return "not met: the runs are used up; the nearest so far, "
             + nearest(report, *found.best)
             + (found.bracket
                  ? "; it lies between, " + jump(report, *found.bracket)
                  : "");
    case goal_state::searching:
      break;
  }
  return "still searching";
}

} // namespace

std::string render_goal(const goal_report& report) {
  const auto found = report.search.answer();
  const auto& wanted = report.search.wanted();
  auto table = text_table{};
  table.head = {"round", report.parameter,
                simulation::spoken_name(report.measure) + ' '
                  + std::to_string(report.year),
                "off the target"};
  table.left_columns = 0;
  for (const auto& tried : report.search.tries())
    table.rows.push_back(
      {std::to_string(tried.round), render_rate(tried.value),
       render_measure_exactly(report.measure, tried.measured),
       render_measure_exactly(report.measure, tried.measured - wanted.target)});
  auto text = "target: " + table.head[2] + " = "
              + render_measure_exactly(report.measure, wanted.target)
              + ", give or take "
              + render_measure_exactly(report.measure, wanted.tolerance)
              + "\n\n" + render(table) + '\n' + verdict(report, found) + '\n'
              + std::to_string(found.runs) + " of "
              + std::to_string(found.runs_max) + " runs in "
              + std::to_string(found.rounds)
              + (found.rounds == 1 ? " round\n" : " rounds\n");
  if (!found.is_monotone)
    text += "the figure both rises and falls here, so there may be other "
            "answers\n";
  return text;
}

nlohmann::ordered_json goal_json(const goal_report& report) {
  const auto& wanted = report.search.wanted();
  auto json = nlohmann::ordered_json{{"parameter", report.parameter},
                                     {"measure", report.measure.name},
                                     {"year", report.year},
                                     {"target", wanted.target},
                                     {"tolerance", wanted.tolerance}};
  json.update(simulation::to_json(report.search));
  return json;
}

} // namespace troupe::tools
