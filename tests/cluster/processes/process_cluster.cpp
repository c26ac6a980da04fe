#include "tests/cluster/processes/process_cluster.hpp"

#include "actors/engine/run_check.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

namespace troupe::tests {

using namespace std::chrono_literals;
using engine::engine_client;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto node_names = std::array{"a", "b", "v", "w"};
constexpr auto coordinator_names = std::array{"a", "b"};
constexpr auto database_host = "db";
/// The workers, and the leader for what needs its store.
constexpr auto host_count = 3U;
/// Between two looks at processes, which tell nobody.
constexpr auto pause = 20ms;
constexpr auto long_patience = 60s;
/// For what a node knows by itself.
constexpr auto answer_patience = 2s;

/// Ports that nobody has: all are held until all are known.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  auto sockets = std::vector<int>{};
  auto ports = std::vector<std::uint16_t>{};
  for (auto i = std::size_t{0}; i < count; ++i) {
    const auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = sockaddr_in{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* at = reinterpret_cast<sockaddr*>(&address);
    auto size = socklen_t{sizeof(address)};
    if (::bind(socket, at, size) != 0 || ::getsockname(socket, at, &size) != 0)
      throw std::runtime_error{"no free port"};
    sockets.push_back(socket);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const auto socket : sockets)
    ::close(socket);
  return ports;
}

void run_to_end(const std::vector<std::string>& arguments,
                const std::filesystem::path& output) {
  auto run = program{arguments, output};
  if (run.wait() != 0)
    throw std::runtime_error{run.output()};
}

bool is_coordinator_name(const std::string& node) {
  return std::ranges::find(coordinator_names, node) != coordinator_names.end();
}

postgres_server make_database(const namespace_network* network) {
  const auto there = namespace_network::visit{network, database_host};
  return postgres_server{network == nullptr ? ""
                                            : network->address(database_host)};
}

} // namespace

std::vector<std::string> process_cluster::host_names() {
  auto names = std::vector<std::string>{node_names.begin(), node_names.end()};
  names.emplace_back(database_host);
  return names;
}

process_cluster::process_cluster(std::unique_ptr<namespace_network> network)
  : network_{std::move(network)}, database_{make_database(network_.get())} {
  run_to_end({"cluster", "init", "--nodes", "a,b,v,w", "--dir",
              (folder_ / "certs").string()},
             folder_ / "init.txt");
  if (network_) {
    store_of_nodes_
      = "postgresql://troupe@" + network_->address(database_host) + "/postgres";
    for (const std::string node : node_names)
      addresses_[node] = network_->address(node) + ":4710";
  } else {
    const auto count = node_names.size();
    const auto ports = free_ports(2 * count);
    for (auto i = std::size_t{0}; i < count; ++i) {
      addresses_[node_names[i]] = "127.0.0.1:" + std::to_string(ports[i]);
      http_[node_names[i]] = "127.0.0.1:" + std::to_string(ports[count + i]);
    }
  }
  for (const std::string node : node_names)
    write_config(node, is_coordinator_name(node));
}

void process_cluster::write_config(const std::string& node,
                                   bool is_coordinator) {
  auto text = "apiVersion: troupe/v1\nkind: Node\nname: " + node + "\nroles: ["
              + (is_coordinator ? "coordinator" : "worker")
              + "]\nlisten: " + addresses_[node]
              + "\ncertificates: certs\ndata: " + node + "\njobs: 8\npeers:\n";
  for (const auto& [name, address] : addresses_)
    if (name != node)
      text += "  " + name + ": " + address + "\n";
  if (is_coordinator)
    text += "store: " + store_of_nodes_ + "\n";
  if (const auto http = http_.find(node); http != http_.end())
    text += "http: " + http->second + "\n";
  folder_.write(node + ".yaml", text);
}

std::string process_cluster::socket(const std::string& node) const {
  return (folder_ / node / "node.sock").string();
}

std::string process_cluster::config(const std::string& node) const {
  return (folder_ / (node + ".yaml")).string();
}

void process_cluster::start(const std::string& node) {
  const auto name = std::to_string(++starts_) + "-" + node + ".log";
  frozen_[node] = false;
  const auto there = namespace_network::visit{network_.get(), node};
  nodes_[node].emplace(std::vector<std::string>{"node", "--config",
                                                config(node), "--log-level",
                                                "info"},
                       folder_ / name);
}

program& process_cluster::process(const std::string& node) {
  return nodes_.at(node).value();
}

void process_cluster::send(const std::string& node, int signal) {
  frozen_[node] = signal == SIGSTOP;
  process(node).send(signal);
}

void process_cluster::kill(const std::string& node) {
  process(node).send(SIGKILL);
  process(node).wait();
  nodes_[node].reset();
}

int process_cluster::stop(const std::string& node) {
  process(node).send(SIGTERM);
  const auto code = process(node).wait();
  nodes_[node].reset();
  return code;
}

void process_cluster::start_database() const {
  const auto there = namespace_network::visit{network_.get(), database_host};
  database_.start();
}

bool process_cluster::is_running(const std::string& node) const {
  const auto found = nodes_.find(node);
  return found != nodes_.end() && found->second && found->second->is_running();
}

bool process_cluster::is_frozen(const std::string& node) const {
  const auto found = frozen_.find(node);
  return found != frozen_.end() && found->second;
}

