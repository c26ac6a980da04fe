#include "actors/engine/engine_client.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/server_connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

constexpr auto tree_examples = R"(Examples:
  troupe tree
  troupe tree --output json

Who runs in the server of the store, below whom: state, restarts, messages that
wait (only supervisors know) and why the last instance ended.)";

std::string_view state_of(const messages::Tree& node) {
  switch (node.state()) {
    case messages::Tree::STATE_RUNNING:
      return "running";
    case messages::Tree::STATE_RESTARTING:
      return "restarting";
    case messages::Tree::STATE_STOPPING:
      return "stopping";
    case messages::Tree::STATE_STOPPED:
      return "stopped";
    default:
      return "unknown";
  }
}

json to_json(const messages::Tree& node) {
  auto to = json{{"name", node.id()},
                 {"state", state_of(node)},
                 {"restarts", node.restarts()}};
  if (node.has_mailbox_size())
    to["mailbox"] = node.mailbox_size();
  if (!node.last_error().empty())
    to["last_error"] = node.last_error();
  auto children = json::array();
  for (const auto& child : node.children())
    children.push_back(to_json(child));
  to["children"] = std::move(children);
  return to;
}

std::string describe(const messages::Tree& node) {
  auto text = node.id() + "  " + std::string{state_of(node)};
  if (node.restarts() != 0)
    text += ", " + std::to_string(node.restarts()) + " restarts";
  if (node.has_mailbox_size())
    text += ", " + std::to_string(node.mailbox_size()) + " messages wait";
  if (!node.last_error().empty())
    text += ", last error: " + node.last_error();
  return text + "\n";
}

/// The lines of everybody below, each behind what is drawn to its left.
void draw_children(const messages::Tree& node, const std::string& indent,
                   std::string& text) {
  for (auto i = 0; i < node.children_size(); ++i) {
    const auto is_last = i + 1 == node.children_size();
    text += indent + (is_last ? "`- " : "|- ") + describe(node.children(i));
    draw_children(node.children(i), indent + (is_last ? "   " : "|  "), text);
  }
}

int show(const invocation& with) {
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  const auto tree = client->tree();
  if (!tree)
    return report(tree.error(), with.output);
  if (with.output != output_format::text) {
    print_json(to_json(*tree));
    return 0;
  }
  auto text = describe(*tree);
  draw_children(*tree, {}, text);
  std::fputs(text.c_str(), stdout);
  return 0;
}

} // namespace

void add_tree_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "tree", "Show who runs in the server of the store, as a tree");
  app->footer(tree_examples);
  app->callback([&line] { line.chosen = show; });
}

} // namespace troupe::tools
