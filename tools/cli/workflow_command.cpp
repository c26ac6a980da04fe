#include "actors/engine/workflow_file.hpp"
#include "actors/engine/workflow_inputs.hpp"
#include "actors/engine/workflow_plan.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/workflow_arguments.hpp"
#include "tools/cli/workflow_report.hpp"
#include "tools/cli/workflow_store_command.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr auto workflow_examples = R"(Examples:
  troupe workflow validate nightly.yaml
  troupe workflow plan nightly.yaml --input project=apollo
  troupe schema workflow > workflow.schema.json)";

constexpr auto validate_examples = R"(Examples:
  troupe workflow validate nightly.yaml
  troupe workflow validate nightly.yaml --output json

Exit code: 0 valid, 2 not; every mistake is named with its line.)";

constexpr auto plan_examples = R"(Examples:
  troupe workflow plan nightly.yaml --input project=apollo
  troupe workflow plan fan-out.yaml --input batches=3 --output json

Decisions: run, skip, or unknown where only the run can tell. Inputs that are no
texts are written as JSON: --input 'parts=[1, 2]'.)";

struct plan_flags {
  std::string file;
  std::vector<std::string> inputs;
};

int validate(const std::string& file, const invocation& with) {
  const auto flow = engine::read_workflow(file, workflow_surroundings_here());
  if (!flow)
    return report(flow.error(), with.output);
  if (with.output == output_format::text) {
    std::fputs(render_summary(*flow).c_str(), stdout);
    return 0;
  }
  auto result = json::object();
  result["file"] = file;
  result["valid"] = true;
  result["id"] = flow->id;
  result["digest"] = engine::digest_text(*flow);
  result["steps"] = flow->steps.size();
  result["layers"] = flow->layers.size();
  print_json(result);
  return 0;
}

int plan(const plan_flags& flags, const invocation& with) {
  const auto texts = split_inputs(flags.inputs);
  if (!texts)
    return report(texts.error(), with.output);
  const auto flow
    = engine::read_workflow(flags.file, workflow_surroundings_here());
  if (!flow)
    return report(flow.error(), with.output);
  auto inputs = engine::read_inputs(*flow, *texts);
  if (!inputs)
    return report(inputs.error(), with.output);
  const auto decided = engine::plan_workflow(*flow, std::move(*inputs));
  if (!decided)
    return report(decided.error(), with.output);
  if (with.output == output_format::text)
    std::fputs(render_plan(*flow, *decided).c_str(), stdout);
  else
    print_json(engine::to_json(*flow, *decided));
  return 0;
}

void add_validate(CLI::App& parent, command_line& line) {
  auto* app
    = parent.add_subcommand("validate", "Check a workflow without running it");
  app->footer(validate_examples);
  const auto file = std::make_shared<std::string>();
  app->add_option("FILE", *file, "the workflow, YAML or JSON")
    ->required()
    ->type_name("FILE");
  app->callback([file, &line] {
    line.chosen
      = [file](const invocation& with) { return validate(*file, with); };
  });
}

void add_plan(CLI::App& parent, command_line& line) {
  auto* app = parent.add_subcommand(
    "plan", "Show what a run would do with each step, and change nothing");
  app->footer(plan_examples);
  const auto flags = std::make_shared<plan_flags>();
  app->add_option("FILE", flags->file, "the workflow, YAML or JSON")
    ->required()
    ->type_name("FILE");
  app
    ->add_option("--input", flags->inputs, "an input of the run, once for each")
    ->type_name("NAME=VALUE")
    ->allow_extra_args(false);
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return plan(*flags, with); };
  });
}

} // namespace

void add_workflow_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "workflow", "Check workflows and show what they would do");
  app->footer(workflow_examples);
  app->require_subcommand(1);
  add_validate(*app, line);
  add_plan(*app, line);
  add_workflow_store_commands(*app, line);
}

} // namespace troupe::tools
