#pragma once

#include "actors/simulation/event_columns.hpp"
#include "actors/simulation/people.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulation_record.hpp"
#include "actors/simulation/year_row_columns.hpp"
#include "actors/simulation/year_totals.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// A run as the store knows it.
struct stored_simulation {
  std::int64_t number = 0; ///< Counts from 1, in the order of beginning.
  std::string id;
  std::string parent; ///< Id of the run that it is a part of, or empty.
  std::string label; ///< Which part, for example "seed 7".
  std::string kind; ///< A simulation_kind.
  std::string status; ///< A simulation_status.
  std::string scenario_name;
  std::uint64_t digest = 0;
  std::uint64_t seed = 0;
  std::string census;
  std::uint64_t people = 0;
  std::int32_t start_year = 0;
  std::int32_t end_year = 0;
  std::string reason;
  runtime::clock::wall_time started_at{};
  std::optional<runtime::clock::wall_time> finished_at;
  std::string idempotency_key;
  std::string version;
  std::string report; ///< JSON, or empty.
  std::uint64_t years = 0; ///< That count.
  std::uint64_t children = 0;
};

/// A year that counts.
struct stored_year {
  year_totals totals;
  year_figures figures;
};

/// Where a run can go on.
struct simulation_checkpoint {
  /// Absent: no year counts yet.
  std::optional<year_totals> last;
  /// The people of the next 1 January, by block.
  std::vector<people> staff;
};

/// The columns of a block of a year.
using block_handler = std::function<runtime::outcome<void>(
  const year_row_columns& rows, const event_columns& events)>;

/// The failure of reading a part of a run, for example "its people".
[[nodiscard]] runtime::problem damaged_run(const stored_simulation& run,
                                           const std::string& what);

/// Reads what simulations have stored, as it was when this was opened; also
/// while a program simulates. Keep it short. Not thread-safe. Every call may
/// fail with the problems of the store.
class simulation_history {
public:
  /// Errors: those of `snapshot_reader::open`.
  [[nodiscard]] static runtime::outcome<simulation_history>
  open(const std::string& store);

  /// Newest first, `limit` at most, without those that are parts of others.
  [[nodiscard]] runtime::outcome<std::vector<stored_simulation>>
  list_runs(std::size_t limit);

  /// The parts of a run, in the order in which they were recorded.
  [[nodiscard]] runtime::outcome<std::vector<stored_simulation>>
  children(const stored_simulation& run);

  /// By number, by id or its unique beginning, or "last": the newest that is no
  /// part of another. A beginning is one of these if there is one. `not_found`
  /// tells which runs there are; an ambiguous beginning is `invalid_input`.
  [[nodiscard]] runtime::outcome<stored_simulation>
  find_run(std::string_view name);

  /// The run that was begun with this key; nothing if there is none.
  [[nodiscard]] runtime::outcome<std::optional<stored_simulation>>
  find_key(std::string_view idempotency_key);

  /// The years that count, in their order.
  [[nodiscard]] runtime::outcome<std::vector<stored_year>>
  load_years(const stored_simulation& run);

  /// Canonical JSON.
  [[nodiscard]] runtime::outcome<std::string>
  load_scenario_text(const stored_simulation& run);

  /// The same, read; `failed` when it cannot be.
  [[nodiscard]] runtime::outcome<scenario>
  load_scenario(const stored_simulation& run);

  /// `failed` when not all of its people are there, `not_found` when only
  /// totals are stored.
  [[nodiscard]] runtime::outcome<simulation_checkpoint>
  load_checkpoint(const stored_simulation& run);

  /// Of the people of the start.
  [[nodiscard]] runtime::outcome<person_ids>
  load_ids(const stored_simulation& run);

  /// The people of the start, by block. Problems: those of load_checkpoint.
  [[nodiscard]] runtime::outcome<std::vector<people>>
  load_people(const stored_simulation& run);

  /// Hands out the blocks of a year that counts in their order, until one is
  /// refused. `not_found` when there is no such year, or only its totals.
  [[nodiscard]] runtime::outcome<void>
  for_each_block(const stored_simulation& run, std::int32_t year,
                 const block_handler& handle);

  /// The same with the block that has this key, if there is one.
  [[nodiscard]] runtime::outcome<void>
  for_block_of(const stored_simulation& run, std::int32_t year,
               std::uint64_t key, const block_handler& handle);

  /// For queries of others that read the same snapshot.
  [[nodiscard]] runtime::snapshot_reader& reader() noexcept {
    return reader_;
  }

private:
  simulation_history(runtime::snapshot_reader reader, bool has_runs);

  [[nodiscard]] runtime::outcome<std::vector<stored_simulation>>
  select_runs(std::string_view where,
              std::span<const runtime::sql_value> parameters);

  [[nodiscard]] runtime::outcome<stored_simulation>
  find_beginning(std::string_view name);

  [[nodiscard]] runtime::problem no_run(std::string_view name);

  [[nodiscard]] runtime::outcome<std::size_t>
  select_blocks(const stored_simulation& run, std::int32_t year,
                std::string_view where,
                std::span<const runtime::sql_value> parameters,
                const block_handler& handle);

  runtime::snapshot_reader reader_;
  bool has_runs_ = false; ///< The store has the tables.
};

} // namespace troupe::simulation
