#pragma once

#include <cstddef>
#include <string>

namespace troupe::runtime {

struct store_options {
  /// The database file; its folder must exist. ":memory:" keeps nothing.
  std::string path;
  /// Transactions waiting at most; beyond that they are refused (`overloaded`).
  std::size_t queue_max = 10'000;
  /// Bytes of waiting transactions at most; beyond that they are refused. One
  /// transaction alone may be larger.
  std::size_t queue_bytes_max = 256U << 20;
  /// Page cache of the writer, in bytes.
  std::size_t cache_bytes = 8U << 20;
};

} // namespace troupe::runtime
