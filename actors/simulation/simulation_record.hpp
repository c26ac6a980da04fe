#pragma once

#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/year_block.hpp"
#include "actors/simulation/year_totals.hpp"
#include "messages/column_block.hpp"
#include "messages/store.pb.h"
#include "runtime/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

// What a store is asked to keep of simulations. A run is begun, its people are
// recorded, then for each year its blocks (in any number of transactions) and
// its totals; then it is finished. The store refuses (conflict) what does not
// fit, for example a year of a run that is not running, or of an attempt from
// which another has taken the run over.

enum class simulation_kind : std::uint8_t {
  projection,
  ensemble,
  sweep,
  goal_seek,
};

enum class simulation_status : std::uint8_t {
  running,
  completed,
  failed,
  cancelled,
};

/// As in the store: "goal_seek", "running".
[[nodiscard]] std::string_view to_string(simulation_kind kind) noexcept;
[[nodiscard]] std::string_view to_string(simulation_status status) noexcept;

/// Who writes of a run. Whoever goes on with it has a token of its own, which
/// fences what came before: that can write nothing any more.
struct run_claim {
  std::string run; ///< Its id.
  std::string token;
};

/// What is known of a run before its first year.
struct simulation_header {
  std::string run; ///< UUIDv7.
  std::string claim; ///< The token of whoever begins it.
  simulation_kind kind = simulation_kind::projection;
  std::string scenario_name;
  std::string scenario; ///< Its canonical text.
  std::uint64_t digest = 0; ///< Of that.
  std::uint64_t seed = 0;
  std::string census; ///< Where the people come from, for example a file.
  std::uint64_t people = 0; ///< At the start.
  std::int32_t start_year = 0;
  std::int32_t end_year = 0;
  runtime::clock::wall_time started_at{};
  /// The store has one run with it; empty: none was given.
  std::string idempotency_key;
  std::string version; ///< Of the program.
};

/// People of the start and their ids, packed.
struct packed_people {
  std::size_t block = 0;
  std::uint64_t first_key = 0;
  std::uint64_t last_key = 0;
  std::string people;
  std::string ids;
};

/// What a year made of a block, packed. A block without rows has the keys 0 to
/// 0, and is kept, so that blocks keep their numbers.
struct packed_block {
  std::size_t block = 0;
  std::uint64_t first_key = 0;
  std::uint64_t last_key = 0;
  std::string rows;
  std::string events;
};

[[nodiscard]] packed_people pack_people_of(std::size_t block,
                                           const people_view& staff,
                                           const person_ids& ids);

[[nodiscard]] packed_block pack_year_of(std::size_t block,
                                        const year_block& made);

/// What a year cost.
struct year_figures {
  std::size_t blocks = 0;
  /// Of events and rows, before and after packing.
  std::uint64_t raw_bytes = 0;
  std::uint64_t packed_bytes = 0;
  double seconds = 0.0;
};

struct simulation_ending {
  /// Any but `running`.
  simulation_status status = simulation_status::completed;
  std::string reason{}; ///< Why it is not completed.
  std::string report{}; ///< JSON, or empty.
  runtime::clock::wall_time at{};
  /// Finished runs that are no children stay, so many of the newest; others go
  /// when this one is finished, with their children, and so do older ones that
  /// nobody has gone on with for a week. 0: all stay.
  std::uint64_t runs_kept = 0;
};

/// A run that is a part of another, of which only totals are kept.
struct simulation_child {
  std::string run; ///< UUIDv7.
  std::string label{}; ///< For example "seed 7".
  std::string scenario{}; ///< Its canonical text.
  std::uint64_t digest = 0; ///< Of that.
  std::uint64_t seed = 0;
  std::vector<year_totals> years{}; ///< Ascending.
};

/// A transaction, with the rows of all its statements.
struct store_request {
  messages::CommitTransaction transaction;
  messages::column_block rows;
};

/// One transaction that does both, the first first.
[[nodiscard]] store_request join(store_request first, store_request second);

[[nodiscard]] store_request begin_run(const simulation_header& header);

[[nodiscard]] store_request
record_people(const std::string& run, std::span<const packed_people> blocks);

/// Refused unless the run is running, and claimed with this token.
[[nodiscard]] store_request record_blocks(const run_claim& by,
                                          std::int32_t year,
                                          std::span<const packed_block> blocks);

/// From now on the year counts. Refused as blocks are, and unless all blocks of
/// the year are recorded.
[[nodiscard]] store_request commit_year(const run_claim& by,
                                        const year_totals& totals,
                                        const year_figures& figures);

/// Refused as blocks are.
[[nodiscard]] store_request finish_run(const run_claim& by,
                                       const simulation_ending& ending);

/// Before a run goes on: what it has of later years goes, and it is running
/// (again), claimed with this token. Refused when it is completed.
[[nodiscard]] store_request take_over(const run_claim& by,
                                      std::int32_t last_committed_year,
                                      runtime::clock::wall_time at);

/// Adds children to a run, completed; what they do not say is that of their
/// parent. Any number of calls.
[[nodiscard]] store_request
record_children(const std::string& parent, runtime::clock::wall_time at,
                std::span<const simulation_child> children);

} // namespace troupe::simulation
