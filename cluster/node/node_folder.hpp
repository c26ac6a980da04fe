#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/store_lock.hpp"

#include <string>
#include <utility>

namespace troupe::cluster {

/// What a node keeps for itself; one process at a time.
class node_folder {
public:
  /// Makes the folder, for its owner alone, if it is not there. `unavailable`,
  /// naming the owner, when another node has it.
  [[nodiscard]] static runtime::outcome<node_folder>
  open(const std::string& path);

  /// The file of the incarnation, and the socket for programs of this machine.
  [[nodiscard]] std::string incarnation() const {
    return path_ + "/incarnation";
  }

  [[nodiscard]] std::string socket() const {
    return path_ + "/node.sock";
  }

  /// Of the token that programs send over HTTP.
  [[nodiscard]] std::string token() const {
    return path_ + "/node.token";
  }

private:
  node_folder(std::string path, runtime::store_lock lock)
    : path_{std::move(path)}, lock_{std::move(lock)} {}

  std::string path_;
  runtime::store_lock lock_;
};

} // namespace troupe::cluster
