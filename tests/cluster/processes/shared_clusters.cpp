#include "tests/cluster/processes/shared_clusters.hpp"

#include "tests/cluster/processes/lease_audit.hpp"
#include "tests/cluster/processes/namespace_network.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>

namespace troupe::tests {

process_cluster& whole_cluster() {
  static auto is_audited = false;
  static auto cluster = process_cluster{};
  cluster.heal();
  if (!std::exchange(is_audited, true))
    begin_audit(cluster);
  return cluster;
}

process_cluster* disturbable_cluster() {
  static auto why_not = std::string{};
  static auto is_audited = false;
  static const auto cluster = [] {
    auto network
      = namespace_network::create(process_cluster::host_names(), why_not);
    return network ? std::make_unique<process_cluster>(std::move(network))
                   : nullptr;
  }();
  if (!cluster) {
    WARN("skipped, as no network can be made here: " << why_not);
    return nullptr;
  }
  cluster->heal();
  if (!std::exchange(is_audited, true))
    begin_audit(*cluster);
  return cluster.get();
}

} // namespace troupe::tests
