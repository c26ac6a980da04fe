#pragma once

#include "messages/store.pb.h"
#include "runtime/store/sqlite_connection.hpp"

#include <string>
#include <vector>

namespace troupe::runtime {

/// Appends a statement with ?1, ?2, ... bound to the parameters.
messages::SqlStatement&
add_statement(messages::CommitTransaction& transaction, std::string sql,
              const std::vector<sql_value>& parameters = {});

/// Appends a statement that runs once per row of the block sent along. The
/// chosen columns (all if none is named) are bound after the parameters.
messages::SqlStatement&
add_row_statement(messages::CommitTransaction& transaction, std::string sql,
                  const std::vector<std::uint32_t>& columns = {},
                  const std::vector<sql_value>& parameters = {});

} // namespace troupe::runtime