std::string process_cluster::logs() const {
  constexpr auto bytes_max = std::size_t{4'000};
  auto text = std::string{};
  for (const auto& [name, node] : nodes_)
    if (const auto seen = status(name))
      text += "\n== as " + name + " sees it\n" + seen->ShortDebugString();
  for (const auto& [name, node] : nodes_)
    if (node) {
      const auto all = node->output();
      text += "\n== " + name + "\n"
              + all.substr(all.size() - std::min(all.size(), bytes_max));
    }
  return text;
}

std::optional<messages::EngineAnswer>
process_cluster::ask(const std::string& node, messages::EngineCall what,
                     milliseconds patience) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || !found->second || is_frozen(node))
    return std::nullopt;
  auto client = engine_client::connect(socket(node));
  if (!client)
    return std::nullopt;
  client->ask(std::move(what));
  auto answer = client->receive(patience);
  if (!answer)
    return std::nullopt;
  return std::move(*answer);
}

std::optional<messages::ClusterStatus>
process_cluster::status(const std::string& node) const {
  auto question = messages::EngineCall{};
  question.mutable_cluster();
  const auto answer = ask(node, std::move(question), answer_patience);
  if (!answer || !answer->has_cluster())
    return std::nullopt;
  return answer->cluster();
}

std::string process_cluster::leader() const {
  auto leader = std::string{};
  for (const std::string node : coordinator_names) {
    const auto seen = status(node);
    if (!seen)
      continue;
    if (seen->leader().empty() || (!leader.empty() && leader != seen->leader()))
      return {};
    leader = seen->leader();
  }
  // One that is gone is the leader until its lease is over.
  return leader.empty() || !status(leader) ? std::string{} : leader;
}

std::string process_cluster::state_of(const std::string& of,
                                      const std::string& seen_by) const {
  const auto seen = status(seen_by);
  if (seen)
    for (const auto& each : seen->nodes())
      if (each.name() == of)
        return each.state();
  return {};
}

process_cluster::milliseconds
process_cluster::await(const std::string& what,
                       const std::function<bool()>& holds,
                       milliseconds patience) const {
  const auto begun = steady::now();
  while (!holds()) {
    if (steady::now() - begun > patience)
      FAIL("it did not come about that " + what + logs());
    std::this_thread::sleep_for(pause);
  }
  return std::chrono::duration_cast<milliseconds>(steady::now() - begun);
}

bool process_cluster::is_of_one_mind() const {
  auto leaders = std::set<std::string>{};
  auto epochs = std::set<std::uint64_t>{};
  for (const std::string seen_by : node_names) {
    const auto seen = status(seen_by);
    if (!seen || seen->leader().empty())
      return false;
    const auto alive = std::ranges::count_if(
      seen->nodes(), [](const auto& node) { return node.state() == "alive"; });
    if (static_cast<std::size_t>(alive) != node_names.size())
      return false;
    leaders.insert(seen->leader());
    epochs.insert(seen->epoch());
  }
  return leaders.size() == 1 && epochs.size() == 1;
}

bool process_cluster::is_healthy() const {
  if (!is_of_one_mind())
    return false;
  const auto leads = leader();
  if (leads.empty())
    return false;
  auto question = messages::EngineCall{};
  question.mutable_status();
  const auto answer = ask(leads, std::move(question), answer_patience);
  return answer && answer->has_status()
         && answer->status().hosts() == host_count;
}

void process_cluster::heal() {
  if (network_)
    network_->heal();
  for (const std::string node : node_names) {
    if (frozen_[node])
      send(node, SIGCONT);
    if (!nodes_[node])
      start(node);
  }
  await(
    "all nodes are well", [&] { return is_healthy(); }, long_patience);
}

std::string process_cluster::submit(const std::string& workflow,
                                    const std::string& key,
                                    const std::string& first_node) {
  constexpr auto patience = 5s;
  auto order = std::vector<std::string>{first_node};
  for (const std::string node : node_names)
    if (node != first_node)
      order.push_back(node);
  auto run = std::optional<std::string>{};
  // Whoever is not told that it is stored asks again, with the same key.
  await(
    "somebody accepts the run " + key,
    [&] {
      for (const auto& node : order)
        if (!run)
          run = try_to_submit(workflow, key, node, patience);
      return run.has_value();
    },
    long_patience);
  return *run;
}

std::optional<std::string>
process_cluster::try_to_submit(const std::string& workflow,
                               const std::string& key, const std::string& node,
                               milliseconds patience) const {
  auto question = messages::EngineCall{};
  auto& wanted = *question.mutable_submit();
  wanted.set_workflow_text(workflow);
  wanted.set_idempotency_key(key);
  wanted.set_by("tests");
  const auto answer = ask(node, std::move(question), patience);
  if (!answer || !answer->has_accepted())
    return std::nullopt;
  return answer->accepted().run_id();
}

std::optional<messages::RunResult>
process_cluster::try_to_await(const std::string& run) const {
  constexpr auto patience = 500ms;
  for (const std::string node : node_names) {
    auto question = messages::EngineCall{};
    question.mutable_await()->set_run_id(run);
    const auto answer = ask(node, std::move(question), patience);
    if (answer && answer->has_result())
      return answer->result();
  }
  return std::nullopt;
}

ended_runs process_cluster::await(const std::vector<std::string>& runs) const {
  auto ended = ended_runs{};
  for (const auto& run : runs) {
    auto result = std::optional<messages::RunResult>{};
    await(
      "the run " + run + " ends",
      [&] {
        result = try_to_await(run);
        return result.has_value();
      },
      long_patience);
    if (result->status() == "completed") {
      ++ended.completed;
    } else {
      ++ended.others;
      ended.why = run + " " + result->status() + ": " + result->reason();
    }
  }
  return ended;
}

std::string process_cluster::doctor() const {
  auto text = std::string{};
  for (const auto& reason : engine::check_runs(store_).problems)
    text += runtime::render(reason) + "\n";
  return text;
}

} // namespace troupe::tests
