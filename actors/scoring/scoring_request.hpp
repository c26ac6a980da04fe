#pragma once

#include "actors/scoring/configuration.hpp"
#include "actors/scoring/item_batch.hpp"
#include "actors/scoring/item_reader.hpp"
#include "actors/scoring/real_time_basis.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_record.hpp"
#include "actors/scoring/scoring_run.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"
#include "runtime/tabular/output_file.hpp"
#include "runtime/tabular/record_splitter.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::scoring {

/// What is done with a portfolio that was scored before.
enum class scoring_mode {
  full, ///< Everything is scored.
  batch, ///< The same; the name the source system has for large ones.
  incremental, ///< Only what changed since the last complete run.
  real_time, ///< Some items, against the statistics of the last run.
};

[[nodiscard]] std::string_view to_string(scoring_mode mode) noexcept;

[[nodiscard]] std::optional<scoring_mode>
parse_scoring_mode(std::string_view text);

/// A scoring as somebody asks for it.
struct scoring_request {
  scoring_configuration configuration;
  /// Case of the configuration; empty: its own settings.
  std::string case_name;
  scoring_mode mode = scoring_mode::full;

  /// Where items come from (items_address): a file, "-" for standard input, a
  /// database, Azure DevOps; or nothing, and `batches`.
  std::string items;
  /// By the file's ending unless said: .csv, .jsonl, .ndjson.
  std::optional<item_format> format;
  /// SQL for a database; for Azure DevOps what follows WHERE, empty: what is
  /// neither done nor given up.
  std::string query;
  /// Where the token for Azure DevOps is; empty: secret://env/ADO_PAT.
  std::string token;
  /// Another server than dev.azure.com.
  std::string endpoint;
  /// What references to secrets are looked up in.
  runtime::environment_map environment;
  /// Items in memory, columns in the order of the plan's criteria.
  std::vector<item_batch> batches;
  /// The same as blocks (`pack`), for items that are scored more than once.
  std::vector<messages::column_block> blocks;
  /// File of separate financial records; empty: those within the items.
  std::string financials;
  bad_item on_bad_item = bad_item::refuse;
  /// Ids to score; only for real_time. Empty: all of a small source.
  std::vector<std::string> ids;
  /// The run that an incremental or real-time one builds on, by number, id or
  /// "last"; empty: the newest by the same configuration.
  std::string base;
  /// Items a batch has at most; 0: as many as suit the machine.
  std::size_t batch_size = 0;
  /// What dates in items are aged against.
  runtime::clock::wall_time as_of{};
  /// Of all requests with this key one is stored, and is the answer to all of
  /// them; empty: each one is.
  std::string idempotency_key;

  /// Folder for totals.csv and so on; empty: none. It is made if missing.
  std::string out;
  /// One file with id, category contributions, total and rank; empty: none.
  std::string scores;
  /// Fixed decimals of numbers in files; nothing: shortest exact form.
  std::optional<int> decimals;
  /// Financial and strategic ranks, summary, and what explanations need. False:
  /// categories, totals and overall ranks only, which is faster and smaller.
  bool details = true;
};

/// A scoring that is done.
struct scoring_result {
  std::string run; ///< UUIDv7.
  std::uint64_t items = 0;
  std::uint64_t rescored = 0;
  /// Why so many were rescored (incremental).
  std::string reason;
  /// real_time: the run that the items were measured against, and its size;
  /// ranks are those that they would have in it.
  std::string base_run;
  std::uint64_t base_items = 0;
  scoring_plan plan;
  scoring_scales scales;
  /// In the order of the source.
  std::vector<scored_batch> batches;
  /// Items that were left out, with id, line and reason.
  std::vector<messages::ItemProblem> problems;
  std::vector<std::string> warnings;
  std::string summary_json;
  std::uint64_t retries = 0;
};

/// A request with everything opened and checked, ready to run.
struct prepared_scoring {
  scoring_run_options run;
  run_header header;
  std::optional<runtime::record_splitter> source;
  std::optional<std::uint64_t> source_bytes;
  /// Of a source of which parts can be read once more.
  std::optional<runtime::byte_ranges> source_ranges;
  /// Only for real_time.
  std::shared_ptr<const real_time_basis> basis;
  std::vector<std::string> ids;
  std::map<std::string, runtime::output_file> outputs;
};

struct preparation_options {
  std::size_t workers = 2;
  /// File of the store in which the run is going to be; empty: none.
  std::string store;
  /// Ends the wait for a silent source.
  std::stop_token stop;
};

/// Checks the configuration, opens the source, reads its header and the
/// financial records, and creates the output files (not yet visible). Blocks on
/// the disk. Problems have the file and what to do.
[[nodiscard]] runtime::outcome<prepared_scoring>
prepare(scoring_request request, const preparation_options& options);

} // namespace troupe::scoring
