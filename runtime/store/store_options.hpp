#pragma once

#include "runtime/store/sql_row.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::runtime {

/// A question that each group asks first, in its transaction: unless it gives
/// exactly one row, the group is refused as `fenced`. For a leader that must
/// not write once its epoch is over.
struct write_fence {
  /// Empty: there is none.
  std::string sql;
  std::vector<sql_value> parameters;
};

struct store_options {
  /// The database file; its folder must exist. ":memory:" keeps nothing. Or a
  /// database of PostgreSQL: "postgresql://USER@HOST/DATABASE", whose password
  /// may be a reference (?password=secret://env/NAME).
  std::string path;
  /// Transactions waiting at most; beyond that they are refused (`overloaded`).
  std::size_t queue_max = 10'000;
  /// Bytes of waiting transactions at most; beyond that they are refused. One
  /// transaction alone may be larger.
  std::size_t queue_bytes_max = 256U << 20;
  /// Page cache of the writer, in bytes.
  std::size_t cache_bytes = 8U << 20;
  write_fence fence = {};
};

} // namespace troupe::runtime
