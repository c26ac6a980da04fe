#pragma once

#include "runtime/clock.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <vector>

namespace troupe::runtime {

class store_connection;

/// One step of a schema, applied once and in order, each in its own
/// transaction. Append only.
struct migration {
  /// Subsystem it belongs to, for example "scoring".
  std::string subsystem;
  /// 1, 2, 3, ... within the subsystem.
  int version = 0;
  /// Statements, separated by semicolons, in SQLite's words; its types are
  /// translated for PostgreSQL.
  std::string sql;
  /// The same for PostgreSQL, where the words differ by more than types.
  std::string postgres_sql = {};
};

using migration_list = std::vector<migration>;

/// A migration as the store remembers it, in table `troupe_schema`.
struct applied_migration {
  std::string subsystem;
  int version = 0;
  /// Of its SQL, so that a migration changed after the fact is found.
  std::string checksum;
};

/// XXH3 of the SQL, 16 hexadecimal digits. Stable across versions.
[[nodiscard]] std::string checksum_of(const migration& step);

/// What has been applied, by subsystem and version. Error: `invalid_input` when
/// the database belongs to another program. Empty for a new file.
[[nodiscard]] outcome<std::vector<applied_migration>>
read_applied_migrations(store_connection& connection);

/// How the store differs from what the program knows: newer, changed or with a
/// gap. Subsystems the program does not name are no difference; neither are
/// migrations still to be applied.
[[nodiscard]] std::vector<problem>
find_schema_problems(const migration_list& known,
                     const std::vector<applied_migration>& applied);

/// Brings the store to the schema: applies what is missing, in the order of the
/// list. A store with a schema problem, and a list whose versions are not
/// 1, 2, 3, ..., are refused before anything is applied. If a migration fails,
/// those before it stay applied.
[[nodiscard]] outcome<void> apply_migrations(store_connection& connection,
                                             const migration_list& schema,
                                             clock::wall_time now);

} // namespace troupe::runtime
