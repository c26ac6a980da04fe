#include "tools/cli/workflow_store_command.hpp"

#include "actors/engine/engine_client.hpp"
#include "actors/engine/recorded_runs.hpp"
#include "actors/engine/workflow_file.hpp"
#include "runtime/instant.hpp"
#include "tools/cli/engine_setup.hpp"
#include "tools/cli/run_report.hpp"
#include "tools/cli/server_connection.hpp"
#include "tools/cli/workflow_arguments.hpp"
#include "tools/cli/workflow_report.hpp"

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using engine::recorded_runs;
using runtime::fail;
using runtime::outcome;
using json = nlohmann::ordered_json;

namespace {

constexpr auto apply_examples = R"(Examples:
  troupe workflow apply nightly.yaml

From then on the server starts it by its id: troupe run start --workflow ID, or
a step of another workflow. Runs keep the version that they began with.)";

int apply(const std::string& file, const invocation& with) {
  // What is wrong by itself is told without a server.
  if (const auto read
      = engine::read_workflow(file, workflow_surroundings_here());
      !read)
    return report(read.error(), with.output);
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  const auto flow
    = engine::read_workflow(file, workflow_surroundings_at(*client));
  if (!flow)
    return report(flow.error(), with.output);
  auto wanted = messages::ApplyWorkflow{};
  wanted.set_text(engine::canonical_json(*flow));
  wanted.set_file(file);
  wanted.set_by(user_of(with));
  const auto applied = client->apply(wanted);
  if (!applied)
    return report(applied.error(), with.output);
  if (with.output == output_format::text)
    std::printf("%s is at version %s\n", applied->workflow_id().c_str(),
                render_digest(applied->digest()).c_str());
  else
    print_json({{"id", applied->workflow_id()},
                {"digest", render_digest(applied->digest())}});
  return 0;
}

outcome<recorded_runs> open(const invocation& with) {
  auto runs = recorded_runs::open(with.settings.store_path);
  if (!runs)
    return runs;
  const auto has_any = runs->has_any();
  if (!has_any)
    return fail(has_any.error());
  if (!*has_any)
    return fail(runtime::problem_kind::not_found,
                "the store has no workflows: " + with.settings.store_path,
                "apply one with troupe workflow apply");
  return runs;
}

int list(const invocation& with) {
  auto runs = open(with);
  if (!runs)
    return report(runs.error(), with.output);
  const auto found = runs->workflows();
  if (!found)
    return report(found.error(), with.output);
  auto all = json::array();
  for (const auto& each : *found) {
    const auto at = runtime::to_string(each.applied_at);
    if (with.output == output_format::text)
      std::printf("%s  %s  %s  %s\n", render_digest(each.digest).c_str(),
                  at.c_str(), each.id.c_str(), each.applied_by.c_str());
    else
      all.push_back(to_json(each));
  }
  if (with.output == output_format::json)
    print_json(all);
  if (with.output == output_format::jsonl)
    for (const auto& each : all)
      print_json(each);
  return 0;
}

int show(const std::string& id, const invocation& with) {
  auto runs = open(with);
  if (!runs)
    return report(runs.error(), with.output);
  const auto found = runs->newest(id);
  if (!found)
    return report(found.error(), with.output);
  if (with.output == output_format::text)
    std::fputs(render_summary(*found->definition).c_str(), stdout);
  else
    print_json(json::parse(engine::canonical_json(*found->definition)));
  return 0;
}

void add(CLI::App& workflow, command_line& line, const char* name,
         const char* help, const char* examples, const char* argument,
         std::function<int(const std::string&, const invocation&)> action) {
  auto* app = workflow.add_subcommand(name, help);
  app->footer(examples);
  const auto what = std::make_shared<std::string>();
  if (argument != nullptr)
    app->add_option(argument, *what)->required();
  app->callback([what, action = std::move(action), &line] {
    line.chosen
      = [what, action](const invocation& with) { return action(*what, with); };
  });
}

} // namespace

void add_workflow_store_commands(CLI::App& workflow, command_line& line) {
  add(workflow, line, "apply", "Make a workflow known to the server",
      apply_examples, "FILE", apply);
  add(workflow, line, "list", "List the workflows that were applied",
      "Examples:\n  troupe workflow list --output json", nullptr,
      [](const std::string&, const invocation& with) { return list(with); });
  add(workflow, line, "show", "Show the newest version of a workflow",
      "Examples:\n  troupe workflow show nightly --output json", "ID", show);
}

} // namespace troupe::tools
