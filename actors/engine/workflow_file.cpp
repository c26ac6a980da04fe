#include "actors/engine/workflow_file.hpp"

#include "actors/engine/activity_call_file.hpp"
#include "actors/engine/literal_text.hpp"
#include "actors/engine/template_file.hpp"
#include "actors/engine/workflow_bounds.hpp"
#include "actors/engine/workflow_words.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/problem_order.hpp"
#include "runtime/config/quantities.hpp"
#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace troupe::engine {

namespace {

using runtime::mapping_reader;
using runtime::one_of;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;
using namespace std::chrono_literals;

/// "06:00 Europe/Berlin" or "06:00:30 UTC".
std::optional<daily_deadline> to_deadline(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos)
    return std::nullopt;
  const auto time = runtime::parse_time_of_day(text.substr(0, space));
  if (!time || *time == 24h)
    return std::nullopt;
  return daily_deadline{*time, std::string{text.substr(space + 1)}};
}

outcome<daily_deadline> deadline(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  if (auto result = to_deadline(*text))
    return std::move(*result);
  return runtime::fail(
    value.error("must be a time of day and a zone, not \"" + *text + "\"",
                "write for example 06:00 Europe/Berlin, or 06:00 UTC"));
}

outcome<std::string> exact_word(const yaml_value& value,
                                std::string_view expected) {
  auto text = value.text();
  if (text && *text != expected)
    return runtime::fail(value.error("must be " + std::string{expected}
                                     + ", not \"" + *text + "\""));
  return text;
}

/// Reads the parts of a document and gathers all problems.
class document_reader {
public:
  explicit document_reader(const workflow_surroundings& surroundings) noexcept
    : surroundings_{&surroundings} {}

  workflow_reading read(const yaml_value& root) {
    auto result = read_document(root);
    if (!has_bad_needs_)
      order(root, result);
    place(root, check_workflow(result, *surroundings_));
    if (found_.empty())
      return result;
    return tl::unexpected{
      runtime::in_file_order(std::move(found_), workflow_bounds::problems_max)};
  }

private:
  workflow read_document(const yaml_value& root) {
    auto result = workflow{};
    auto in = mapping_reader{root, found_};
    auto ignored = std::string{};
    in.required("apiVersion", ignored, [](const yaml_value& value) {
      return exact_word(value, workflow_version);
    });
    in.required("kind", ignored, [](const yaml_value& value) {
      return exact_word(value, "Workflow");
    });
    in.required("id", result.id);
    in.optional("description", result.description);
    in.optional("priority", result.priority, one_of(priority_words));
    if (const auto value = in.take("inputs"))
      result.inputs = read_inputs(*value);
    if (const auto value = in.take("concurrency"))
      result.concurrency = read_concurrency(*value);
    in.optional("timeout", result.timeout, [](const yaml_value& value) {
      return value.duration(1ms, workflow_bounds::duration_max);
    });
    in.optional("deadline", result.deadline, deadline);
    if (const auto value = in.take("steps"))
      read_steps(*value, result);
    else
      found_.push_back(root.error("the key \"steps\" is missing",
                                  "a workflow has at least one step"));
    in.optional("success", result.success, read_single_expression);
    if (const auto value = in.take("on_failure"))
      result.on_failure = read_failure(*value);
    in.finish();
    return result;
  }

