#pragma once

#include <string>
#include <vector>

namespace troupe::runtime {

/// One step of a schema, applied once and in order, each in its own
/// transaction. Append only.
struct migration {
  /// Subsystem it belongs to, for example "scoring".
  std::string subsystem;
  /// 1, 2, 3, ... within the subsystem.
  int version = 0;
  /// Statements, separated by semicolons, portable to PostgreSQL.
  std::string sql;
};

using migration_list = std::vector<migration>;

} // namespace troupe::runtime
