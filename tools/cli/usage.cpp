#include "tools/cli/usage.hpp"

#include "runtime/config/spelling.hpp"

#include <algorithm>
#include <optional>

namespace troupe::tools {

namespace {

const CLI::App& deepest(const CLI::App& app) {
  const auto* at = &app;
  while (!at->get_subcommands().empty())
    at = at->get_subcommands().back();
  return *at;
}

/// The long names of all options that this place of the line knows.
std::vector<std::string> flag_names(const CLI::App& app) {
  auto names = std::vector<std::string>{};
  for (const auto* at = &app; at != nullptr; at = at->get_parent())
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames())
        names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  auto names = std::vector<std::string>{};
  for (const auto* command : app.get_subcommands({}))
    names.push_back(command->get_name());
  return names;
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& known) {
  const auto views = std::vector<std::string_view>{known.begin(), known.end()};
  const auto found = runtime::nearest_word(word, views);
  return found ? std::optional<std::string>{*found} : std::nullopt;
}

/// What nobody understood: the first flag, else the first word.
std::string first_unknown(const CLI::App& app,
                          const std::vector<std::string>& arguments) {
  const auto unknown = app.remaining(true);
  auto word = std::string{};
  for (const auto& argument : arguments) {
    if (std::find(unknown.begin(), unknown.end(), argument) == unknown.end())
      continue;
    if (argument.starts_with("-"))
      return argument;
    if (word.empty())
      word = argument;
  }
  return word;
}

void describe_unknown(const CLI::App& at, const std::string& unknown,
                      runtime::problem& reason) {
  if (unknown.starts_with("-")) {
    reason.key = unknown.substr(0, unknown.find('='));
    reason.message = "unknown flag " + reason.key;
    if (const auto like = nearest(reason.key, flag_names(at)))
      reason.hint = "did you mean " + *like + "?";
    return;
  }
  const auto commands = command_names(at);
  reason.key = unknown;
  reason.message
    = (commands.empty() ? "unexpected argument \"" : "unknown command \"")
      + unknown + "\"";
  if (const auto like = nearest(unknown, commands))
    reason.hint = "did you mean \"" + full_name(at) + " " + *like + "\"?";
}

/// The option that an error of CLI11 begins with: "--mode: x not in {...}".
const CLI::Option* find_option(const CLI::App& app, std::string_view text) {
  const auto name = std::string{text.substr(0, text.find_first_of(": "))};
  for (const auto* at = &app; at != nullptr; at = at->get_parent())
    if (const auto* option = at->get_option_no_throw(name))
      return option;
  return nullptr;
}

void describe_value(const CLI::App& at, std::string_view text,
                    runtime::problem& reason) {
  reason.message = text;
  const auto* option = find_option(at, text);
  if (option == nullptr)
    return;
  reason.key = option->get_name();
  if (const auto colon = text.find(": "); colon != std::string_view::npos)
    reason.message = text.substr(colon + 2);
  if (option->results().empty())
    reason.message = reason.key + " needs a value";
  if (option->results().size() > 1 && option->get_items_expected_max() == 1) {
    reason.message = "given more than once";
    reason.hint = "give " + reason.key + " only once";
    return;
  }
  const auto choices = choices_of(*option);
  if (choices.empty() || option->results().empty())
    return;
  const auto& given = option->results().back();
  reason.message = "\"" + given + "\" is none of the choices";
  reason.hint = runtime::spelling_hint(
    given, std::vector<std::string_view>{choices.begin(), choices.end()});
}

} // namespace

runtime::problem usage_problem(const CLI::App& app,
                               const CLI::ParseError& error,
                               const std::vector<std::string>& arguments) {
  const auto& at = deepest(app);
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  const auto unknown = first_unknown(app, arguments);
  const auto is_incomplete
    = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const auto is_extra
    = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (!unknown.empty() && (is_extra || is_incomplete))
    describe_unknown(at, unknown, reason);
  else if (is_incomplete && !command_names(at).empty())
    reason.message = "\"" + full_name(at) + "\" needs a command";
  else
    describe_value(at, error.what(), reason);
  if (reason.hint.empty())
    reason.hint = "see " + full_name(at) + " --help";
  return reason;
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos)
    return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

std::string full_name(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + app.get_name();
}

} // namespace troupe::tools
