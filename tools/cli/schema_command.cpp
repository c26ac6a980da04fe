#include "tools/cli/embedded_schemas.hpp"
#include "tools/cli/invocation.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace troupe::tools {

namespace {

constexpr auto schema_examples = R"(Examples:
  troupe schema workflow > workflow.schema.json
  troupe schema scoring > scoring-config.schema.json

An editor that knows the schema completes keys and marks mistakes; with the
YAML language server, by a first line in the file:
  # yaml-language-server: $schema=workflow.schema.json)";

void add_kind(CLI::App& parent, command_line& line, const std::string& name,
              const std::string& purpose, std::string_view schema) {
  auto* app = parent.add_subcommand(name, purpose);
  app->footer("Examples:\n  troupe schema " + name + " > " + name
              + ".schema.json");
  app->callback([schema, &line] {
    line.chosen = [schema](const invocation&) {
      std::fwrite(schema.data(), 1, schema.size(), stdout);
      return 0;
    };
  });
}

} // namespace

void add_schema_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "schema", "Print the JSON Schema of a kind of file, for editors");
  app->footer(schema_examples);
  app->require_subcommand(1);
  add_kind(*app, line, "api", "Print the OpenAPI document of the HTTP API",
           api_schema);
  add_kind(*app, line, "workflow", "Print the schema of workflows",
           workflow_schema);
  add_kind(*app, line, "node", "Print the schema of nodes of a cluster",
           node_schema);
  add_kind(*app, line, "schedule", "Print the schema of schedules",
           schedule_schema);
  add_kind(*app, line, "scoring", "Print the schema of scoring configurations",
           scoring_schema);
  add_kind(*app, line, "simulation-scenario",
           "Print the schema of workforce scenarios", scenario_schema);
}

} // namespace troupe::tools
