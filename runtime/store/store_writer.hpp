#pragma once

#include "messages/column_block.hpp"
#include "messages/store.pb.h"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store_error.hpp"
#include "runtime/store/store_lock.hpp"
#include "runtime/store/store_options.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
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

/// The writing side of a store, without actors: owns lock and connection, and
/// turns a group of transactions into one commit. Not thread-safe.
class store_writer {
public:
  /// As `spawn_store`. `now` is noted beside the migrations applied.
  [[nodiscard]] static outcome<store_writer> open(const store_options& options,
                                                  const migration_list& schema,
                                                  clock::wall_time now);

  /// Applies each transaction wholly or not at all, in order, then commits all
  /// of them with one sync. Result i belongs to request i. What is wrong with
  /// one transaction fails that one alone; what is wrong with the store (disk
  /// full, say) fails the group, and nothing of it has happened. The next group
  /// starts afresh.
  [[nodiscard]] std::vector<write_result>
  commit(std::span<const write_request> group);

  /// Counts a transaction that was refused before it came here.
  void record_refusal() noexcept;

  [[nodiscard]] const messages::StoreStatus& status() const noexcept {
    return status_;
  }

private:
  store_writer(std::optional<store_lock> lock,
               std::unique_ptr<sqlite_connection> connection,
               const std::string& path);

  [[nodiscard]] store_failure failure_of(const problem& reason) const;
  [[nodiscard]] tl::expected<void, store_failure> control(const char* sql);
  [[nodiscard]] write_result apply(const write_request& request);
  [[nodiscard]] write_result apply_alone(const write_request& request);
  [[nodiscard]] tl::expected<std::int64_t, store_failure>
  run(const messages::SqlStatement& statement,
      const messages::column_block& rows);
  [[nodiscard]] std::optional<store_failure>
  apply_all(std::span<const write_request> group,
            std::vector<write_result>& results);

  // The lock goes last: nobody may open the file before it is closed.
  std::optional<store_lock> lock_;
  std::unique_ptr<sqlite_connection> connection_;
  messages::StoreStatus status_;
};

} // namespace troupe::runtime
