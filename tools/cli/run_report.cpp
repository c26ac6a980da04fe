#include "tools/cli/run_report.hpp"

#include "actors/engine/run_scope.hpp"
#include "runtime/instant.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace troupe::tools {

using engine::instant;
using json = nlohmann::ordered_json;

namespace {

/// Columns side by side, each as wide as its widest cell.
std::string render_table(const std::vector<std::vector<std::string>>& rows) {
  auto widths = std::vector<std::size_t>{};
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  auto text = std::string{};
  for (const auto& row : rows) {
    auto line = std::string{};
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string render_time(instant at) {
  return at == instant{} ? std::string{} : runtime::to_string(at);
}

/// The part of an event that says what happened, as protobuf's JSON.
json details_of(const messages::RunEvent& event) {
  auto options = google::protobuf::util::JsonPrintOptions{};
  options.preserve_proto_field_names = true;
  auto text = std::string{};
  const auto converted
    = google::protobuf::util::MessageToJsonString(event, &text, options);
  auto whole = json::parse(converted.ok() ? text : "{}", nullptr, false);
  for (const auto* known : {"sequence", "at", "epoch"})
    whole.erase(known);
  return whole;
}

/// Indices become ids, and numbers that are instants are written as such.
void make_readable(json& details, const engine::workflow& of) {
  for (const auto* key : {"start_by", "until", "stop_at", "at", "timeout_at",
                          "deadline_at", "not_before"})
    if (const auto found = details.find(key); found != details.end())
      // 64-bit numbers are texts in protobuf's JSON.
      *found = render_time(
        runtime::from_microseconds(std::stoll(found->get<std::string>())));
  const auto name = [&](json& holder) {
    const auto index = holder.value("step", 0U);
    if (index < of.steps.size())
      holder["step"] = of.steps[index].id;
  };
  if (details.contains("task"))
    name(details["task"]);
  else if (details.contains("step"))
    name(details);
}

/// Everything else in one line: "step=fetch attempt=1".
std::string render_details(const json& details) {
  auto text = std::string{};
  for (const auto& [key, value] : details.items()) {
    const auto inner
      = value.is_object() ? render_details(value) : std::string{};
    const auto plain
      = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_object())
      text += (text.empty() ? "" : " ") + inner;
    else
      text += (text.empty() ? "" : " ") + key + "=" + plain;
  }
  return text;
}

const messages::TaskError* error_of(const engine::step_state& step) {
  for (const auto* works : {&step.compensations, &step.tasks})
    for (const auto& work : *works)
      if (!work.error.kind().empty()
          && work.status != engine::work_status::succeeded)
        return &work.error;
  return nullptr;
}

std::uint32_t attempts_of(const engine::step_state& step) {
  auto most = std::uint32_t{0};
  for (const auto& task : step.tasks)
    most = std::max(most, task.attempts);
  return most;
}

std::string note_of(const engine::run_state& run, engine::step_index index) {
  const auto& step = run.steps()[index];
  if (step.is_skipped)
    return step.skip_reason;
  if (const auto reason = run.waiting_on(index))
    return std::string{to_string(reason->what)} + ": " + reason->detail;
  if (const auto* error = error_of(step))
    return error->kind() + ": " + error->message();
  return {};
}

/// What the run has to do with others: a line each.
std::string render_lineage(const engine::run_state& run) {
  const auto& submission = run.submission();
  auto text = std::string{};
  if (!submission.reset_of().empty())
    text += "  goes on from run " + submission.reset_of() + ", "
            + (submission.rerun_from().empty()
                 ? "event " + std::to_string(submission.reset_sequence())
                 : "step " + submission.rerun_from())
            + "\n";
  if (!submission.failure_of().empty())
    text += "  started because run " + submission.failure_of() + " failed\n";
  if (!run.heir().empty())
    text += "  what it did is answered for by run " + run.heir() + "\n";
  if (const auto& started = run.failure_run())
    text
      += started->refusal().empty()
           ? "  on failure: run " + started->run_id() + " of "
               + run.definition().on_failure.workflow_id + "\n"
           : "  on failure: nothing was started: " + started->refusal() + "\n";
  return text;
}

void add_lineage(json& to, const engine::run_state& run) {
  const auto& submission = run.submission();
  if (!submission.reset_of().empty()) {
    to["goes_on_from"] = json{{"run_id", submission.reset_of()},
                              {"event", submission.reset_sequence()}};
    if (!submission.rerun_from().empty())
      to["goes_on_from"]["step"] = submission.rerun_from();
  }
  if (!submission.failure_of().empty())
    to["failure_of"] = submission.failure_of();
  if (!run.heir().empty())
    to["answered_for_by"] = run.heir();
  if (const auto& started = run.failure_run()) {
    to["on_failure"]
      = json{{"workflow", run.definition().on_failure.workflow_id}};
    if (started->refusal().empty())
      to["on_failure"]["run_id"] = started->run_id();
    else
      to["on_failure"]["refused"] = started->refusal();
  }
}

/// What is said of a deadline: "near", "missed"; else nothing.
std::string deadline_note(const engine::recorded_run& run) {
  return run.deadline.empty() ? "" : "deadline " + run.deadline;
}

/// Why the run ended, or what it waits for, behind its deadline.
std::string note_of(const engine::recorded_run& run) {
  if (!run.set_aside.empty())
    return run.set_aside.substr(0, run.set_aside.find('\n'));
  auto note = deadline_note(run);
  const auto& more = run.is_over ? run.reason : run.waiting_for;
  if (!note.empty() && !more.empty())
    note += "; ";
  return note + more;
}

std::string tasks_of(const engine::step_state& step) {
  if (step.tasks.size() == 1)
    return "1";
  return std::to_string(step.succeeded) + "/"
         + std::to_string(step.tasks.size());
}

} // namespace

std::string render_list(const std::vector<engine::recorded_run>& runs) {
  if (runs.empty())
    return "no runs\n";
  auto rows = std::vector<std::vector<std::string>>{
    {"number", "run", "workflow", "status", "submitted", "note"}};
  for (const auto& run : runs)
    rows.push_back({std::to_string(run.number), run.run_id, run.workflow_id,
                    run.set_aside.empty() ? run.status : "set aside",
                    render_time(run.submitted_at), note_of(run)});
  return render_table(rows);
}

json to_json(const engine::recorded_run& run) {
  auto to = json{{"number", run.number},
                 {"run_id", run.run_id},
                 {"workflow", run.workflow_id},
                 {"status", run.status},
                 {"submitted_at", render_time(run.submitted_at)},
                 {"updated_at", render_time(run.updated_at)}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      to[key] = value;
  };
  add("submitted_by", run.submitted_by);
  add("parent_run", run.parent_run);
  add("reason", run.reason);
  add("set_aside", run.set_aside);
  add("waiting_on", run.waiting_on);
  add("waiting_for", run.waiting_for);
  add("next_check", render_time(run.next_check));
  add("deadline_at", render_time(run.deadline_at));
  add("deadline", run.deadline);
  return to;
}

json to_json(const engine::recorded_workflow& workflow) {
  return json{{"id", workflow.id},
              {"digest", render_digest(workflow.digest)},
              {"applied_at", render_time(workflow.applied_at)},
              {"applied_by", workflow.applied_by}};
}

std::string render_digest(std::uint64_t digest) {
  auto text = std::string(16, '0');
  std::snprintf(text.data(), text.size() + 1, "%016llx",
                static_cast<unsigned long long>(digest));
  return text;
}

std::string render_run(const engine::recorded_run& record,
                       const engine::run_state& run) {
  auto text = "run " + record.run_id + " of " + record.workflow_id + ": "
              + record.status + "\n";
  if (!record.reason.empty())
    text += "  " + record.reason + "\n";
  const auto& submission = run.submission();
  text += "  submitted " + render_time(record.submitted_at)
          + (record.submitted_by.empty() ? "" : " by " + record.submitted_by)
          + ", last change " + render_time(record.updated_at) + "\n";
  if (submission.deadline_at() != 0)
    text += "  due "
            + render_time(runtime::from_microseconds(submission.deadline_at()))
            + (record.deadline.empty() ? "" : ", " + deadline_note(record))
            + "\n";
  text += render_lineage(run);
  if (!record.set_aside.empty())
    text += "  set aside: " + record.set_aside + "\n";
  if (!run.inputs().empty())
    text += "  inputs " + run.inputs().dump() + "\n";
  auto rows = std::vector<std::vector<std::string>>{
    {"  step", "state", "tasks", "attempts", "note"}};
  for (const auto index : run.definition().order) {
    const auto& step = run.steps()[index];
    rows.push_back({"  " + run.definition().steps[index].id,
                    std::string{to_string(run.status_of(index))},
                    step.tasks.empty() ? "" : tasks_of(step),
                    step.tasks.empty() ? "" : std::to_string(attempts_of(step)),
                    note_of(run, index)});
  }
  return text + "\n" + render_table(rows);
}

json to_json(const engine::recorded_run& record, const engine::run_state& run) {
  auto to = to_json(record);
  to["inputs"] = run.inputs();
  add_lineage(to, run);
  auto& steps = to["steps"] = json::object();
  for (const auto index : run.definition().order) {
    const auto& step = run.steps()[index];
    auto each = json{{"state", to_string(run.status_of(index))},
                     {"tasks", step.tasks.size()},
                     {"succeeded", step.succeeded},
                     {"failed", step.failed},
                     {"attempts", attempts_of(step)}};
    if (step.is_taken_over)
      each["taken_over"] = true;
    if (auto note = note_of(run, index); !note.empty())
      each["note"] = std::move(note);
    if (auto output = engine::output_of(run, index))
      each["output"] = std::move(*output);
    steps[run.definition().steps[index].id] = std::move(each);
  }
  return to;
}

std::string render_chain(const std::vector<engine::waiting_link>& chain) {
  auto text = std::string{};
  for (const auto& link : chain) {
    text += link.who + " waits for " + std::string{to_string(link.why.what)}
            + ": " + link.why.detail;
    if (link.why.since != instant{})
      text += "\n  since " + render_time(link.why.since);
    if (link.why.next_check != instant{})
      text += ", looked at again " + render_time(link.why.next_check);
    text += "\n";
  }
  return text;
}

json to_json(const std::vector<engine::waiting_link>& chain) {
  auto to = json::array();
  for (const auto& link : chain) {
    auto each = json{{"who", link.who},
                     {"waiting_on", to_string(link.why.what)},
                     {"detail", link.why.detail},
                     {"since", render_time(link.why.since)}};
    if (link.why.next_check != instant{})
      each["next_check"] = render_time(link.why.next_check);
    if (!link.holders.empty())
      each["holders"] = link.holders;
    to.push_back(std::move(each));
  }
  return to;
}

std::string render_history(const std::vector<messages::RunEvent>& history,
                           const engine::workflow& of) {
  auto rows = std::vector<std::vector<std::string>>{};
  for (const auto& event : history) {
    const auto whole = details_of(event);
    for (const auto& [what, details] : whole.items()) {
      auto named = details;
      make_readable(named, of);
      rows.push_back({std::to_string(event.sequence()),
                      render_time(runtime::from_microseconds(event.at())), what,
                      render_details(named)});
    }
  }
  return render_table(rows);
}

json to_json(const messages::RunEvent& event, const engine::workflow& of) {
  auto to = json{{"sequence", event.sequence()},
                 {"at", render_time(runtime::from_microseconds(event.at()))},
                 {"epoch", event.epoch()}};
  const auto whole = details_of(event);
  for (const auto& [what, details] : whole.items()) {
    auto named = details;
    make_readable(named, of);
    to["event"] = what;
    to.update(named);
  }
  return to;
}

} // namespace troupe::tools
