#include "actors/engine/failure_workflow.hpp"

#include "actors/engine/workflow_inputs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe::engine {

using runtime::outcome;
using json = nlohmann::json;

namespace {

outcome<void> refuse(std::string message, std::string hint) {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.key = "on_failure.workflow";
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return runtime::fail(std::move(reason));
}

bool starts_workflow(const workflow& of) {
  return of.on_failure.kind == failure_policy::action::start_workflow;
}

/// Of these, what the workflow declares.
json declared_by(const workflow& of, json all) {
  auto declared = json::object();
  for (auto& [name, value] : all.items())
    if (find_input(of, name) != nullptr)
      declared[name] = std::move(value);
  return declared;
}

} // namespace

outcome<void> check_failure_workflow(
  const workflow& of,
  const std::function<pinned_workflow(const std::string&)>& definition) {
  if (!starts_workflow(of))
    return {};
  auto chain = std::vector<std::string>{of.id};
  auto next = of.on_failure.workflow_id;
  for (auto is_first = true;; is_first = false) {
    const auto is_known = std::ranges::find(chain, next) != chain.end();
    chain.push_back(next);
    if (is_known) {
      auto path = std::string{};
      for (const auto& id : chain)
        path += (path.empty() ? "" : " -> ") + id;
      return refuse("failures would start one another: " + path,
                    "let the last of them keep or compensate");
    }
    const auto found = definition(next);
    if (!found.definition)
      return refuse("there is no workflow " + next,
                    "apply it first, with troupe workflow apply");
    // Whether those behind it fit is for whoever submits the first of these.
    if (is_first) {
      const auto sample = declared_by(
        *found.definition, json{{"run", ""},
                                {"workflow", ""},
                                {"reason", ""},
                                {"failed_steps", json::array({""})}});
      if (const auto fits = check_inputs(*found.definition, sample); !fits)
        return refuse("workflow " + next + " cannot be started for a failure: "
                        + fits.error().front().key + ": "
                        + fits.error().front().message,
                      "it is given run, workflow, reason (texts) and "
                      "failed_steps (a list)");
    }
    if (!starts_workflow(*found.definition))
      return {};
    next = found.definition->on_failure.workflow_id;
  }
}

json failure_inputs(const run_state& failed, const workflow& to_start) {
  auto steps = json::array();
  for (auto step = step_index{0}; step < failed.steps().size(); ++step)
    if (failed.steps()[step].failed != 0)
      steps.push_back(failed.definition().steps[step].id);
  return declared_by(to_start, json{{"run", failed.submission().run_id()},
                                    {"workflow", failed.definition().id},
                                    {"reason", failed.reason()},
                                    {"failed_steps", std::move(steps)}});
}

} // namespace troupe::engine