  std::vector<workflow_input> read_inputs(const yaml_value& value) {
    auto result = std::vector<workflow_input>{};
    const auto entries = value.entries();
    if (!entries) {
      found_.push_back(entries.error());
      return result;
    }
    for (const auto& [name, entry] : *entries) {
      auto input = workflow_input{};
      input.name = name;
      auto in = mapping_reader{entry, found_};
      in.optional("type", input.type, one_of(input_type_words));
      in.optional("required", input.required);
      if (const auto fallback = in.take("default"))
        input.fallback = to_json(*fallback, found_);
      in.optional("description", input.description);
      in.finish();
      result.push_back(std::move(input));
    }
    std::sort(result.begin(), result.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return result;
  }

  concurrency_limit read_concurrency(const yaml_value& value) {
    auto result = concurrency_limit{};
    auto in = mapping_reader{value, found_};
    in.required("key", result.key, read_text_template);
    in.optional("limit", result.limit, [](const yaml_value& v) {
      return v.integer(1, workflow_bounds::runs_max);
    });
    in.optional("on_conflict", result.on_conflict,
                one_of(conflict_policy_words));
    in.finish();
    return result;
  }

  failure_policy read_failure(const yaml_value& value) {
    auto result = failure_policy{};
    if (value.type() == runtime::yaml_kind::mapping) {
      result.kind = failure_policy::action::start_workflow;
      auto in = mapping_reader{value, found_};
      in.required("workflow", result.workflow_id);
      in.finish();
      return result;
    }
    auto word = one_of(failure_words)(value);
    if (word) {
      result.kind = *word;
      return result;
    }
    word.error().hint = "write compensate, keep, or {workflow: ID}";
    found_.push_back(std::move(word.error()));
    return result;
  }

  void read_steps(const yaml_value& value, workflow& result) {
    const auto items = value.items();
    if (!items) {
      found_.push_back(items.error());
      return;
    }
    if (items->size() > workflow_bounds::steps_max) {
      found_.push_back(value.error(
        "more than " + std::to_string(workflow_bounds::steps_max) + " steps",
        "let a step start a workflow of its own"));
      has_bad_needs_ = true;
      return;
    }
    auto needs = std::vector<std::optional<yaml_value>>{};
    for (const auto& item : *items)
      result.steps.push_back(read_step(item, needs.emplace_back()));
    resolve_needs(result, needs);
  }

  workflow_step read_step(const yaml_value& value,
                          std::optional<yaml_value>& needs) {
    auto step = workflow_step{};
    if (value.is_null()) {
      found_.push_back(value.error("a step is missing"));
      return step;
    }
    auto in = mapping_reader{value, found_};
    in.required("id", step.id);
    needs = in.take("needs");
    in.optional("when", step.when, read_single_expression);
    step.foreach = read_foreach(in);
    step.call = read_activity_call(in, retry_policy{}, found_);
    if (const auto resources = in.take("resources"))
      step.resources = read_resources(*resources, found_);
    if (const auto placement = in.take("placement"))
      step.placement = read_placement(*placement, found_);
    in.optional("speculate", step.speculate);
    if (const auto compensate = in.take("compensate")) {
      auto inside = mapping_reader{*compensate, found_};
      step.compensate
        = read_activity_call(inside, default_compensation_retry(), found_);
      inside.finish();
    }
    in.finish();
    return step;
  }

  std::optional<step_foreach> read_foreach(mapping_reader& in) {
    const auto items = in.take("foreach");
    const auto limit = in.take("max_parallel");
    if (!items) {
      if (limit)
        found_.push_back(limit->error("max_parallel without foreach",
                                      "add foreach, or remove this"));
      return std::nullopt;
    }
    auto result = step_foreach{};
    result.items = read_value_template(*items, found_);
    if (!result.items.secrets.empty())
      found_.push_back(
        items->error("a secret cannot be used here",
                     "only the arguments of an activity may refer to secrets"));
    if (limit) {
      const auto count = limit->integer(1, workflow_bounds::parallel_max);
      if (count)
        result.parallel_max = static_cast<std::uint32_t>(*count);
      else
        found_.push_back(count.error());
    }
    return result;
  }

  void resolve_needs(workflow& result,
                     const std::vector<std::optional<yaml_value>>& needs) {
    auto index_of = std::unordered_map<std::string_view, step_index>{};
    for (auto i = step_index{0}; i < result.steps.size(); ++i)
      index_of.emplace(result.steps[i].id, i);
    auto total = std::size_t{0};
    for (auto i = step_index{0}; i < result.steps.size(); ++i) {
      if (!needs[i])
        continue;
      const auto names = needs[i]->items();
      if (!names) {
        report_needs(names.error());
        continue;
      }
      total += names->size();
      if (total > workflow_bounds::needs_max)
        return report_needs(needs[i]->error(
          "more than " + std::to_string(workflow_bounds::needs_max)
            + " needs in all",
          "gather steps by one that needs them all"));
      for (const auto& name : *names)
        add_need(result, index_of, i, name);
      auto& step = result.steps[i];
      std::sort(step.needs.begin(), step.needs.end());
    }
  }

  void
  add_need(workflow& result,
           const std::unordered_map<std::string_view, step_index>& index_of,
           step_index user, const yaml_value& name) {
    const auto text = name.text();
    if (!text)
      return report_needs(text.error());
    const auto found = index_of.find(*text);
    if (found == index_of.end()) {
      return report_needs(name.error("there is no step \"" + *text + "\"",
                                     nearest_step(result, *text)));
    }
    auto& needs = result.steps[user].needs;
    if (std::find(needs.begin(), needs.end(), found->second) != needs.end())
      return report_needs(
        name.error("\"" + *text + "\" is needed twice", "remove one"));
    needs.push_back(found->second);
  }

  /// Nothing once there are more problems than are told: looking through all
  /// steps for each of them would take long.
  [[nodiscard]] std::string nearest_step(const workflow& of,
                                         std::string_view id) const {
    if (found_.size() > workflow_bounds::problems_max)
      return {};
    auto known = std::vector<std::string_view>{};
    for (const auto& step : of.steps)
      known.emplace_back(step.id);
    const auto near = runtime::nearest_word(id, known);
    return near ? "did you mean \"" + std::string{*near} + "\"?" : "";
  }

  void report_needs(problem wrong) {
    has_bad_needs_ = true;
    found_.push_back(std::move(wrong));
  }

  void order(const yaml_value& root, workflow& result) {
    const auto cycle = resolve_order(result);
    if (cycle.empty())
      return;
    constexpr auto named_max = std::size_t{50};
    auto text = std::string{};
    for (auto i = std::size_t{0}; i < cycle.size(); ++i) {
      if (i == named_max && cycle.size() > named_max + 1) {
        text += " -> ... -> " + result.steps[cycle.back()].id;
        break;
      }
      text += (i == 0 ? "" : " -> ") + result.steps[cycle[i]].id;
    }
    found_.push_back(
      root.locate("steps[" + std::to_string(cycle.front()) + "].needs")
        .error("steps need each other in a circle: " + text,
               "each step is followed by one it needs; remove one of these"));
  }

  /// Gives what the check found the place of the value it is about. What could
  /// not be read has been told already.
  void place(const yaml_value& root, std::vector<problem> broken) {
    const auto told = places_of(found_);
    for (auto& reason : broken) {
      if (reason.line == 0) {
        const auto at = root.locate(reason.key).error({});
        reason.file = at.file;
        reason.line = at.line;
        reason.column = at.column;
      }
      if (!told.contains({reason.line, reason.column}))
        found_.push_back(std::move(reason));
    }
  }

  using place_set = std::set<std::pair<std::size_t, std::size_t>>;

  static place_set places_of(const std::vector<problem>& problems) {
    auto places = place_set{};
    for (const auto& each : problems)
      places.emplace(each.line, each.column);
    return places;
  }

  const workflow_surroundings* surroundings_;
  std::vector<problem> found_;
  bool has_bad_needs_ = false;
};

workflow_reading reading_of(const outcome<runtime::yaml_document>& document,
                            const workflow_surroundings& surroundings) {
  if (!document)
    return tl::unexpected{std::vector<problem>{document.error()}};
  return document_reader{surroundings}.read(document->root());
}

} // namespace

workflow_reading parse_workflow(std::string_view text, const std::string& file,
                                const workflow_surroundings& surroundings) {
  return reading_of(runtime::yaml_document::parse(text, file), surroundings);
}

workflow_reading read_workflow(const std::string& path,
                               const workflow_surroundings& surroundings) {
  return reading_of(runtime::yaml_document::read(path), surroundings);
}

} // namespace troupe::engine
