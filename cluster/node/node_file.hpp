#pragma once

#include "actors/engine/worker_labels.hpp"
#include "cluster/leadership/lease_timing.hpp"
#include "cluster/membership/member.hpp"
#include "runtime/config/yaml_document.hpp"
#include "runtime/http/http_admission.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// Where a node listens.
struct node_address {
  std::string host; ///< A name or a number; an IPv6 address without brackets.
  std::uint16_t port = 0;

  friend bool operator==(const node_address&, const node_address&) = default;
};

/// Reads "10.0.0.1:7400", "db.internal:7400" or "[::1]:7400".
[[nodiscard]] runtime::outcome<node_address>
parse_node_address(std::string_view text);

/// What a node is told about itself and the others. Paths are relative to the
/// file's folder in the file, and whole here.
struct node_file {
  std::string name; ///< Of its certificate.
  node_roles roles;
  /// Its host is a number.
  node_address listen;
  /// The folder of ca.pem, NAME.pem and NAME.key; empty: links are plain, on
  /// this machine only.
  std::string certificates;
  /// The folder of what the node keeps for itself.
  std::string data;
  /// Of a coordinator; a file, where it is the only one, or an address of
  /// PostgreSQL.
  std::string store;
  /// Where programs of this machine ask over HTTP; absent: nowhere.
  std::optional<runtime::listen_address> http;
  std::map<std::string, node_address> peers; ///< By name.
  /// Activities at the same time, and "NAME=N" for what they share.
  std::size_t jobs = 16;
  std::vector<std::string> resources;
  /// What steps may ask of it by name.
  engine::worker_labels labels;
  /// How long a new leader waits for work that began under another one.
  std::chrono::milliseconds rebind_window{3'000};
  /// How long the lease of a coordinator is that leads (`timing_of`).
  std::chrono::milliseconds lease_length = lease_timing{}.length;
  /// How long a worker that is told to stop waits for what runs on it.
  std::chrono::milliseconds stop_grace{10'000};
};

/// Reads a document of kind Node; all problems at once, in order of the file,
/// each with its place. `folder`: where relative paths begin.
[[nodiscard]] tl::expected<node_file, std::vector<runtime::problem>>
parse_node_file(const runtime::yaml_value& document, const std::string& folder);

/// The same from a file.
[[nodiscard]] tl::expected<node_file, std::vector<runtime::problem>>
read_node_file(const std::string& path);

/// The keys of the document; tools/schema/node.schema.json says the same.
inline constexpr auto node_file_keys = std::to_array<std::string_view>(
  {"apiVersion", "kind", "name", "roles", "listen", "certificates", "data",
   "store", "http", "peers", "jobs", "resources", "labels", "rebind_window",
   "lease_length", "stop_grace"});

} // namespace troupe::cluster
