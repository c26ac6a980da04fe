#pragma once

#include "cluster/transport/link_socket.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::cluster {

/// Asks for the addresses of names on a thread of its own, so that a name
/// server that does not answer holds up nothing but other names.
class host_resolver {
public:
  using answer
    = std::function<void(runtime::outcome<std::vector<socket_address>>)>;

  host_resolver() = default;
  host_resolver(const host_resolver&) = delete;
  host_resolver& operator=(const host_resolver&) = delete;

  /// Does not wait: answers that are still due never come.
  ~host_resolver();

  /// `tell` is called once, on another thread. False: too many names wait.
  [[nodiscard]] bool ask(const std::string& host, std::uint16_t port,
                         answer tell);

private:
  struct shared_state;

  std::shared_ptr<shared_state> state_;
};

} // namespace troupe::cluster
