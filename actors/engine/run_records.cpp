#include "actors/engine/run_records.hpp"

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

/// The columns of engine_runs and, behind them, those of engine_history.
struct change_rows {
  std::vector<std::int64_t> numbers;
  text_rows run_ids;
  text_rows workflow_ids;
  std::vector<std::int64_t> digests;
  text_rows statuses;
  std::vector<std::int64_t> are_over;
  std::vector<std::int64_t> priorities;
  text_rows idempotency_keys;
  text_rows submitters;
  text_rows parents;
  std::vector<std::int64_t> submitted;
  std::vector<std::int64_t> updated;
  text_rows reasons;
  text_rows waiting_on;
  text_rows waiting_for;
  std::vector<std::int64_t> next_checks;
  std::vector<std::int64_t> sequences;
  std::vector<std::int64_t> epochs;
  text_rows events;

  void add(const run_change& change, const run_state& run);
  void add_standing(const run_state& run);
  messages::column_block finish();
};

void change_rows::add(const run_change& change, const run_state& run) {
  const auto& submission = run.submission();
  numbers.push_back(change.number);
  run_ids.add(submission.run_id());
  workflow_ids.add(submission.workflow_id());
  digests.push_back(to_key(submission.workflow_digest()));
  priorities.push_back(submission.priority());
  idempotency_keys.add(submission.idempotency_key());
  submitters.add(submission.by());
  parents.add(submission.parent_run());
  submitted.push_back(runtime::to_microseconds(run.submitted_at()));
  add_standing(run);
  const auto& last = *change.events->events().rbegin();
  sequences.push_back(static_cast<std::int64_t>(last.sequence()));
  epochs.push_back(static_cast<std::int64_t>(last.epoch()));
  events.add(change.events->SerializeAsString());
}

void change_rows::add_standing(const run_state& run) {
  const auto is_done = is_over(run.status());
  statuses.add(to_string(run.status()));
  are_over.push_back(is_done ? 1 : 0);
  updated.push_back(runtime::to_microseconds(run.updated_at()));
  reasons.add(run.reason());
  const auto waiting = run.waiting_on();
  waiting_on.add(waiting ? to_string(waiting->what) : "");
  waiting_for.add(waiting ? std::string_view{waiting->detail} : "");
  next_checks.push_back(waiting ? runtime::to_microseconds(waiting->next_check)
                                : 0);
}

messages::column_block change_rows::finish() {
  return messages::column_block{{
    column{std::move(numbers)},
    run_ids.finish(),
    workflow_ids.finish(),
    column{std::move(digests)},
    statuses.finish(),
    column{std::move(are_over)},
    column{std::move(priorities)},
    idempotency_keys.finish(),
    submitters.finish(),
    parents.finish(),
    column{std::move(submitted)},
    column{std::move(updated)},
    reasons.finish(),
    waiting_on.finish(),
    waiting_for.finish(),
    column{std::move(next_checks)},
    column{std::move(sequences)},
    column{std::move(epochs)},
    events.finish_blobs(),
  }};
}

constexpr auto upsert_run
  = "INSERT INTO engine_runs (number, run_id, workflow_id, workflow_digest,"
    " status, is_over, priority, idempotency_key, submitted_by, parent_run,"
    " submitted_at, updated_at, reason, waiting_on, waiting_for, next_check)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULLIF(?8, ''), ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, ?16)"
    " ON CONFLICT (number) DO UPDATE SET status = excluded.status,"
    " is_over = excluded.is_over, updated_at = excluded.updated_at,"
    " reason = excluded.reason, waiting_on = excluded.waiting_on,"
    " waiting_for = excluded.waiting_for, next_check = excluded.next_check";

constexpr auto insert_history
  = "INSERT INTO engine_history (run, sequence, at, epoch, events)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

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
  auto rows = change_rows{};
  for (const auto& change : changes)
    rows.add(change, *ledger.find(change.number));
  request.rows = rows.finish();
  runtime::add_row_statement(request.transaction, upsert_run,
                             {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                              15});
  // The event's time is that of the run's last change.
  runtime::add_row_statement(request.transaction, insert_history,
                             {0, 16, 11, 17, 18});
  return request;
}

void add_version(messages::CommitTransaction& to, const pinned_workflow& of,
                 runtime::clock::wall_time now) {
  runtime::add_statement(
    to,
    "INSERT INTO engine_workflow_versions (digest, workflow_id, text,"
    " recorded_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    {to_key(of.digest), of.definition->id, canonical_json(*of.definition),
     runtime::to_microseconds(now)});
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
