#pragma once

#include "messages/column_block.hpp"
#include "messages/store.pb.h"
#include "runtime/store/store_error.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <vector>

namespace troupe::runtime {

/// A transaction that wants to be written.
struct write_request {
  messages::CommitTransaction transaction;
  messages::column_block rows;
};

/// Bytes of the request, for bounds on queues and groups.
[[nodiscard]] std::size_t size_bytes(const write_request& request);

using write_result
  = tl::expected<messages::TransactionCommitted, store_failure>;

/// The columns whose rows a statement runs for, all of the same size; none if
/// it runs once. `bad_statement` if there are no such columns, or if its values
/// are not `parameter_count`.
[[nodiscard]] tl::expected<std::vector<messages::column>, store_failure>
choose_columns(const messages::SqlStatement& statement,
               const messages::column_block& rows, std::size_t parameter_count);

/// `conflict` if the statement expects another number of changed rows.
[[nodiscard]] tl::expected<void, store_failure>
check_changes(const messages::SqlStatement& statement, std::int64_t changed);

/// Says which statement of the request failed, from 0.
[[nodiscard]] store_failure name_statement(const write_request& request,
                                           int statement,
                                           store_failure failure);

} // namespace troupe::runtime
