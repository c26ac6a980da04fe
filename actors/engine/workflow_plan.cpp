#include "actors/engine/workflow_plan.hpp"

#include "actors/engine/evaluation.hpp"

#include <utility>

namespace troupe::engine {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using runtime::problem;

class planner {
public:
  planner(const workflow& of, const json& inputs) : of_{&of} {
    context_.inputs = inputs;
  }

  void plan(workflow_plan& result) {
    for (const auto index : of_->order) {
      auto planned = plan_step(index);
      if (planned.decision == plan_decision::skip)
        context_.steps[of_->steps[index].id].state = "skipped";
      result.steps.push_back(std::move(planned));
    }
    if (!of_->concurrency)
      return;
    auto key = evaluate(of_->concurrency->key, context_);
    if (key)
      result.concurrency_key
        = key->is_string() ? key->get<std::string>() : key->dump();
    else if (key.error().kind == fault_kind::unknown)
      result.concurrency_key = of_->concurrency->key.print();
    else
      found_.push_back(std::move(key.error().reason));
  }

  std::vector<problem> take_problems() && {
    return std::move(found_);
  }

private:
  planned_step plan_step(step_index index) {
    const auto& step = of_->steps[index];
    auto planned = planned_step{};
    planned.step = index;
    planned.repetitions = 1;
    decide(step, planned);
    if (planned.decision == plan_decision::skip)
      planned.repetitions = 0;
    else if (step.foreach)
      count_items(*step.foreach, planned);
    if (planned.decision == plan_decision::unknown)
      planned.repetitions.reset();
    return planned;
  }

  void decide(const workflow_step& step, planned_step& planned) {
    if (!step.when) {
      planned.reason = step.needs.empty() ? "needs nothing" : needs_of(step);
      return;
    }
    const auto text = step.when->print();
    const auto truth = evaluate_truth(*step.when, context_);
    if (truth) {
      planned.decision = *truth ? plan_decision::run : plan_decision::skip;
      planned.reason = (*truth ? "holds: " : "does not hold: ") + text;
      return;
    }
    planned.decision = plan_decision::unknown;
    planned.reason = "known only in the run: " + text;
    if (truth.error().kind != fault_kind::unknown)
      found_.push_back(truth.error().reason);
  }

  [[nodiscard]] std::string needs_of(const workflow_step& step) const {
    constexpr auto named_max = std::size_t{3};
    auto text = std::string{"after "};
    for (auto i = std::size_t{0}; i < step.needs.size(); ++i) {
      if (i == named_max)
        return text + " and " + std::to_string(step.needs.size() - i) + " more";
      text += (i == 0 ? "" : ", ") + of_->steps[step.needs[i]].id;
    }
    return text;
  }

  void count_items(const step_foreach& loop, planned_step& planned) {
    planned.repetitions.reset();
    const auto items = evaluate(loop.items, context_);
    if (items && items->is_array()) {
      planned.repetitions = items->size();
    } else if (items) {
      auto reason = problem{};
      reason.kind = runtime::problem_kind::invalid_input;
      reason.message = "foreach must be a list, not " + describe_type(*items);
      if (!loop.items.templates.empty())
        put_place(reason, loop.items.templates.front().text.place);
      found_.push_back(std::move(reason));
    } else if (items.error().kind != fault_kind::unknown) {
      found_.push_back(items.error().reason);
    }
  }

  const workflow* of_;
  /// What is not in it is unknown: run, items, steps but those skipped.
  expression_values context_;
  std::vector<problem> found_;
};

} // namespace

std::string_view to_text(plan_decision decision) noexcept {
  switch (decision) {
    case plan_decision::run:
      return "run";
    case plan_decision::skip:
      return "skip";
    case plan_decision::unknown:
      break;
  }
  return "unknown";
}

tl::expected<workflow_plan, std::vector<problem>>
plan_workflow(const workflow& of, json inputs) {
  auto result = workflow_plan{};
  result.inputs = std::move(inputs);
  auto decisions = planner{of, result.inputs};
  decisions.plan(result);
  auto found = std::move(decisions).take_problems();
  if (!found.empty())
    return tl::unexpected{std::move(found)};
  return result;
}

ordered_json to_json(const workflow& of, const workflow_plan& plan) {
  // What is written and what was decided are two things; both are wanted.
  const auto written = ordered_json::parse(canonical_json(of));
  auto result = ordered_json::object();
  result["id"] = of.id;
  result["digest"] = digest_text(of);
  result["priority"] = written["priority"];
  result["inputs"] = ordered_json(plan.inputs);
  for (const auto* key : {"timeout", "deadline", "concurrency"})
    if (written.contains(key))
      result[key] = written[key];
  if (of.concurrency)
    result["concurrency"]["key"] = plan.concurrency_key;
  result["steps"] = ordered_json::array();
  for (const auto& planned : plan.steps) {
    auto step = ordered_json::object();
    const auto& model = of.steps[planned.step];
    const auto& source = written["steps"][planned.step];
    step["id"] = model.id;
    step["layer"] = model.layer;
    step["needs"] = source.value("needs", ordered_json::array());
    step["activity"] = model.call.activity;
    step["decision"] = to_text(planned.decision);
    step["reason"] = planned.reason;
    step["repetitions"] = planned.repetitions
                            ? ordered_json(*planned.repetitions)
                            : ordered_json(nullptr);
    for (const auto* key : {"max_parallel", "resources", "placement", "timeout",
                            "retry", "guard"})
      if (source.contains(key))
        step[key] = source[key];
    step["compensated"] = model.compensate.has_value();
    result["steps"].push_back(std::move(step));
  }
  return result;
}

} // namespace troupe::engine
