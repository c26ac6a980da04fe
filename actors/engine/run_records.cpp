#include "actors/engine/run_records.hpp"

#include "actors/engine/dead_letters.hpp"
#include "actors/engine/guard_records.hpp"
#include "actors/engine/open_blocks.hpp"
#include "actors/engine/queue_records.hpp"
#include "actors/engine/run_blobs.hpp"
#include "actors/engine/run_deadlines.hpp"
#include "actors/engine/run_retention.hpp"
#include "actors/engine/run_snapshots.hpp"
#include "actors/engine/run_views.hpp"
#include "messages/column_block.hpp"
#include "runtime/store/transactions.hpp"

#include <utility>

namespace troupe::engine {

using messages::column;

namespace {

/// Digests use all 64 bits; databases have signed integers.
std::int64_t to_key(std::uint64_t digest) {
  return static_cast<std::int64_t>(digest);
}

/// Texts laid end to end, as a column has them.
struct text_rows {
  std::vector<std::uint32_t> offsets{0};
  std::string characters;

  void add(std::string_view text) {
    characters.append(text);
    offsets.push_back(static_cast<std::uint32_t>(characters.size()));
  }

  column finish() {
    return column{std::move(offsets), std::move(characters)};
  }

  column finish_blobs() {
    return column::blobs(std::move(offsets), std::move(characters));
  }
};

/// How a run stands: what changes about it.
struct standing_columns {
  text_rows statuses;
  std::vector<std::int64_t> are_over;
  std::vector<std::int64_t> updated;
  text_rows reasons;
  text_rows waiting_on;
  text_rows waiting_for;
  std::vector<std::int64_t> next_checks;

  void add(const run_state& run);
  void append_to(std::vector<column>& block);
};

void standing_columns::add(const run_state& run) {
  const auto waiting = run.waiting_on();
  statuses.add(to_string(run.status()));
  are_over.push_back(is_over(run.status()) ? 1 : 0);
  updated.push_back(runtime::to_microseconds(run.updated_at()));
  reasons.add(run.reason());
  waiting_on.add(waiting ? to_string(waiting->what) : "");
  waiting_for.add(waiting ? std::string_view{waiting->detail} : "");
  next_checks.push_back(waiting ? runtime::to_microseconds(waiting->next_check)
                                : 0);
}

void standing_columns::append_to(std::vector<column>& block) {
  block.push_back(statuses.finish());
  block.emplace_back(std::move(are_over));
  block.emplace_back(std::move(updated));
  block.push_back(reasons.finish());
  block.push_back(waiting_on.finish());
  block.push_back(waiting_for.finish());
  block.emplace_back(std::move(next_checks));
}

/// Runs that the store does not have yet.
struct new_run_columns {
  std::vector<std::int64_t> numbers;
  text_rows run_ids;
  text_rows workflow_ids;
  std::vector<std::int64_t> digests;
  std::vector<std::int64_t> priorities;
  text_rows idempotency_keys;
  text_rows submitters;
  text_rows parents;
  std::vector<std::int64_t> submitted;
  standing_columns standing;

  void add(run_number number, const run_state& run);
  void append_to(std::vector<column>& block);
};

void new_run_columns::add(run_number number, const run_state& run) {
  const auto& submission = run.submission();
  numbers.push_back(number);
  run_ids.add(submission.run_id());
  workflow_ids.add(submission.workflow_id());
  digests.push_back(to_key(submission.workflow_digest()));
  priorities.push_back(submission.priority());
  idempotency_keys.add(submission.idempotency_key());
  submitters.add(submission.by());
  parents.add(submission.parent_run());
  submitted.push_back(runtime::to_microseconds(run.submitted_at()));
  standing.add(run);
}

void new_run_columns::append_to(std::vector<column>& block) {
  block.emplace_back(std::move(numbers));
  block.push_back(run_ids.finish());
  block.push_back(workflow_ids.finish());
  block.emplace_back(std::move(digests));
  block.emplace_back(std::move(priorities));
  block.push_back(idempotency_keys.finish());
  block.push_back(submitters.finish());
  block.push_back(parents.finish());
  block.emplace_back(std::move(submitted));
  standing.append_to(block);
}

struct changed_run_columns {
  std::vector<std::int64_t> numbers;
  standing_columns standing;

