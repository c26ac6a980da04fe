#pragma once

#include "runtime/query/query_rows.hpp"

#include <stop_token>
#include <string>

namespace troupe::runtime {

/// The answer of a SQLite file to a query; see query_rows. The file is opened
/// for reading only, also while others write to it. No such file is not_found.
/// Problems call the file "sqlite:PATH".
[[nodiscard]] outcome<query_rows> query_sqlite(const std::string& path,
                                               const row_query& query,
                                               std::stop_token stop);

} // namespace troupe::runtime
