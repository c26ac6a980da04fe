#include "actors/engine/workflow_check.hpp"

#include "actors/engine/ancestor_table.hpp"
#include "actors/engine/argument_check.hpp"
#include "actors/engine/literal_text.hpp"
#include "actors/engine/workflow_bounds.hpp"
#include "actors/engine/workflow_scope.hpp"
#include "runtime/config/qualified_name.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::engine {

namespace {

using runtime::problem;

std::string element(std::string_view list, std::size_t index) {
  return std::string{list} + "[" + std::to_string(index) + "]";
}

/// "Area/City", "UTC", "Etc/GMT+3": what names of the database look like.
bool is_zone_like(std::string_view zone) {
  constexpr auto bytes_max = std::size_t{64};
  const auto is_part = [](char c) {
    return is_name_part(c) || c == '-' || c == '+' || c == '/';
  };
  return zone.size() <= bytes_max && !zone.empty()
         && is_name_start(zone.front()) && zone.back() != '/'
         && zone.find("//") == std::string_view::npos
         && std::all_of(zone.begin(), zone.end(), is_part);
}

class checker {
public:
  checker(const workflow& of, const workflow_surroundings& surroundings)
    : of_{&of}, surroundings_{&surroundings}, names_{of} {}

  std::vector<problem> run() {
    check_head();
    check_inputs();
    if (of_->concurrency)
      check_template(of_->concurrency->key, workflow_scope::of_start(names_),
                     found_);
    check_steps();
    if (of_->success)
      check_truth(*of_->success, workflow_scope::of_end(names_));
    return std::move(found_);
  }

private:
  void report(std::string key, std::string message, std::string hint = {}) {
    auto reason = problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = std::move(message);
    reason.key = std::move(key);
    reason.hint = std::move(hint);
    found_.push_back(std::move(reason));
  }

  /// A hint, as long as the problem will be told.
  [[nodiscard]] std::string
  hint_for(std::string_view word,
           std::span<const std::string_view> known) const {
    return found_.size() > workflow_bounds::problems_max
             ? std::string{}
             : runtime::spelling_hint(word, known);
  }

  void check_workflow_id(const std::string& key, const std::string& id) {
    if (!runtime::is_qualified_name(id))
      report(key, "not an id of a workflow: \"" + id + "\"",
             std::string{runtime::qualified_name_hint});
  }

  void check_head() {
    check_workflow_id("id", of_->id);
    if (of_->description.size() > workflow_bounds::description_bytes_max)
      report("description",
             "more than "
               + std::to_string(workflow_bounds::description_bytes_max)
               + " bytes");
    if (of_->on_failure.kind == failure_policy::action::start_workflow)
      check_failure_workflow();
    if (of_->deadline)
      check_zone(of_->deadline->zone);
  }

  /// Whether others lead back to this one is known where they are.
  void check_failure_workflow() {
    const auto& id = of_->on_failure.workflow_id;
    check_workflow_id("on_failure.workflow", id);
    if (id == of_->id)
      report("on_failure.workflow",
             "a workflow that starts itself when it fails",
             "name another one, or write keep");
  }

  void check_zone(const std::string& zone) {
    const auto is_known
      = is_zone_like(zone)
        && (!surroundings_->zone_exists || surroundings_->zone_exists(zone));
    if (!is_known)
      report("deadline", "unknown time zone \"" + zone + "\"",
             "a name of the IANA database, such as Europe/Berlin or UTC");
  }

  void check_name(const std::string& key, const std::string& name) {
    if (!is_plain_name(name))
      report(key, "not a name: \"" + name + "\"",
             "letters, digits and underscores, with single dashes between "
             "them, not beginning with a digit");
    else if (name.size() > workflow_bounds::name_bytes_max)
      report(key, "a name of more than "
                    + std::to_string(workflow_bounds::name_bytes_max)
                    + " bytes");
  }

  void check_inputs() {
    if (of_->inputs.size() > workflow_bounds::inputs_max)
      report("inputs", "more than "
                         + std::to_string(workflow_bounds::inputs_max)
                         + " inputs");
    for (const auto& input : of_->inputs) {
      const auto key = "inputs." + input.name;
      check_name(key, input.name);
      if (!input.fallback)
        continue;
      if (!has_type(*input.fallback, input.type))
        report(key + ".default", "is not of the type of the input");
      if (input.required)
        report(key + ".default", "an input with a default is never missing",
               "remove required, or the default");
    }
  }

  void check_steps() {
    if (of_->steps.empty())
      report("steps", "a workflow has at least one step");
    for (auto i = step_index{0}; i < of_->steps.size(); ++i) {
      const auto& step = of_->steps[i];
      const auto key = element("steps", i);
      check_name(key + ".id", step.id);
      if (const auto first = names_.step(step.id); first && *first != i)
        report(key + ".id", "the id \"" + step.id + "\" appears twice",
               "it is already that of " + element("steps", *first));
      check_step(i, step, key);
    }
  }

