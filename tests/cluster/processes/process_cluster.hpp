#pragma once

#include "actors/engine/engine_client.hpp"
#include "tests/cluster/processes/namespace_network.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/last_will.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tests {

/// What has become of the runs of a test.
struct ended_runs {
  std::size_t completed = 0;
  std::size_t others = 0; ///< Failed, or never ended.
  std::string why; ///< Of one of those.
};

/// Two coordinators "a", "b" and two workers "v", "w": processes of this build
/// that share a PostgreSQL server of their own; on free ports of this machine,
/// or each on a host of its own.
class process_cluster {
public:
  using milliseconds = std::chrono::milliseconds;

  process_cluster() : process_cluster{nullptr} {}
  /// The network has the hosts `host_names()`.
  explicit process_cluster(std::unique_ptr<namespace_network> network);
  /// The nodes, and "db" for the database.
  [[nodiscard]] static std::vector<std::string> host_names();

  /// Starts whoever does not run, undoes what a test did, and waits until all
  /// see all, somebody leads, and both workers pull.
  void heal();

  /// Nodes.
  void start(const std::string& node);
  void send(const std::string& node, int signal);
  /// SIGKILL, and it is gone.
  void kill(const std::string& node);
  /// SIGTERM; its exit code.
  int stop(const std::string& node);
  /// It has ended, and was waited for.
  void forget(const std::string& node) {
    nodes_[node].reset();
  }
  [[nodiscard]] program& process(const std::string& node);
  [[nodiscard]] std::string socket(const std::string& node) const;
  /// Where it takes HTTP requests; only without a network of its own.
  [[nodiscard]] std::string http_address(const std::string& node) const {
    return http_.at(node);
  }
  [[nodiscard]] std::string config(const std::string& node) const;
  /// What all nodes printed lately, and what they know.
  [[nodiscard]] std::string logs() const;
  [[nodiscard]] bool is_running(const std::string& node) const;
  [[nodiscard]] bool is_frozen(const std::string& node) const;

  /// As the node sees it; nothing: it does not answer, or is frozen.
  [[nodiscard]] std::optional<messages::ClusterStatus>
  status(const std::string& node) const;

  /// Whoever says of itself that it leads and gets nothing else said of it by
  /// the other coordinator, unless that one is silent. Empty: nobody.
  [[nodiscard]] std::string leader() const;

  /// All nodes see all alive and the same leader under the same epoch.
  [[nodiscard]] bool is_of_one_mind() const;

  /// How the node sees the other.
  [[nodiscard]] std::string state_of(const std::string& of,
                                     const std::string& seen_by) const;

  /// Looks again and again. How long it took; a failure after `patience`.
  milliseconds await(const std::string& what,
                     const std::function<bool()>& holds,
                     milliseconds patience = std::chrono::seconds{20}) const;

  /// Runs: stored once accepted, by whichever node answers; a key is given
  /// once.
  std::string submit(const std::string& workflow, const std::string& key,
                     const std::string& first_node = "a");
  /// Asks one node. Nothing: it has not said in time that it is stored.
  std::optional<std::string> try_to_submit(const std::string& workflow,
                                           const std::string& key,
                                           const std::string& node,
                                           milliseconds patience) const;
  /// Waits for all.
  [[nodiscard]] ended_runs await(const std::vector<std::string>& runs) const;

  /// What `troupe doctor` objects to; empty: nothing.
  [[nodiscard]] std::string doctor() const;

  [[nodiscard]] const std::string& store() const noexcept {
    return store_;
  }

  [[nodiscard]] const postgres_server& database() const noexcept {
    return database_;
  }

  /// After database().crash().
  void start_database() const;

  /// Only of a cluster that has one.
  [[nodiscard]] namespace_network& network() noexcept {
    return *network_;
  }

  [[nodiscard]] const temporary_folder& folder() const noexcept {
    return folder_;
  }

private:
  void write_config(const std::string& node, bool is_coordinator);
  [[nodiscard]] bool is_healthy() const;
  /// Nothing: it is frozen, gone, or does not answer in time.
  [[nodiscard]] std::optional<messages::EngineAnswer>
  ask(const std::string& node, messages::EngineCall what,
      milliseconds patience) const;
  /// Nothing: no node says that it has ended.
  [[nodiscard]] std::optional<messages::RunResult>
  try_to_await(const std::string& run) const;

  std::unique_ptr<namespace_network> network_;
  temporary_folder folder_;
  last_will will_{"rm -rf " + folder_.path().string()};
  postgres_server database_;
  std::string store_ = database_.address();
  std::string store_of_nodes_ = store_; ///< As they reach it.
  std::map<std::string, std::string> addresses_;
  std::map<std::string, std::string> http_;
  std::map<std::string, std::optional<program>> nodes_;
  std::map<std::string, bool> frozen_;
  int starts_ = 0;
};

} // namespace troupe::tests
