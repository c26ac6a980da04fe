#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Why the store refused something, by what the sender can do about it. The
/// values cross the wire: append only.
enum class store_error : std::uint8_t {
  /// Too many transactions wait. Try again later, slower.
  overloaded = 1,
  /// A statement changed another number of rows than expected: somebody else
  /// was faster. Read again, then decide.
  conflict = 2,
  /// A rule of the schema forbids a row (unique, foreign key, not null, check).
  constraint = 3,
  /// The statement or its parameters are wrong; trying again does not help.
  bad_statement = 4,
  /// Somebody outside holds the database for writing. Try again later.
  busy = 5,
  /// No space left. Reads go on; writes succeed again once there is space.
  disk_full = 6,
  /// The file or its file system does not allow writing.
  read_only = 7,
  /// The file is damaged or not a store. Restore a backup.
  corrupt = 8,
  /// The store has been closed before it came to this transaction.
  closed = 9,
  /// The disk or the memory failed; see the text.
  failed = 10,
  /// The server cannot be reached, and nothing of it has happened. Try again.
  unavailable = 11,
  /// The server was lost during the commit, which may have happened. Read
  /// again, then decide.
  outcome_unknown = 12,
  /// Somebody else has become the writer. Step down.
  fenced = 13,
};

[[nodiscard]] std::string to_string(store_error error);

/// How a person sees this kind of error.
[[nodiscard]] problem_kind kind_of(store_error error) noexcept;

/// What to do next; empty when the text has to say it.
[[nodiscard]] std::string_view hint_of(store_error error) noexcept;

/// Whether it concerns one transaction only. Others of its group are not
/// affected.
[[nodiscard]] bool is_of_transaction(store_error error) noexcept;

/// A refusal with its explanation.
struct store_failure {
  store_error code = store_error::failed;
  /// One sentence without a full stop.
  std::string text;
};

/// What a group is told whose fence does not hold any more.
[[nodiscard]] store_failure fenced_failure();

/// The failure as a problem of the store at `path`.
[[nodiscard]] problem to_problem(const store_failure& failure,
                                 std::string path = {});

} // namespace troupe::runtime
