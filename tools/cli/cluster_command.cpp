#include "tools/cli/cluster_command.hpp"

#include "cluster/certificates/certificate_files.hpp"
#include "runtime/clock.hpp"
#include "tools/cli/invocation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace troupe::tools {

namespace {

constexpr auto cluster_examples = R"(Examples:
  troupe cluster init --nodes a,b,c --dir certs
  troupe cluster revoke b --dir certs
  troupe cluster status --socket data/a/node.sock
  troupe cluster top --socket data/a/node.sock
  troupe cluster drain b --socket data/a/node.sock

All but init and revoke ask a node, over the socket in its data folder (--socket, or
TROUPE_SERVER_SOCKET).)";

constexpr auto cluster_init_examples = R"(Examples:
  troupe cluster init --nodes a,b,c --dir certs
  troupe cluster init --nodes d --dir certs --days 90
  troupe cluster init --nodes a --dir certs --replace

The first call makes an authority, ca.pem and ca.key; later calls use it. Each
node gets ca.pem, NODE.pem and NODE.key (and crl.pem, once there is one) and
nothing else: whoever has ca.key can make nodes. Keep it where no node runs.
Nodes that run use files that are replaced after a few seconds.)";

constexpr auto cluster_revoke_examples = R"(Examples:
  troupe cluster revoke b --dir certs
  openssl crl -in certs/crl.pem -noout -text

Adds all certificates of the node so far to the list of the authority, crl.pem.
Copy the list to the certificates of all nodes: those that run read it within
seconds, end their links to that node and refuse it from then on. For one that
counts again: troupe cluster init --nodes b --dir certs --replace, afterwards.)";

struct cluster_init_flags {
  std::vector<std::string> nodes;
  std::string folder;
  int days = 365;
  bool replace = false;
};

void print_certificates(const cluster::cluster_certificates& made) {
  std::printf("%s the authority %s\n", made.is_new_authority ? "made" : "used",
              made.authority.c_str());
  for (const auto& [node, paths] : made.nodes)
    std::printf("made %s and its key for node %s\n", paths.certificate.c_str(),
                node.c_str());
  std::printf("valid until %s; keep %s where no node runs\n",
              runtime::to_string(made.until).c_str(),
              made.authority_key.c_str());
}

void print_certificates_json(const cluster::cluster_certificates& made) {
  auto nodes = nlohmann::ordered_json::array();
  for (const auto& [node, paths] : made.nodes)
    nodes.push_back(
      {{"name", node}, {"certificate", paths.certificate}, {"key", paths.key}});
  print_json({{"authority", made.authority},
              {"authority_key", made.authority_key},
              {"new_authority", made.is_new_authority},
              {"until", runtime::to_string(made.until)},
              {"nodes", nodes}});
}

int init_cluster(const cluster_init_flags& flags, const invocation& with) {
  auto request = cluster::cluster_certificates_request{};
  request.folder = flags.folder;
  request.nodes = flags.nodes;
  request.now
    = std::chrono::floor<std::chrono::seconds>(runtime::real_clock{}.now());
  request.valid = std::chrono::days{flags.days};
  request.existing = flags.replace ? cluster::existing_file::replaced
                                   : cluster::existing_file::kept;
  const auto made = cluster::write_cluster_certificates(request, draw_serial);
  if (!made)
    return report(made.error(), with.output);
  if (with.output == output_format::text)
    print_certificates(*made);
  else
    print_certificates_json(*made);
  return 0;
}

void add_init(CLI::App& parent, command_line& line) {
  constexpr auto days_max = 3650;
  const auto flags = std::make_shared<cluster_init_flags>();
  auto* app = parent.add_subcommand(
    "init", "Make the certificates that nodes prove their names with");
  app->footer(cluster_init_examples);
  app->add_option("--nodes", flags->nodes, "Names of the nodes")
    ->delimiter(',')
    ->required()
    ->type_name("NAME,...");
  app->add_option("--dir", flags->folder, "Folder for the files")
    ->required()
    ->type_name("FOLDER");
  app->add_option("--days", flags->days, "How long they are valid")
    ->check(CLI::Range(1, days_max))
    ->type_name("NUMBER")
    ->capture_default_str();
  app->add_flag("--replace", flags->replace,
                "Replace certificates and keys of nodes that are there");
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return init_cluster(*flags, with); };
  });
}

struct cluster_revoke_flags {
  std::string node;
  std::string folder;
};

void print_revoked(const cluster::revoked_node& revoked) {
  for (const auto& serial : revoked.serials)
    std::printf("%s the certificate of node %s with serial number %s\n",
                revoked.was_revoked ? "had revoked" : "revoked",
                revoked.node.c_str(), serial.c_str());
  std::printf("copy %s to the certificates of all nodes\n",
              revoked.list.c_str());
}

int revoke_node(const cluster_revoke_flags& flags, const invocation& with) {
  const auto revoked = cluster::revoke_node(flags.folder, flags.node,
                                            runtime::real_clock{}.now());
  if (!revoked)
    return report(revoked.error(), with.output);
  if (with.output == output_format::text)
    print_revoked(*revoked);
  else
    print_json({{"node", revoked->node},
                {"serials", revoked->serials},
                {"list", revoked->list},
                {"revoked", revoked->count},
                {"new", !revoked->was_revoked}});
  return 0;
}

void add_revoke(CLI::App& parent, command_line& line) {
  const auto flags = std::make_shared<cluster_revoke_flags>();
  auto* app = parent.add_subcommand(
    "revoke", "Have nodes refuse the certificate of one of them");
  app->footer(cluster_revoke_examples);
  app->add_option("node", flags->node, "Its name")
    ->required()
    ->type_name("NODE");
  app->add_option("--dir", flags->folder, "Folder with ca.key and NODE.pem")
    ->required()
    ->type_name("FOLDER");
  app->callback([flags, &line] {
    line.chosen
      = [flags](const invocation& with) { return revoke_node(*flags, with); };
  });
}

} // namespace

std::array<std::uint8_t, 16> draw_serial() {
  auto device = std::random_device{};
  auto bytes = std::array<std::uint8_t, 16>{};
  std::ranges::generate(bytes,
                        [&] { return static_cast<std::uint8_t>(device()); });
  return bytes;
}

void add_cluster_command(command_line& line) {
  auto* app = line.app.add_subcommand("cluster", "Work with several nodes");
  app->footer(cluster_examples);
  app->require_subcommand(1);
  add_init(*app, line);
  add_revoke(*app, line);
  add_cluster_questions(*app, line);
  add_cluster_top(*app, line);
}

} // namespace troupe::tools
