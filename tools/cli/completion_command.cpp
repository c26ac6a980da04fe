#include "tools/cli/completion.hpp"
#include "tools/cli/invocation.hpp"

#include <cstdio>
#include <string>
#include <tuple>

namespace troupe::tools {

namespace {

constexpr auto completion_examples = R"(Examples:
  source <(troupe completion bash)
  source <(troupe completion zsh)
  troupe completion fish | source)";

} // namespace

void add_completion_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "completion", "Print a script that completes troupe commands in a shell");
  app->footer(completion_examples);
  app->require_subcommand(1);
  for (const auto& [name, kind, use] :
       {std::tuple{"bash", shell::bash, "source <(troupe completion bash)"},
        std::tuple{"zsh", shell::zsh, "source <(troupe completion zsh)"},
        std::tuple{"fish", shell::fish, "troupe completion fish | source"}}) {
    auto* one
      = app->add_subcommand(name, std::string{"Print the script for "} + name);
    one->footer(std::string{"Examples:\n  "} + use);
    one->callback([kind = kind, &line] {
      line.chosen = [kind, &line](const invocation&) {
        std::fputs(completion_script(line.app, kind).c_str(), stdout);
        return 0;
      };
    });
  }
}

} // namespace troupe::tools
