#include "tools/cli/bench_cluster.hpp"

#include "cluster/certificates/certificate_files.hpp"
#include "runtime/clock.hpp"
#include "runtime/file_descriptor.hpp"
#include "tools/cli/bench_jobs.hpp"
#include "tools/cli/cluster_command.hpp"

#include <arpa/inet.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace troupe::tools {

namespace fs = std::filesystem;

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

/// A port of this machine that nobody has at the moment.
std::uint16_t free_port() {
  const auto socket = runtime::file_descriptor{
    ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto length = socklen_t{sizeof(address)};
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), any, length) != 0
      || ::getsockname(socket.get(), any, &length) != 0)
    return 0;
  return ntohs(address.sin_port);
}

std::string name_of(std::size_t node) {
  return "n" + std::to_string(node);
}

std::size_t alive(const messages::ClusterStatus& nodes) {
  return static_cast<std::size_t>(std::ranges::count_if(
    nodes.nodes(), [](const auto& each) { return each.state() == "alive"; }));
}

} // namespace

outcome<std::unique_ptr<bench_cluster>>
bench_cluster::start(bench_cluster_options options) {
  auto made
    = std::unique_ptr<bench_cluster>{new bench_cluster{std::move(options)}};
  if (auto done = made->make_certificates(); !done)
    return fail(done.error());
  if (auto done = made->start_nodes(); !done)
    return fail(done.error());
  if (auto done = made->await_workers(); !done)
    return fail(done.error());
  return made;
}

bench_cluster::~bench_cluster() {
  client_.reset();
  // Workers wait for a leader that is gone, so it goes last.
  while (!nodes_.empty())
    nodes_.pop_back();
  auto ignored = std::error_code{};
  fs::remove_all(options_.folder, ignored);
}

outcome<void> bench_cluster::make_certificates() {
  auto request = cluster::cluster_certificates_request{};
  request.folder = options_.folder + "/certs";
  for (std::size_t i = 0; i <= options_.workers; ++i)
    request.nodes.push_back(name_of(i));
  request.now
    = std::chrono::floor<std::chrono::seconds>(runtime::real_clock{}.now());
  const auto made = cluster::write_cluster_certificates(request, draw_serial);
  return made ? outcome<void>{} : fail(made.error());
}

/// Workers know where the coordinator is, and dial it.
outcome<void> bench_cluster::start_nodes() {
  const auto coordinator = "127.0.0.1:" + std::to_string(free_port());
  for (std::size_t i = 0; i <= options_.workers; ++i) {
    auto file = json{{"apiVersion", "troupe/v1"},
                     {"kind", "Node"},
                     {"name", name_of(i)},
                     {"roles", {i == 0 ? "coordinator" : "worker"}},
                     {"listen", i == 0 ? coordinator : "127.0.0.1:0"},
                     {"certificates", "certs"},
                     {"data", name_of(i)},
                     {"jobs", options_.places}};
    if (i == 0)
      file["store"] = options_.store;
    else
      file["peers"][name_of(0)] = coordinator;
    const auto path = options_.folder + "/" + name_of(i) + ".yaml";
    std::ofstream{path} << file.dump();
    if (i == 0 && options_.lead) {
      if (auto leads = options_.lead(path); !leads)
        return leads;
      continue;
    }
    auto started
      = bench_process::start({"node", "--config", path, "--pending", "1000000",
                              "--workers", std::to_string(options_.slots)});
    if (!started)
      return fail(started.error());
    nodes_.push_back(std::move(*started));
  }
  return {};
}

outcome<void> bench_cluster::await_workers() {
  constexpr auto tries_max = 6'000;
  for (auto i = 0; i < tries_max; ++i, std::this_thread::sleep_for(5ms)) {
    if (!client_) {
      auto client = engine::engine_client::connect(options_.folder + "/"
                                                   + name_of(0) + "/node.sock");
      if (!client)
        continue;
      client_ = std::make_unique<engine::engine_client>(std::move(*client));
    }
    const auto status = client_->status();
    const auto nodes = client_->cluster();
    // The coordinator has a host of its own, and is one of the nodes.
    if (status && status->hosts() > options_.workers && nodes
        && alive(*nodes) > options_.workers)
      return {};
  }
  return fail(problem_kind::timeout, "the nodes did not find each other");
}

outcome<void> bench_cluster::drain() {
  return await_all_runs(*client_);
}

double bench_cluster::coordinator_cpu_seconds() const {
  return nodes_.front().cpu_seconds();
}

double bench_cluster::worker_cpu_seconds() const {
  auto sum = 0.0;
  for (std::size_t i = options_.lead ? 0 : 1; i < nodes_.size(); ++i)
    sum += nodes_[i].cpu_seconds();
  return sum;
}

double bench_cluster::pss_mib() const {
  auto sum = 0.0;
  for (const auto& node : nodes_)
    sum += node.pss_mib();
  return sum;
}

double bench_cluster::rss_mib_max() const {
  auto most = 0.0;
  for (const auto& node : nodes_)
    most = std::max(most, node.rss_mib());
  return most;
}

} // namespace troupe::tools
