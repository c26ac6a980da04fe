#include "tools/cli/completion.hpp"

#include "tools/cli/usage.hpp"

#include <string_view>
#include <vector>

namespace troupe::tools {

namespace {

/// What follows an option.
enum class operand { none, text, choice, file, folder };

struct described {
  std::string name;
  std::string purpose;
};

struct completed_option {
  described what; ///< The name with its dashes.
  operand takes = operand::none;
  std::vector<std::string> choices;
};

/// One command with everything that may follow it.
struct completed_command {
  std::vector<std::string> path; ///< {"troupe", "score"}
  std::vector<described> commands;
  std::vector<completed_option> options; ///< Also those of its parents.
  bool takes_file = false; ///< By its place, not by an option.
};

operand operand_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0)
    return operand::none;
  if (!choices_of(option).empty())
    return operand::choice;
  const auto type = option.get_type_name();
  if (type == "FILE")
    return operand::file;
  return type == "FOLDER" ? operand::folder : operand::text;
}

void add_options(const CLI::App& app, completed_command& to) {
  const auto is_parent = app.get_name() != to.path.back();
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      // A command has a help of its own; the version is the program's.
      if (!is_parent || (name != "help" && name != "version"))
        to.options.push_back({{"--" + name, option->get_description()},
                              operand_of(*option),
                              choices_of(*option)});
}

void collect(const CLI::App& app, std::vector<std::string> path,
             std::vector<completed_command>& to) {
  path.push_back(app.get_name());
  auto command = completed_command{};
  command.path = path;
  for (const auto* at = &app; at != nullptr; at = at->get_parent())
    add_options(*at, command);
  for (const auto* option : app.get_options())
    if (option->get_positional() && operand_of(*option) == operand::file)
      command.takes_file = true;
  const auto children = app.get_subcommands({});
  for (const auto* child : children)
    command.commands.push_back({child->get_name(), child->get_description()});
  to.push_back(std::move(command));
  for (const auto* child : children)
    collect(*child, path, to);
}

std::string join(const std::vector<std::string>& parts) {
  auto text = std::string{};
  for (const auto& part : parts)
    text += (text.empty() ? "" : " ") + part;
  return text;
}

/// In single quotes, as all three shells read them.
std::string quoted(std::string_view text, std::string_view quote_inside) {
  auto result = std::string{"'"};
  for (const auto c : text) {
    if (c == '\'')
      result += quote_inside;
    else
      result += c;
  }
  return result + "'";
}

/// The part that bash and zsh share: finds the command that is being typed.
std::string command_search(const std::vector<completed_command>& commands,
                           std::string_view word) {
  auto text
    = std::string{"    case \"$command "} + std::string{word} + "\" in\n";
  for (const auto& command : commands)
    if (command.path.size() > 1)
      text += "      \"" + join(command.path) + "\") command=\""
              + join(command.path) + "\" ;;\n";
  return text + "    esac\n";
}

std::string bash_operand(const completed_option& option) {
  switch (option.takes) {
    case operand::none:
      return {};
    case operand::text:
      return "return";
    case operand::choice:
      return "_troupe_offer -W \"" + join(option.choices) + "\"; return";
    case operand::file:
      return "compopt -o filenames 2>/dev/null; _troupe_offer -f; return";
    case operand::folder:
      return "compopt -o filenames 2>/dev/null; _troupe_offer -d; return";
  }
  return {};
}

/// What comes before the offer of words where a file may stand.
constexpr auto bash_file_offer
  = "if [[ $word != -* ]]; then compopt -o filenames 2>/dev/null; "
    "_troupe_offer -f; return; fi; ";

