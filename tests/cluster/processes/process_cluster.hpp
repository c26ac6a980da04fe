#pragma once

#include "actors/engine/engine_client.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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
/// that share a PostgreSQL server of their own, on free ports.
class process_cluster {
public:
  using milliseconds = std::chrono::milliseconds;

  process_cluster();

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
  [[nodiscard]] std::string config(const std::string& node) const;
  /// What all nodes printed lately.
  [[nodiscard]] std::string logs() const;

  /// As the node sees it; nothing: it does not answer, or is frozen.
  [[nodiscard]] std::optional<messages::ClusterStatus>
  status(const std::string& node) const;

  /// Whoever says of itself that it leads and gets nothing else said of it by
  /// the other coordinator, unless that one is silent. Empty: nobody.
  [[nodiscard]] std::string leader() const;

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

  [[nodiscard]] const temporary_folder& folder() const noexcept {
    return folder_;
  }

private:
  void write_config(const std::string& node, bool is_coordinator);
  [[nodiscard]] bool is_healthy() const;

  temporary_folder folder_;
  postgres_server database_;
  std::string store_ = database_.address();
  std::map<std::string, std::uint16_t> ports_;
  std::map<std::string, std::optional<program>> nodes_;
  std::map<std::string, bool> frozen_;
  int starts_ = 0;
};

/// One for all tests, whole again.
[[nodiscard]] process_cluster& whole_cluster();

/// Steps that append their idempotency keys to a file.
class effect_ledger {
public:
  explicit effect_ledger(const process_cluster& of);

  /// A workflow of `steps` commands, one after the other, that take so long.
  [[nodiscard]] std::string workflow(int steps,
                                     std::chrono::milliseconds each = {}) const;

  /// Whether a step has begun as a child of that process.
  [[nodiscard]] bool has_begun_in(const program& node) const;

  /// How often each key was written.
  [[nodiscard]] std::map<std::string, int> effects() const;

  /// What was done more than once.
  [[nodiscard]] std::size_t repeated() const;

private:
  std::filesystem::path file_;
  std::filesystem::path begun_; ///< Whose children the commands were.
};

} // namespace troupe::tests
