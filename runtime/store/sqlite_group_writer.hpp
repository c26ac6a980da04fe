#pragma once

#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/group_writer.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/sqlite_connection.hpp"
#include "runtime/store/store_lock.hpp"
#include "runtime/store/store_options.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace troupe::runtime {

/// Writes to a file of SQLite: each transaction in a savepoint of the group's
/// transaction, which one sync makes durable.
class sqlite_group_writer final : public group_writer {
public:
  /// As `store_writer::open`.
  [[nodiscard]] static outcome<std::unique_ptr<group_writer>>
  open(const store_options& options, const migration_list& schema,
       clock::wall_time now);

  [[nodiscard]] std::optional<store_failure>
  commit(std::span<const write_request> group,
         std::vector<write_result>& results) override;

private:
  sqlite_group_writer(std::optional<store_lock> lock,
                      std::unique_ptr<sqlite_connection> connection,
                      write_fence fence);

  [[nodiscard]] store_failure failure_of(const problem& reason) const;
  [[nodiscard]] tl::expected<void, store_failure> control(const char* sql);
  [[nodiscard]] std::optional<store_failure> check_fence();
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
  write_fence fence_;
};

} // namespace troupe::runtime
