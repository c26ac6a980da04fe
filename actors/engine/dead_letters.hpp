#pragma once

#include "actors/engine/run_ledger.hpp"
#include "messages/operations.pb.h"
#include "messages/store.pb.h"
#include "runtime/store/migrations.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// Work that nobody tries again by itself: a task out of attempts or out of
/// time, or a run out of time.
struct dead_letter {
  run_number run = 0;
  std::uint64_t sequence = 0; ///< Of the event that says so.
  std::string run_id;
  std::string workflow_id;
  std::string step; ///< Empty: the run as a whole.
  std::uint32_t item = 0;
  bool compensation = false;
  std::uint32_t attempts = 0;
  std::string kind;
  std::string message;
  instant at{};
  std::string state; ///< open, replayed, dropped
  instant changed_at{};
  std::string changed_by; ///< Empty while it is open.
};

/// "RUN-SEQUENCE", as commands name it.
[[nodiscard]] std::string name_of(const dead_letter& letter);

/// The reverse; nothing if it is no such name.
[[nodiscard]] std::optional<messages::DropDeadLetters::Id>
parse_dead_letter_name(std::string_view name);

/// How many are kept; beyond that the oldest go.
struct dead_letter_retention {
  std::int64_t count_max = 10'000;
  std::chrono::hours age_max{24 * 30};
};

/// Its table, beside the engine's.
[[nodiscard]] const runtime::migration_list& dead_letter_schema();

/// Adds the dead letters of these changes to the transaction that stores them,
/// and lets the oldest go where there are too many. Returns which statement
/// drops them; nothing, and nothing done, if no run has failed.
std::optional<int> add_dead_letters(messages::CommitTransaction& to,
                                    const std::vector<run_change>& changes,
                                    const run_ledger& ledger,
                                    const dead_letter_retention& keep,
                                    instant now);

/// Marks those of a step that is tried again by hand.
void add_replay(messages::CommitTransaction& to, run_number run,
                const std::string& step, const std::string& by, instant now);

/// Marks open ones as dropped.
[[nodiscard]] messages::CommitTransaction
drop_transaction(const messages::DropDeadLetters& wanted, instant now);

/// Which dead letters to list.
struct dead_letter_filter {
  std::string workflow; ///< Empty: any; the same below.
  std::string kind;
  std::string state;
  instant since{};
  std::size_t limit = 20;
};

/// Reads what engines have stored, also while one runs. Not thread-safe.
class recorded_dead_letters {
public:
  /// Errors as snapshot_reader::open; `not_found` if no engine ever ran there.
  [[nodiscard]] static runtime::outcome<recorded_dead_letters>
  open(const std::string& path);

  /// Newest first.
  [[nodiscard]] runtime::outcome<std::vector<dead_letter>>
  list(const dead_letter_filter& filter);

  /// By its name. `not_found`, `invalid_input`.
  [[nodiscard]] runtime::outcome<dead_letter> find(const std::string& name);

  /// How many have gone because there were too many, or for their age.
  [[nodiscard]] runtime::outcome<std::int64_t> trimmed();

private:
  explicit recorded_dead_letters(runtime::snapshot_reader reader)
    : reader_{std::move(reader)} {}

  runtime::snapshot_reader reader_;
};

} // namespace troupe::engine
