#include "runtime/guard/guard_file.hpp"
#include "tools/cli/guard_live_command.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr auto guard_examples = R"(Examples:
  troupe guard validate guards.yaml
  troupe guard validate guards.yaml --output json
  troupe guard list)";

int validate(const std::string& file, const invocation& with) {
  const auto guards = runtime::read_guards(file);
  if (!guards)
    return report(guards.error(), with.output);
  auto names = json::array();
  auto list = std::string{};
  for (const auto& [name, options] : *guards) {
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  if (with.output == output_format::text)
    std::printf("%s: %zu %s%s%s\n", file.c_str(), guards->size(),
                guards->size() == 1 ? "guard" : "guards",
                list.empty() ? "" : ": ", list.c_str());
  else
    print_json(json{{"file", file}, {"guards", names}});
  return 0;
}

} // namespace

void add_guard_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "guard", "Limits, retries and breakers around operations");
  app->footer(guard_examples);
  app->require_subcommand(1);
  auto* to_validate = app->add_subcommand(
    "validate", "Read a file of guards and report all that is wrong with it");
  to_validate->footer(guard_examples);
  const auto file = std::make_shared<std::string>();
  to_validate->add_option("FILE", *file, "the file, YAML or JSON")
    ->required()
    ->type_name("FILE");
  to_validate->callback([file, &line] {
    line.chosen
      = [file](const invocation& with) { return validate(*file, with); };
  });
  add_live_guard_commands(*app, line);
}

} // namespace troupe::tools