  void check_step(step_index index, const workflow_step& step,
                  const std::string& key) {
    const auto before = workflow_scope::before(names_, index);
    if (step.when)
      check_truth(*step.when, before);
    if (step.foreach)
      check_items(step.foreach->items, before, key + ".foreach");
    check_call(step.call, workflow_scope::of_call(names_, index), key);
    if (step.compensate)
      check_call(*step.compensate,
                 workflow_scope::of_compensation(names_, index),
                 key + ".compensate");
    if (step.placement && is_of_engine(step.call.activity))
      report(key + ".placement", "a step that only waits is done by no worker",
             "leave the key out");
    else if (step.placement)
      check_placement(index, *step.placement, key + ".placement");
    if (step.speculate)
      check_speculation(step, key + ".speculate");
    for (const auto& [name, units] : step.resources.custom)
      check_name(key + ".resources.custom." + name, name);
  }

  void check_speculation(const workflow_step& step, const std::string& key) {
    if (is_of_engine(step.call.activity))
      report(key, "a step that only waits is done by no worker",
             "leave the key out");
    else if (!step.foreach)
      report(key,
             "an attempt is slow beside others of its step, and this has "
             "one only",
             "add foreach, or bound it by timeout: {start_to_close: 5m}");
    if (!step.call.guard.empty())
      report(key,
             "a second attempt would be a burden on what guard "
               + step.call.guard + " protects",
             "leave out one of both");
  }

  void check_placement(step_index index, const step_placement& placement,
                       const std::string& key) {
    const auto scope = workflow_scope::of_call(names_, index);
    for (const auto* text : {&placement.data, &placement.spread})
      if (*text)
        check_template(**text, scope, found_);
    for (const auto& [name, value] : placement.require)
      if (const auto other = placement.exclude.find(name);
          other != placement.exclude.end()
          && (other->second.empty() || other->second == value))
        report(key + ".exclude." + name,
               "no worker can have what is required and excluded",
               "remove one of both");
  }

  void check_truth(const text_template& what, const workflow_scope& scope) {
    const auto before = found_.size();
    const auto kind = check_template(what, scope, found_);
    if (found_.size() != before || kind == value_kind::any
        || kind == value_kind::boolean)
      return;
    auto reason = problem{};
    reason.kind = runtime::problem_kind::invalid_input;
    reason.message = "must be true or false, not " + std::string{to_text(kind)}
                     + ": " + what.print();
    put_place(reason, what.place);
    found_.push_back(std::move(reason));
  }

  void check_items(const value_template& items, const workflow_scope& scope,
                   const std::string& key) {
    auto kind = kind_of(items.written);
    for (const auto& [where, text] : items.templates) {
      const auto inner = check_template(text, scope, found_);
      if (where.empty())
        kind = inner;
    }
    if (kind != value_kind::any && kind != value_kind::list)
      report(key, "must be a list, not " + std::string{to_text(kind)},
             "write \"${...}\" with an expression that gives one");
  }

  void check_call(const activity_call& call, const workflow_scope& scope,
                  const std::string& key) {
    for (const auto& [where, text] : call.with.templates)
      check_template(text, scope, found_);
    check_guard(call.guard, key + ".guard");
    if (call.retry.cap < call.retry.initial)
      report(key + ".retry.cap", "the cap is below the initial delay");
    const auto* spec = surroundings_->activities->find(call.activity);
    if (spec == nullptr)
      return report(
        key + ".activity", "unknown activity \"" + call.activity + "\"",
        hint_for(call.activity, surroundings_->activities->names()));
    for (auto& wrong : check_written_arguments(*spec, call.with))
      report(key + (wrong.key.empty() ? ".with" : ".with." + wrong.key),
             std::move(wrong.message), std::move(wrong.hint));
    check_error_kinds(*spec, call.retry.on, key + ".retry.on");
  }

  void check_guard(const std::string& guard, const std::string& key) {
    if (guard.empty())
      return;
    if (!surroundings_->guards)
      return check_name(key, guard);
    const auto& all = *surroundings_->guards;
    if (std::find(all.begin(), all.end(), guard) != all.end())
      return;
    const auto known = std::vector<std::string_view>{all.begin(), all.end()};
    report(key, "unknown guard \"" + guard + "\"",
           known.empty() ? "name the file that has it: --guards FILE"
                         : hint_for(guard, known));
  }

  void check_error_kinds(const activity_spec& spec,
                         const std::vector<std::string>& kinds,
                         const std::string& key) {
    auto known = std::vector<std::string_view>{spec.error_kinds.begin(),
                                               spec.error_kinds.end()};
    std::copy(shared_error_kinds().begin(), shared_error_kinds().end(),
              std::back_inserter(known));
    for (auto i = std::size_t{0}; i < kinds.size(); ++i)
      if (std::find(known.begin(), known.end(), kinds[i]) == known.end())
        report(element(key, i),
               spec.name + " has no error \"" + kinds[i] + "\"",
               hint_for(kinds[i], known));
  }

  const workflow* of_;
  const workflow_surroundings* surroundings_;
  workflow_names names_;
  std::vector<problem> found_;
};

} // namespace

bool has_type(const nlohmann::json& value, input_type type) {
  switch (type) {
    case input_type::string:
      return value.is_string();
    case input_type::integer:
      return value.is_number_integer();
    case input_type::number:
      return value.is_number();
    case input_type::boolean:
      return value.is_boolean();
    case input_type::object:
      return value.is_object();
    case input_type::array:
      break;
  }
  return value.is_array();
}

std::vector<problem> check_workflow(const workflow& of,
                                    const workflow_surroundings& surroundings) {
  return checker{of, surroundings}.run();
}

} // namespace troupe::engine
