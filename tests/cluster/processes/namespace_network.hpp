#pragma once

#include "tests/cluster/processes/packet_switch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// Hosts of this machine that see each other through a `packet_switch` only:
/// a network namespace with a TUN device for each. They have no names and are
/// held by file descriptors, so that nothing is left of them however the
/// process ends.
class namespace_network {
public:
  /// Nothing, and why, where namespaces or devices may not be made.
  [[nodiscard]] static std::unique_ptr<namespace_network>
  create(const std::vector<std::string>& hosts, std::string& why_not);

  namespace_network(const namespace_network&) = delete;
  namespace_network& operator=(const namespace_network&) = delete;
  ~namespace_network();

  /// The calling thread is on a host, and so is what it starts, until the
  /// object goes. Without a network it stays where it is.
  class visit {
  public:
    visit(const namespace_network* network, const std::string& host);
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit();

  private:
    int home_ = -1;
  };

  [[nodiscard]] std::string address(const std::string& host) const;

  /// Of packets from one host to another, one way; other ways stay as they are.
  void set(const std::string& from, const std::string& to,
           const line_quality& quality);
  /// Both ways.
  void cut(const std::string& one, const std::string& other);
  /// From all others.
  void isolate(const std::string& host);
  /// The same for all, both ways.
  void set_all(const line_quality& quality);
  void heal() {
    set_all({});
  }

private:
  struct host {
    std::string name;
    int place = -1; ///< The namespace.
    int device = -1;
  };

  namespace_network() = default;
  [[nodiscard]] std::size_t index_of(const std::string& name) const;

  std::vector<host> hosts_;
  std::unique_ptr<packet_switch> switch_;
};

} // namespace troupe::tests