  void add(run_number number, const run_state& run) {
    numbers.push_back(number);
    standing.add(run);
  }

  void append_to(std::vector<column>& block) {
    block.emplace_back(std::move(numbers));
    standing.append_to(block);
  }
};

struct history_columns {
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> sequences;
  std::vector<std::int64_t> times;
  text_rows events;

  void add(const run_change& change, const run_state& run,
           const std::string& bytes) {
    numbers.push_back(change.number);
    sequences.push_back(static_cast<std::int64_t>(change.last_sequence));
    // The last event's time is that of the run's last change.
    times.push_back(runtime::to_microseconds(run.updated_at()));
    events.add(bytes);
  }

  void append_to(std::vector<column>& block) {
    block.emplace_back(std::move(numbers));
    block.emplace_back(std::move(sequences));
    block.emplace_back(std::move(times));
    block.push_back(events.finish_blobs());
  }
};

constexpr auto insert_run
  = "INSERT INTO engine_runs (number, run_id, workflow_id, workflow_digest,"
    " priority, idempotency_key, submitted_by, parent_run, submitted_at,"
    " status, is_over, updated_at, reason, waiting_on, waiting_for, next_check)"
    " VALUES (?1, ?2, ?3, ?4, ?5, NULLIF(?6, ''), ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, ?16)";

constexpr auto update_run
  = "UPDATE engine_runs SET status = ?2, is_over = ?3, updated_at = ?4,"
    " reason = ?5, waiting_on = ?6, waiting_for = ?7, next_check = ?8"
    " WHERE number = ?1";

// The epoch is the same for all of them.
constexpr auto insert_history
  = "INSERT INTO engine_history (epoch, run, sequence, at, events)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

/// Appends columns to the block, and the statement that runs for each of their
/// rows.
template <class Columns>
messages::SqlStatement&
add_rows(Columns& from, const char* sql, runtime::write_request& to,
         std::vector<column>& block,
         const std::vector<runtime::sql_value>& parameters = {}) {
  auto indexes = std::vector<std::uint32_t>{};
  const auto first = block.size();
  from.append_to(block);
  for (auto i = first; i < block.size(); ++i)
    indexes.push_back(static_cast<std::uint32_t>(i));
  return runtime::add_row_statement(to.transaction, sql, indexes, parameters);
}

} // namespace

const runtime::migration_list& engine_schema() {
  static const auto schema = runtime::migration_list{
    {"engine", 1,
     // Times are microseconds since 1970, UTC.
     "CREATE TABLE engine_epochs ("
     " epoch INTEGER PRIMARY KEY,"
     " started_at INTEGER NOT NULL);"
     "CREATE TABLE engine_workflow_versions ("
     " digest INTEGER PRIMARY KEY,"
     " workflow_id TEXT NOT NULL,"
     " text TEXT NOT NULL,"
     " recorded_at INTEGER NOT NULL);"
     "CREATE TABLE engine_workflows ("
     " workflow_id TEXT PRIMARY KEY,"
     " digest INTEGER NOT NULL,"
     " applied_at INTEGER NOT NULL,"
     " applied_by TEXT NOT NULL);"
     "CREATE TABLE engine_runs ("
     " number INTEGER PRIMARY KEY,"
     " run_id TEXT NOT NULL UNIQUE,"
     " workflow_id TEXT NOT NULL,"
     " workflow_digest INTEGER NOT NULL,"
     " status TEXT NOT NULL,"
     " is_over INTEGER NOT NULL,"
     " priority INTEGER NOT NULL,"
     " idempotency_key TEXT UNIQUE,"
     " submitted_by TEXT NOT NULL,"
     " parent_run TEXT NOT NULL,"
     " submitted_at INTEGER NOT NULL,"
     " updated_at INTEGER NOT NULL,"
     " reason TEXT NOT NULL,"
     " waiting_on TEXT NOT NULL,"
     " waiting_for TEXT NOT NULL,"
     " next_check INTEGER NOT NULL);" // 0: as soon as something happens.
     "CREATE INDEX engine_runs_open ON engine_runs (number) WHERE is_over = 0;"
     "CREATE TABLE engine_history ("
     " run INTEGER NOT NULL,"
     " sequence INTEGER NOT NULL," // Of the last event in the row.
     " at INTEGER NOT NULL,"
     " epoch INTEGER NOT NULL,"
     " events BLOB NOT NULL,"
     " PRIMARY KEY (run, sequence)) WITHOUT ROWID"},
    dead_letter_schema().front(),
    guard_schema().front(),
    queue_schema().front(),
    retention_schema().front(),
    snapshot_schema().front(),
    blob_schema().front(),
    deadline_schema().front(),
    view_schema().front(),
    open_block_schema().front(),
  };
  return schema;
}

runtime::write_request claim_epoch(std::uint64_t epoch,
                                   runtime::clock::wall_time now) {
  auto request = runtime::write_request{};
  request.transaction.set_label("engine epoch");
  runtime::add_statement(
    request.transaction,
    "INSERT INTO engine_epochs (epoch, started_at) VALUES (?1, ?2)"
    " ON CONFLICT DO NOTHING",
    {static_cast<std::int64_t>(epoch), runtime::to_microseconds(now)})
    .set_expected_changes(1);
  return request;
}

runtime::write_request store_changes(const std::vector<run_change>& changes,
                                     const run_ledger& ledger) {
  auto request = runtime::write_request{};
  request.transaction.set_label("runs");
  // Nothing to write is nothing to commit.
  if (changes.empty())
    return request;
  auto started = new_run_columns{};
  auto changed = changed_run_columns{};
  auto history = history_columns{};
  auto blobs = blob_writer{};
  for (const auto& change : changes) {
    const auto& run = *ledger.find(change.number);
    if (change.is_new)
      started.add(change.number, run);
    else
      changed.add(change.number, run);
    history.add(change, run, blobs.take_out(change));
  }
  auto block = std::vector<column>{};
  const auto updates = static_cast<std::int64_t>(changed.numbers.size());
  if (!started.numbers.empty())
    add_rows(started, insert_run, request, block);
  if (updates != 0)
    add_rows(changed, update_run, request, block).set_expected_changes(updates);
  add_rows(history, insert_history, request, block,
           {static_cast<std::int64_t>(ledger.epoch())});
  add_snapshots(request.transaction, changes, ledger, blobs);
  blobs.append_to(request.transaction);
  add_deadlines(request.transaction, changes, ledger);
  request.rows = messages::column_block{std::move(block)};
  return request;
}

void free_key(messages::CommitTransaction& to, run_number number) {
  runtime::add_statement(
    to, "UPDATE engine_runs SET idempotency_key = NULL WHERE number = ?1",
    {number});
}

void add_version(messages::CommitTransaction& to, const pinned_workflow& of,
                 runtime::clock::wall_time now) {
  runtime::add_statement(
    to,
    "INSERT INTO engine_workflow_versions (digest, workflow_id, text,"
    " recorded_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    {to_key(of.digest), of.definition->id, canonical_json(*of.definition),
     runtime::to_microseconds(now)});
  add_version_parts(to, of);
}

void add_application(messages::CommitTransaction& to, const pinned_workflow& of,
                     const std::string& by, runtime::clock::wall_time now) {
  runtime::add_statement(
    to,
    "INSERT INTO engine_workflows (workflow_id, digest, applied_at,"
    " applied_by) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (workflow_id)"
    " DO UPDATE SET digest = excluded.digest, applied_at = excluded.applied_at,"
    " applied_by = excluded.applied_by",
    {of.definition->id, to_key(of.digest), runtime::to_microseconds(now), by});
}

} // namespace troupe::engine
