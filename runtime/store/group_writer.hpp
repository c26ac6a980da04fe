#pragma once

#include "runtime/store/write_request.hpp"

#include <optional>
#include <span>
#include <vector>

namespace troupe::runtime {

/// The writing side of one database: turns a group of transactions into one
/// commit. Holds what keeps other writers out. Not thread-safe.
class group_writer {
public:
  group_writer() = default;
  group_writer(const group_writer&) = delete;
  group_writer& operator=(const group_writer&) = delete;
  virtual ~group_writer() = default;

  /// Applies each transaction wholly or not at all, in order, then commits all
  /// of them. Appends result i for request i, or returns what failed the whole
  /// group, of which nothing has happened then (but see `outcome_unknown`);
  /// the next group starts afresh.
  [[nodiscard]] virtual std::optional<store_failure>
  commit(std::span<const write_request> group,
         std::vector<write_result>& results)
    = 0;
};

} // namespace troupe::runtime
