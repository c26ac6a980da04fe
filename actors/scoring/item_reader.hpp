#pragma once

#include "actors/scoring/financial_table.hpp"
#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/scoring_plan.hpp"
#include "runtime/clock.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::scoring {

enum class item_format { jsonl, csv };

/// What an item that cannot be read does to the rest: `refuse` ends the read
/// with the first problem, `isolate` leaves the item out and reports it.
enum class bad_item { refuse, isolate };

/// Whether the columns that only the hierarchy needs are filled.
enum class hierarchy_columns { skip, fill };

/// Whether digests are made; only a run that is stored needs them.
enum class digest_column { skip, fill };

struct item_reader_options {
  item_format format = item_format::jsonl;
  bad_item on_bad_item = bad_item::refuse;
  hierarchy_columns hierarchy = hierarchy_columns::skip;
  digest_column digests = digest_column::fill;
  /// The instant that `age_days` and `days_until` count from; required if the
  /// plan has such a source.
  std::optional<runtime::clock::wall_time> as_of;
  /// CSV: the first record of the file, which names the columns.
  std::string csv_header;
  /// Records from a file of their own; each replaces one embedded in the item.
  std::shared_ptr<const financial_table> financials;
  /// Longest line (JSONL) or record (CSV).
  std::size_t record_bytes_max = std::size_t{1} << 20;
  /// Appears in problems only.
  std::string file;
};

/// An item that was left out, and why.
struct rejected_item {
  std::string id; ///< Empty if it is not known.
  runtime::problem reason; ///< With file, line, key and hint.

  friend bool operator==(const rejected_item&, const rejected_item&) = default;
};

/// The items of one chunk, in the order of the file.
struct item_reading {
  item_batch batch;
  /// Line (1-based, of the file) on which each row of the batch begins.
  std::vector<std::size_t> lines;
  /// In the order of the file; empty unless `bad_item::isolate`.
  std::vector<rejected_item> rejected;
};

/// Turns bytes into columns. Compiled once per plan; afterwards immutable, so
/// any number of threads may read different chunks with one reader at once.
///
/// Any cut of a file at record borders gives the same rows. That ids are unique
/// is for `id_register` to say, which sees the chunks in order.
class item_reader {
public:
  /// Fails with `invalid_input` if a source of the plan cannot be read: its
  /// syntax is wrong, an age is asked for without `as_of`, or (CSV) the header
  /// is bad, or lacks the id, the column of a criterion whose missing values
  /// are errors, or the columns of all criteria.
  [[nodiscard]] static runtime::outcome<item_reader>
  create(const scoring_plan& plan, item_reader_options options);

  /// Reads whole records: JSON objects, one per line, or CSV records without
  /// the header.
  [[nodiscard]] runtime::outcome<item_reading>
  read(const runtime::record_chunk& chunk) const;

  /// The same from bytes without padding, at the price of a copy. `first_line`
  /// is the line of the file on which they begin.
  [[nodiscard]] runtime::outcome<item_reading>
  read(std::string_view chunk, std::size_t first_line) const;

  [[nodiscard]] const item_reader_options& options() const noexcept;

private:
  struct compiled;

  explicit item_reader(std::shared_ptr<const compiled> what);

  std::shared_ptr<const compiled> compiled_;
};

/// Makes sure that no id occurs twice. One thread, chunks in order of the file.
class id_register {
public:
  explicit id_register(const item_reader_options& options);
  id_register(id_register&&) noexcept;
  id_register& operator=(id_register&&) noexcept;
  ~id_register();

  /// A repeated id is `invalid_input` that names both lines (refuse), or its
  /// row moves from the batch to the rejected items (isolate).
  [[nodiscard]] runtime::outcome<void> admit(item_reading& reading);

  [[nodiscard]] bool contains(std::string_view id) const;

  [[nodiscard]] std::size_t size() const noexcept;

private:
  struct state;

  std::unique_ptr<state> state_;
};

/// Reads a whole file's text with everything above: header, items, unique ids.
/// For small inputs and tests; large ones are cut into chunks.
[[nodiscard]] runtime::outcome<item_reading>
read_items(const scoring_plan& plan, item_reader_options options,
           std::string_view text);

} // namespace troupe::scoring
