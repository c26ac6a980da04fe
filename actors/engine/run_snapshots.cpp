#include "actors/engine/run_snapshots.hpp"

#include "messages/run_snapshot.pb.h"
#include "runtime/store/sealed_bytes.hpp"
#include "runtime/store/transactions.hpp"

#include <utility>

namespace troupe::engine {

using runtime::outcome;

namespace {

void add_snapshot(messages::CommitTransaction& to, const run_change& change,
                  const run_state& run, blob_writer& blobs) {
  auto snapshot = run.to_snapshot();
  blobs.take_out(change.number, snapshot);
  const auto bytes = runtime::seal(snapshot.SerializeAsString());
  runtime::add_statement(
    to,
    "INSERT INTO engine_snapshots (run, sequence, state) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (run) DO UPDATE SET sequence = excluded.sequence,"
    " state = excluded.state",
    {change.number, static_cast<std::int64_t>(change.last_sequence),
     std::vector<std::uint8_t>{bytes.begin(), bytes.end()}});
}

} // namespace

const runtime::migration_list& snapshot_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_snapshots", 1,
     "CREATE TABLE engine_snapshots ("
     " run INTEGER PRIMARY KEY,"
     " sequence INTEGER NOT NULL," // Of the last event that is in it.
     " state BLOB NOT NULL)"}, // A sealed RunSnapshot.
  };
  return schema;
}

void add_snapshots(messages::CommitTransaction& to,
                   const std::vector<run_change>& changes,
                   const run_ledger& ledger, blob_writer& blobs) {
  for (const auto& change : changes)
    switch (change.snapshot) {
      case snapshot_change::none:
        break;
      case snapshot_change::store:
        add_snapshot(to, change, *ledger.find(change.number), blobs);
        break;
      case snapshot_change::drop:
        runtime::add_statement(
          to, "DELETE FROM engine_snapshots WHERE run = ?1", {change.number});
        break;
    }
}

outcome<std::unique_ptr<run_state>>
read_snapshot(std::span<const std::uint8_t> stored,
              std::shared_ptr<const workflow> of, const blob_source& blobs) {
  const auto bytes = runtime::unseal(stored);
  auto snapshot = messages::RunSnapshot{};
  if (!bytes
      || !snapshot.ParseFromArray(bytes->data(),
                                  static_cast<int>(bytes->size())))
    return runtime::fail(runtime::problem_kind::failed,
                         "a snapshot is damaged");
  if (auto whole = put_back(snapshot, blobs); !whole)
    return runtime::fail(whole.error());
  return run_state::from_snapshot(std::move(of), snapshot);
}

} // namespace troupe::engine
