#pragma once

#include "actors/scoring/explanation.hpp"
#include "actors/scoring/scales.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "actors/scoring/stored_scores.hpp"
#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/snapshot_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

/// A complete run as the store knows it.
struct stored_run {
  std::int64_t number = 0; ///< Counts from 1, in the order of storing.
  std::string id;
  std::string mode;
  std::string rules;
  std::string case_name;
  std::string source;
  std::string base_run;
  runtime::clock::wall_time started_at{};
  runtime::clock::wall_time finished_at{};
  std::uint64_t items = 0;
  std::uint64_t rescored = 0;
  std::uint64_t left_out = 0;
  std::string reason; ///< Why so many were rescored.
  std::uint64_t configuration_digest = 0;
  /// Items among which its ranks count: its own, or those of the run that a
  /// real-time one builds on.
  std::uint64_t ranked_among = 0;
};

/// Places among the items of a run, from 1; 0: not ranked by it.
struct item_ranks {
  std::uint64_t overall = 0;
  std::uint64_t financial = 0;
  std::uint64_t strategic = 0;
};

/// What one run made of an item.
struct item_point {
  stored_run run;
  item_ranks ranks;
  double total = 0.0;
  double completeness = 1.0;
};

/// An item of a run with all its numbers.
struct stored_item {
  std::string id;
  std::string title;
  std::uint64_t row = 0; ///< In the source, from 0.
  item_ranks ranks;
  stored_scores scores;
};

/// How a run came to its numbers.
struct run_formula {
  std::string configuration; ///< Canonical JSON.
  scoring_plan plan;
  scoring_scales scales;
};

/// What a category adds to the strategic score, as in categories.csv.
struct category_score {
  std::string id;
  double weight = 0.0;
  double contribution = 0.0;
  /// Standard rules: contribution / weight; compat: the contribution.
  double score = 0.0;
};

/// Why an item has the total it has.
struct item_explanation {
  stored_run run;
  stored_item item;
  std::vector<contribution> contributions;
  std::vector<category_score> categories;
  std::vector<std::string> reasons; ///< As `top_reasons`.
};

/// The failure of reading a part of a run, for example "the items".
[[nodiscard]] runtime::problem damaged_run(const stored_run& run,
                                           const std::string& what);

/// Reads what scorings have stored, as it was when this was opened; also while
/// a program scores. Keep it short. Not thread-safe. Every call may fail with
/// the problems of the store.
class scoring_history {
public:
  /// Errors: those of `snapshot_reader::open`.
  [[nodiscard]] static runtime::outcome<scoring_history>
  open(const std::string& store);

  /// Newest first, `limit` at most.
  [[nodiscard]] runtime::outcome<std::vector<stored_run>>
  list_runs(std::size_t limit);

  /// By number, by id or its unique beginning, or "last": the newest that was
  /// not a real-time one, which has a few items only. `not_found` tells which
  /// runs there are; an ambiguous beginning is `invalid_input`.
  [[nodiscard]] runtime::outcome<stored_run> find_run(std::string_view name);

  /// The same, but a real-time run is `invalid_input`: it has a few items only.
  [[nodiscard]] runtime::outcome<stored_run>
  find_whole_run(std::string_view name);

  /// What each run made of the item, newest first. `not_found` when no run
  /// has it, with the most similar id of the last run as hint.
  [[nodiscard]] runtime::outcome<std::vector<item_point>>
  item_history(const std::string& item);

  [[nodiscard]] runtime::outcome<run_formula>
  load_formula(const stored_run& run);

  /// `not_found` with the most similar id; `failed` when the row is damaged.
  [[nodiscard]] runtime::outcome<stored_item>
  load_item(const stored_run& run, const run_formula& formula,
            const std::string& item);

  /// Of a run named as in `find_run`.
  [[nodiscard]] runtime::outcome<item_explanation>
  explain(const std::string& item, std::string_view run, std::size_t reasons);

  /// Whether the store has the column of stored_details.hpp; rows of older runs
  /// have NULL there.
  [[nodiscard]] runtime::outcome<bool> has_details();

  /// Whether the store knows keys of idempotency, and what was said of runs.
  [[nodiscard]] runtime::outcome<bool> has_keys();

  /// The failure of looking for an item that is not in the run, with the most
  /// similar id.
  [[nodiscard]] runtime::problem no_item(const stored_run& run,
                                         const std::string& item);

  /// For queries of others that read the same snapshot.
  [[nodiscard]] runtime::snapshot_reader& reader() noexcept {
    return reader_;
  }

private:
  explicit scoring_history(runtime::snapshot_reader reader, bool has_runs);

  [[nodiscard]] runtime::outcome<std::vector<stored_run>>
  select_runs(std::string_view where,
              std::span<const runtime::sql_value> parameters);

  [[nodiscard]] runtime::problem no_run(std::string_view name);

  /// Whether the tables are of this version at least.
  [[nodiscard]] runtime::outcome<bool> is_version(std::int64_t version);

  runtime::snapshot_reader reader_;
  bool has_runs_ = false; ///< The store has the tables.
};

} // namespace troupe::scoring
