#pragma once

#include "actors/engine/run_ledger_parts.hpp"
#include "messages/store.pb.h"
#include "runtime/problem.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace troupe::engine {

/// Where the open runs are: their numbers, in blocks. A store has the blocks
/// with open runs, so that a start finds these among millions that are over.
/// Alternative: an index of runs that are not over; then PostgreSQL writes the
/// run anew into each of its indexes when it ends, which takes twice as long as
/// all else about it. Pure.
class open_blocks {
public:
  using block_number = std::int64_t;

  static constexpr auto runs_per_block = run_number{1024};

  /// A run that the store has open.
  void add(run_number number) {
    ++open_[block_of(number)];
  }

  /// Blocks that have no open run any more, or have one again.
  struct change {
    block_number block = 0;
    bool has_open = false;

    friend bool operator==(const change&, const change&) = default;
  };

  /// What these changes of runs make of the blocks; each that they open or
  /// close once, by number.
  [[nodiscard]] std::vector<change>
  follow(const std::vector<run_change>& changes);

private:
  static block_number block_of(run_number number) noexcept {
    return number / runs_per_block;
  }

  std::unordered_map<block_number, std::uint32_t> open_;
};

/// Their table, as a later version of the engine's schema. A store of earlier
/// versions gets what its runs say; these do not open it any more.
[[nodiscard]] const runtime::migration_list& open_block_schema();

/// Adds to the transaction that stores the changes of runs what these make of
/// the blocks.
void add_open_blocks(messages::CommitTransaction& to,
                     const std::vector<open_blocks::change>& changes);

/// Numbers of runs, both ends included.
struct run_range {
  run_number first = 0;
  run_number last = 0;

  friend bool operator==(const run_range&, const run_range&) = default;
};

/// Where open runs are, by number; not all in there are open.
[[nodiscard]] runtime::outcome<std::vector<run_range>>
read_open_ranges(runtime::snapshot_reader& from);

/// Open runs that are in none of these blocks: a start would not find them.
[[nodiscard]] runtime::outcome<std::vector<run_number>>
find_lost_runs(runtime::snapshot_reader& from);

} // namespace troupe::engine