std::string bash_script(const std::vector<completed_command>& commands) {
  auto text = std::string{
    "# Completions of troupe for bash; in ~/.bashrc:\n"
    "#   source <(troupe completion bash)\n"
    "_troupe_offer() {\n"
    "  mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$word\")\n"
    "}\n\n"
    "_troupe() {\n"
    "  local word=${COMP_WORDS[COMP_CWORD]} last=$((COMP_CWORD - 1))\n"
    "  local command=troupe before i\n"
    "  COMPREPLY=()\n"
    "  # bash makes three words of --option=value.\n"
    "  if [[ $word == = ]]; then\n"
    "    word=\n"
    "  elif [[ ${COMP_WORDS[last]} == = ]]; then\n"
    "    last=$((last - 1))\n"
    "  fi\n"
    "  before=${COMP_WORDS[last]}\n"
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"};
  text += command_search(commands, "${COMP_WORDS[i]}");
  text += "  done\n  case \"$command $before\" in\n";
  for (const auto& command : commands)
    for (const auto& option : command.options)
      if (option.takes != operand::none)
        text += "    \"" + join(command.path) + " " + option.what.name + "\") "
                + bash_operand(option) + " ;;\n";
  text += "  esac\n  case \"$command\" in\n";
  for (const auto& command : commands) {
    auto words = std::vector<std::string>{};
    for (const auto& child : command.commands)
      words.push_back(child.name);
    for (const auto& option : command.options)
      words.push_back(option.what.name);
    text += "    \"" + join(command.path) + "\") "
            + (command.takes_file ? bash_file_offer : "")
            + "_troupe_offer -W \"" + join(words) + "\" ;;\n";
  }
  return text + "  esac\n}\n\ncomplete -F _troupe troupe\n";
}

/// 'name:purpose', with the colons of the purpose escaped.
std::string zsh_described(const described& what) {
  auto text = what.name + ":";
  for (const auto c : what.purpose) {
    if (c == ':')
      text += '\\';
    text += c;
  }
  return quoted(text, "'\\''");
}

std::string zsh_operand(const completed_option& option) {
  switch (option.takes) {
    case operand::none:
      return {};
    case operand::text:
      return "_message value; return";
    case operand::choice:
      return "compadd -- " + join(option.choices) + "; return";
    case operand::file:
      return "_files; return";
    case operand::folder:
      return "_files -/; return";
  }
  return {};
}

std::string zsh_script(const std::vector<completed_command>& commands) {
  auto text = std::string{
    "#compdef troupe\n"
    "# Completions of troupe for zsh; in ~/.zshrc, after compinit:\n"
    "#   source <(troupe completion zsh)\n"
    "_troupe() {\n"
    "  local command=troupe files= i\n"
    "  local -a offers\n"
    "  for ((i = 2; i < CURRENT; i++)); do\n"};
  text += command_search(commands, "${words[i]}");
  text += "  done\n  case \"$command ${words[CURRENT-1]}\" in\n";
  for (const auto& command : commands)
    for (const auto& option : command.options)
      if (option.takes != operand::none)
        text += "    \"" + join(command.path) + " " + option.what.name + "\") "
                + zsh_operand(option) + " ;;\n";
  text += "  esac\n  case \"$command\" in\n";
  for (const auto& command : commands) {
    text += "    \"" + join(command.path) + "\") offers=(\n";
    for (const auto& child : command.commands)
      text += "      " + zsh_described(child) + "\n";
    for (const auto& option : command.options)
      text += "      " + zsh_described(option.what) + "\n";
    text += command.takes_file ? "    ); files=yes ;;\n" : "    ) ;;\n";
  }
  return text
         + "  esac\n"
           "  _describe 'troupe' offers\n"
           "  if [[ -n $files ]]; then _files; fi\n"
           "}\n\n"
           "if [[ $funcstack[1] == _troupe ]]; then\n"
           "  _troupe \"$@\"\n"
           "else\n"
           "  compdef _troupe troupe\n"
           "fi\n";
}

std::string fish_condition(const completed_command& command) {
  if (command.path.size() == 1)
    return "__fish_use_subcommand";
  auto text = std::string{};
  for (std::size_t i = 1; i < command.path.size(); ++i)
    text += (i == 1 ? "" : "; and ")
            + ("__fish_seen_subcommand_from " + command.path[i]);
  auto children = std::vector<std::string>{};
  for (const auto& child : command.commands)
    children.push_back(child.name);
  if (!children.empty())
    text += "; and not __fish_seen_subcommand_from " + join(children);
  return text;
}

std::string fish_operand(const completed_option& option) {
  switch (option.takes) {
    case operand::none:
      return " -f";
    case operand::text:
      return " -x";
    case operand::choice:
      return " -x -a " + quoted(join(option.choices), "\\'");
    case operand::file:
      return " -r -F";
    case operand::folder:
      return " -x -a '(__fish_complete_directories)'";
  }
  return {};
}

std::string fish_script(const std::vector<completed_command>& commands) {
  auto text = std::string{
    "# Completions of troupe for fish; in ~/.config/fish/config.fish:\n"
    "#   troupe completion fish | source\n"};
  for (const auto& command : commands) {
    const auto begin
      = "complete -c troupe -n " + quoted(fish_condition(command), "\\'");
    for (const auto& child : command.commands)
      text += begin + " -f -a " + child.name + " -d "
              + quoted(child.purpose, "\\'") + "\n";
    if (command.takes_file)
      text += begin + " -F\n";
    for (const auto& option : command.options)
      text += begin + " -l " + option.what.name.substr(2) + fish_operand(option)
              + " -d " + quoted(option.what.purpose, "\\'") + "\n";
  }
  return text;
}

} // namespace

std::string completion_script(const CLI::App& app, shell kind) {
  auto commands = std::vector<completed_command>{};
  collect(app, {}, commands);
  switch (kind) {
    case shell::bash:
      return bash_script(commands);
    case shell::zsh:
      return zsh_script(commands);
    case shell::fish:
      return fish_script(commands);
  }
  return {};
}

} // namespace troupe::tools
