#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/store_options.hpp"

#include <cstdint>

namespace troupe::runtime {

/// Makes the connection the only writer of its store, which is the schema of
/// the database that it works in: an advisory lock, which the server frees with
/// the connection. `former` is the process that served this writer before, and
/// which the server may still believe in; whoever holds the fence may end
/// another writer, too. Error: `unavailable`, naming the owner.
[[nodiscard]] outcome<void> lock_postgres(postgres_connection& connection,
                                          const write_fence& fence, int former);

/// Counts this writer; the number shows, with `last_postgres_writer`, whether
/// another one came after it.
[[nodiscard]] outcome<std::int64_t>
count_postgres_writer(postgres_connection& connection);

/// The number of the last writer that there was.
[[nodiscard]] outcome<std::int64_t>
last_postgres_writer(postgres_connection& connection);

} // namespace troupe::runtime
