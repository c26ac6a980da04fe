#include "tools/cli/command_run.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::tools {

namespace {

const char* type_of(const nlohmann::json& value) {
  if (value.is_array())
    return "array";
  if (value.is_boolean())
    return "boolean";
  return value.is_number() ? "integer" : "string";
}

} // namespace

messages::SubmitRun run_of_command(const std::string& activity,
                                   const nlohmann::json& arguments,
                                   const std::string& secret_key,
                                   const std::string& by) {
  auto flow
    = nlohmann::json{{"apiVersion", "troupe/v1"},
                     {"kind", "Workflow"},
                     {"id", activity},
                     {"description", "What troupe " + activity + " does."},
                     {"on_failure", "keep"}};
  auto inputs = nlohmann::json::object();
  auto with = nlohmann::json::object();
  for (const auto& [key, value] : arguments.items()) {
    if (key == secret_key) {
      with[key] = value;
      continue;
    }
    flow["inputs"][key] = nlohmann::json{{"type", type_of(value)}};
    with[key] = "${inputs." + key + "}";
    inputs[key] = value;
  }
  auto step = nlohmann::json{{"id", activity}, {"activity", activity}};
  step["with"] = std::move(with);
  flow["steps"] = nlohmann::json::array();
  flow["steps"].push_back(std::move(step));
  auto wanted = messages::SubmitRun{};
  wanted.set_workflow_text(flow.dump());
  wanted.set_workflow_file("troupe " + activity);
  wanted.set_inputs(inputs.dump());
  wanted.set_by(by);
  return wanted;
}

runtime::problem no_result(const messages::RunResult& ended,
                           const std::string& run,
                           const std::stop_token& stop) {
  auto reason = runtime::problem{};
  if (stop.stop_requested()) {
    reason.kind = runtime::problem_kind::interrupted;
    reason.message = "interrupted";
    return reason;
  }
  reason.message
    = "run " + run + " is " + ended.status() + ": " + ended.reason();
  reason.hint = "see troupe run show " + run;
  return reason;
}

runtime::problem as_flag(runtime::problem reason) {
  constexpr auto prefix = std::string_view{"with."};
  if (!reason.key.starts_with(prefix))
    return reason;
  reason.key.erase(0, prefix.size());
  // The flag of that name is a setting of the whole program.
  if (reason.key == "workers")
    reason.key = "max_workers";
  std::ranges::replace(reason.key, '_', '-');
  reason.key.insert(0, "--");
  return reason;
}

} // namespace troupe::tools
