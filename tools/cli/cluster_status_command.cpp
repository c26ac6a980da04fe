#include "tools/cli/cluster_command.hpp"
#include "tools/cli/cluster_report.hpp"
#include "tools/cli/server_connection.hpp"
#include "tools/cli/text_table.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using json = nlohmann::ordered_json;

namespace {

using messages::ClusterStatus;

void print_nodes(const ClusterStatus& status) {
  auto table = text_table{};
  table.head = {"node", "state", "roles", "leads", "incarnation"};
  table.left_columns = 4;
  for (const auto& each : status.nodes())
    table.rows.push_back({each.name(), each.state(), roles_of(each),
                          each.name() == status.leader() ? "yes" : "",
                          std::to_string(each.incarnation())});
  std::fputs(render(table).c_str(), stdout);
}

int print_status(const ClusterStatus& status, const invocation& with) {
  if (with.output != output_format::text) {
    print_json(to_json(status));
    return 0;
  }
  std::printf("as node %s sees it%s:\n", status.node().c_str(),
              status.is_safe() ? "" : ", which did not get to run for a while");
  std::fputs(render_leader(status).c_str(), stdout);
  print_nodes(status);
  return 0;
}

int print_members(const ClusterStatus& status, const invocation& with) {
  if (with.output != output_format::text)
    print_json(nodes_json(status));
  else
    print_nodes(status);
  return 0;
}

int print_leading(const ClusterStatus& status, const invocation& with) {
  if (status.leader().empty())
    return report(
      runtime::fail(runtime::problem_kind::unavailable,
                    "nobody leads, as far as node " + status.node() + " knows")
        .value(),
      with.output);
  if (with.output != output_format::text)
    print_json(leader_json(status));
  else
    std::fputs(render_leader(status).c_str(), stdout);
  return 0;
}

using status_printer = int (*)(const ClusterStatus&, const invocation&);

void add_view(CLI::App& parent, command_line& line, const std::string& name,
              const std::string& purpose, status_printer print) {
  auto* app = parent.add_subcommand(name, purpose);
  app->footer("Examples:\n  troupe cluster " + name
              + " --socket data/a/node.sock");
  app->callback([print, &line] {
    line.chosen = [print](const invocation& with) {
      auto client = connect_server(with.settings);
      if (!client)
        return report(client.error(), with.output);
      const auto status = client->cluster();
      return status ? print(*status, with)
                    : report(status.error(), with.output);
    };
  });
}

int change(const messages::ChangeCluster& wanted, const std::string& done,
           const invocation& with) {
  auto client = connect_server(with.settings);
  if (!client)
    return report(client.error(), with.output);
  const auto changed = client->change(wanted);
  if (!changed)
    return report(changed.error(), with.output);
  if (with.output == output_format::text)
    std::puts(done.c_str());
  else
    print_json({{"done", done}});
  return 0;
}

struct node_change {
  std::string name;
  std::string purpose;
  std::string done; ///< Behind the node's name.
  void (messages::ChangeCluster::*set)(bool);
};

void add_change(CLI::App& parent, command_line& line, const node_change& what) {
  const auto node = std::make_shared<std::string>();
  auto* app = parent.add_subcommand(what.name, what.purpose);
  app->footer("Examples:\n  troupe cluster " + what.name
              + " b --socket data/a/node.sock");
  app->add_option("node", *node, "Name of the node")->required();
  app->callback([=, &line] {
    line.chosen = [=](const invocation& with) {
      auto wanted = messages::ChangeCluster{};
      wanted.set_node(*node);
      (wanted.*what.set)(true);
      return change(wanted, "node " + *node + " " + what.done, with);
    };
  });
}

void add_step_aside(CLI::App& parent, command_line& line) {
  constexpr auto seconds_max = 86'400;
  const auto seconds = std::make_shared<int>(30);
  auto* app = parent.add_subcommand(
    "step-aside", "Let another coordinator lead; asks the one that does");
  app->footer(
    "Examples:\n  troupe cluster step-aside --socket data/a/node.sock");
  app
    ->add_option("--seconds", *seconds,
                 "For so long it does not try to lead again")
    ->check(CLI::Range(1, seconds_max))
    ->capture_default_str();
  app->callback([seconds, &line] {
    line.chosen = [seconds](const invocation& with) {
      constexpr auto thousand = std::uint64_t{1'000};
      auto wanted = messages::ChangeCluster{};
      wanted.set_step_aside_ms(static_cast<std::uint64_t>(*seconds) * thousand);
      return change(wanted, "the node lets others lead", with);
    };
  });
}

} // namespace

void add_cluster_questions(CLI::App& parent, command_line& line) {
  using wanted = messages::ChangeCluster;
  add_view(parent, line, "status", "Show who leads, and all nodes",
           print_status);
  add_view(parent, line, "nodes", "Show all nodes", print_members);
  add_view(parent, line, "leader", "Show who leads; exit code 6 if nobody does",
           print_leading);
  add_change(parent, line,
             {"drain", "Let a node take nothing new", "takes nothing new",
              &wanted::set_drain});
  add_change(parent, line,
             {"undrain", "Let a node take work again", "takes work again",
              &wanted::set_undrain});
  add_change(parent, line,
             {"remove", "Say that a node that is dead is gone for good",
              "is removed", &wanted::set_remove});
  add_step_aside(parent, line);
}

} // namespace troupe::tools
