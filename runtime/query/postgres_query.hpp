#pragma once

#include "runtime/query/postgres_address.hpp"
#include "runtime/query/query_rows.hpp"

#include <chrono>
#include <stop_token>

namespace troupe::runtime {

struct postgres_limits {
  /// To reach the server and be let in.
  std::chrono::milliseconds connect_timeout{15'000};
  /// For the query, unless the address or the server sets a time of its own;
  /// then that one alone counts.
  std::chrono::milliseconds statement_timeout{600'000};
};

/// The answer of a PostgreSQL database to a query; see query_rows. It runs in a
/// transaction that cannot write, and comes row by row: no more than the
/// network's buffers is held here.
[[nodiscard]] outcome<query_rows>
query_postgres(const postgres_address& address, const row_query& query,
               std::stop_token stop, const postgres_limits& limits = {});

} // namespace troupe::runtime
