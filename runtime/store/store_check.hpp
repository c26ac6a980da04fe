#pragma once

#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"

#include <string>
#include <vector>

namespace troupe::runtime {

/// Examines the store at `path`, in use or not, and changes nothing: structure
/// of the file, foreign keys, and schema against what the program knows. Empty
/// if all is well; at most about 100 problems of each sort. Reads the whole
/// file.
[[nodiscard]] std::vector<problem> check_store(const std::string& path,
                                               const migration_list& schema);

/// Copies the store at `path` as it is at one moment, also while it is in use,
/// to a new file; returns when the copy is on disk. The copy is a store like
/// any other: to restore it, copy it back where no store is. Errors:
/// `not_found`; `conflict` when `target` exists; `unavailable` when the disk is
/// full, leaving nothing behind.
[[nodiscard]] outcome<void> backup_store(const std::string& path,
                                         const std::string& target);

} // namespace troupe::runtime
