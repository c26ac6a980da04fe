#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::tests;

namespace {

using texts = std::vector<std::string>;

class fixture {
public:
  [[nodiscard]] program_result run(texts arguments) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    return run_program(asked);
  }

  temporary_folder folder;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The subcommands that a help lists.
texts commands_in(const std::string& help) {
  auto lines = std::istringstream{help};
  auto line = std::string{};
  auto names = texts{};
  auto is_list = false;
  while (std::getline(lines, line)) {
    if (is_list && line.empty())
      break;
    if (is_list && line.starts_with("  ") && line[2] != ' ')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    is_list = is_list || line == "Subcommands:";
  }
  return names;
}

/// Checks the help of a command and of all below it; how many there are.
std::size_t check_help(const fixture& with, const texts& command) {
  auto arguments = command;
  arguments.push_back("--help");
  const auto result = with.run(arguments);
  CAPTURE(command, result.out);
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(has(result.out, "Examples:\n"));
  const auto purpose = result.out.substr(0, result.out.find('\n'));
  CHECK_FALSE(purpose.empty());
  CHECK_FALSE(has(purpose, "Usage"));
  auto seen = std::size_t{1};
  for (const auto& name : commands_in(result.out)) {
    auto below = command;
    below.push_back(name);
    seen += check_help(with, below);
  }
  return seen;
}

/// What bash offers for a line, asked as bash itself asks.
texts completions(const fixture& with, const texts& words) {
  auto line = std::string{};
  for (const auto& word : words)
    line += " '" + word + "'";
  auto asked = program_run{};
  asked.folder = with.folder.path();
  asked.arguments
    = {"-c", "source ./script && COMP_WORDS=(troupe" + line
               + ") && COMP_CWORD=" + std::to_string(words.size())
               + " && _troupe && printf '%s\\n' \"${COMPREPLY[@]}\""};
  const auto result = run_command("bash", asked);
  INFO(result.err);
  CHECK(result.exit_code == 0);
  auto offers = texts{};
  auto lines = std::istringstream{result.out};
  for (auto offer = std::string{}; std::getline(lines, offer);)
    offers.push_back(offer);
  return offers;
}

bool offers(const texts& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

TEST_CASE_METHOD(fixture, "every command explains itself with examples") {
  CHECK(check_help(*this, {}) > 10);
}

TEST_CASE_METHOD(fixture, "an unknown command or flag names the nearest one") {
  const auto cases = std::vector<std::pair<texts, std::string>>{
    {{"scroe"}, "did you mean \"troupe score\"?"},
    {{"generate", "portfolo"}, "did you mean \"troupe generate portfolio\"?"},
    {{"score", "--itms", "x"}, "did you mean --items?"},
    {{"score", "--itms=x"}, "did you mean --items?"},
    {{"score", "--ouput", "json"}, "did you mean --output?"},
    {{"score", "--mode", "ful"}, "did you mean \"full\"?"},
    {{"config", "show", "--orign"}, "did you mean --origin?"},
    {{"score", "--xyzzy"}, "see troupe score --help"},
    {{"generate"}, "see troupe generate --help"},
    {{}, "see troupe --help"},
  };
  for (const auto& [arguments, hint] : cases) {
    const auto result = run(arguments);
    CAPTURE(arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(has(result.err, "\n  hint: " + hint + "\n"));
  }
  const auto result = run({"score", "--itms", "x", "--output", "json"});
  CHECK(nlohmann::json::parse(result.err)["hint"] == "did you mean --items?");
}

TEST_CASE_METHOD(fixture, "settings are shown with where they come from") {
  folder.write("troupe.yaml", "workers: 3\n");
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments = {"config", "show", "--origin", "--store", "my.db"};
  asked.environment["TROUPE_COLOR"] = "never";
  const auto text = run_program(asked);
  CHECK(text.exit_code == 0);
  CHECK(has(text.out, "workers: 3  # file troupe.yaml:1\n"));
  CHECK(has(text.out, "path: \"my.db\"  # flag --store-path\n"));
  CHECK(has(text.out, "color: \"never\"  # environment TROUPE_COLOR\n"));
  asked.arguments = {"config", "show", "--output", "json"};
  const auto plain = nlohmann::json::parse(run_program(asked).out);
  CHECK(plain["workers"] == 3);
  CHECK(plain["color"] == "never");
}

TEST_CASE_METHOD(fixture, "shown settings can be kept as a settings file") {
  const auto shown = run({"config", "show", "--workers", "7"});
  folder.write("troupe.yaml", shown.out);
  CHECK(run({"config", "show"}).out == shown.out);
}

TEST_CASE_METHOD(fixture, "the files in use are shown") {
  CHECK(has(run({"config", "path"}).out, "none (would be troupe.yaml or "));
  folder.write("troupe.yaml", "workers: 3\n");
  CHECK(has(run({"config", "path"}).out, "settings  troupe.yaml\n"));
  const auto json = nlohmann::json::parse(
    run({"config", "path", "--output", "json", "--store", "my.db"}).out);
  CHECK(json["settings"] == "troupe.yaml");
  CHECK(json["store"] == "my.db");
  CHECK(json["log"].is_null());
}

TEST_CASE_METHOD(fixture, "bash completes commands, options and values") {
  folder.write("script", run({"completion", "bash"}).out);
  const auto commands = completions(*this, {""});
  CHECK(offers(commands, "score"));
  CHECK(offers(commands, "completion"));
  CHECK(offers(completions(*this, {"config", "s"}), "show"));
  const auto flags = completions(*this, {"score", "--"});
  for (const auto* flag : {"--items", "--preset", "--store", "--output"})
    CHECK(offers(flags, flag));
  CHECK_FALSE(offers(flags, "--origin"));
  CHECK(completions(*this, {"score", "--ite"}) == texts{"--items"});
  CHECK(completions(*this, {"cluster", "to"}) == texts{"top"});
  CHECK(completions(*this, {"cluster", "top", "--int"}) == texts{"--interval"});
  CHECK(completions(*this, {"score", "--preset", "a"}) == texts{"agile"});
  CHECK(offers(completions(*this, {"score", "w"}), "what-if"));
  CHECK(completions(*this, {"score", "hierarchy", "--order", "s"})
        == texts{"score", "source"});
  CHECK(completions(*this, {"score", "--output", "=", "j"})
        == texts{"json", "jsonl"});
  CHECK(completions(*this, {"--output", "t"}) == texts{"text"});
  CHECK(completions(*this, {"score", "--items", "scr"}) == texts{"script"});
  CHECK(completions(*this, {"workflow", "plan", "scr"}) == texts{"script"});
  CHECK(completions(*this, {"workflow", "plan", "--inp"}) == texts{"--input"});
}

TEST_CASE_METHOD(fixture, "every shell learns every command and flag") {
  const auto commands = commands_in(run({"--help"}).out);
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto result = run({"completion", shell});
    CAPTURE(shell);
    CHECK(result.exit_code == 0);
    for (const auto& command : commands)
      CHECK(has(result.out, command));
    for (const auto* flag : {"on-bad-item", "shutdown-timeout", "seed"})
      CHECK(has(result.out, flag));
  }
  folder.write("script", run({"completion", "bash"}).out);
  auto check = program_run{};
  check.folder = folder.path();
  check.arguments = {"-n", "script"};
  CHECK(run_command("bash", check).exit_code == 0);
}

TEST_CASE_METHOD(fixture, "the version goes to standard output") {
  const auto result = run({"--version"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.starts_with("troupe "));
}
