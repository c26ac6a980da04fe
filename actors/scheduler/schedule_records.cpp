#include "actors/scheduler/schedule_records.hpp"

#include "runtime/store/sealed_bytes.hpp"
#include "runtime/store/transactions.hpp"

#include <array>
#include <utility>

namespace troupe::scheduler {

using messages::column;
using messages::column_block;
using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

constexpr auto upsert_text
  = "INSERT INTO schedules (id, text, file, workflow, is_paused, pause_reason,"
    " waiting_on, next_check, active, held, fired, skipped, missed,"
    " failures_in_row, decided_until, epoch) VALUES (?1, ?2, ?3, ?4, 0, '', "
    "'', 0,"
    " 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (id) DO UPDATE SET"
    " text = excluded.text, file = excluded.file,"
    " workflow = excluded.workflow";

// The epoch is the same for all of them.
constexpr auto update_standing
  = "UPDATE schedules SET epoch = ?1, is_paused = ?3, pause_reason = ?4,"
    " waiting_on = ?5, next_check = ?6, active = ?7, held = ?8, fired = ?9,"
    " skipped = ?10, missed = ?11, failures_in_row = ?12, decided_until = ?13"
    " WHERE id = ?2";

constexpr auto insert_events
  = "INSERT INTO schedule_history (id, sequence, events) VALUES (?1, ?2, ?3)";

/// Rows of a history that go with one snapshot. More than come with it, so that
/// a history that was never trimmed gets short.
constexpr auto trimmed_max = std::int64_t{2'000};

constexpr auto schedule_columns
  = "SELECT id, text, file, workflow, is_paused, pause_reason, waiting_on,"
    " next_check, active, held, fired, skipped, missed, failures_in_row,"
    " decided_until FROM schedules ";

std::int64_t count(std::size_t number) {
  return static_cast<std::int64_t>(number);
}

/// Texts laid end to end, as a column has them.
struct text_rows {
  std::vector<std::uint32_t> offsets{0};
  std::string characters;

  void add(std::string_view text) {
    characters.append(text);
    offsets.push_back(static_cast<std::uint32_t>(characters.size()));
  }
};

/// How schedules stand, a row each, and what happened to them.
struct change_columns {
  text_rows ids;
  text_rows pause_reasons;
  text_rows waiting_on;
  std::array<std::vector<std::int64_t>, 9> numbers;
  text_rows history_ids;
  std::vector<std::int64_t> sequences;
  text_rows events;

  void add(const known_schedule& of);
  void add_events(const known_schedule& of, const std::string& bytes);
  column_block finish();
};

void change_columns::add(const known_schedule& of) {
  const auto& state = of.state;
  const auto waiting
    = scheduler::waiting_on(of.definition, of.recurrence, state);
  ids.add(of.definition.id);
  pause_reasons.add(state.pause_reason());
  waiting_on.add(to_string(waiting.on));
  const auto values = std::array<std::int64_t, 9>{
    state.is_paused() ? 1 : 0,
    waiting.next_check ? to_micros(*waiting.next_check) : 0,
    count(state.active().size()),
    count(state.held().size()),
    static_cast<std::int64_t>(state.fired_count()),
    static_cast<std::int64_t>(state.skipped_count()),
    static_cast<std::int64_t>(state.missed_count()),
    state.failures_in_row(),
    to_micros(state.decided_until())};
  for (std::size_t i = 0; i < values.size(); ++i)
    numbers[i].push_back(values[i]);
}

void change_columns::add_events(const known_schedule& of,
                                const std::string& bytes) {
  history_ids.add(of.definition.id);
  sequences.push_back(static_cast<std::int64_t>(of.state.sequence()));
  events.add(bytes);
}

column_block change_columns::finish() {
  auto block = std::vector<column>{};
  const auto add_text = [&](text_rows& from) {
    block.emplace_back(std::move(from.offsets), std::move(from.characters));
  };
  add_text(ids);
  block.emplace_back(std::move(numbers[0]));
  add_text(pause_reasons);
  add_text(waiting_on);
  for (std::size_t i = 1; i < numbers.size(); ++i)
    block.emplace_back(std::move(numbers[i]));
  add_text(history_ids);
  block.emplace_back(std::move(sequences));
  block.push_back(
    column::blobs(std::move(events.offsets), std::move(events.characters)));
  return column_block{std::move(block)};
}

/// Two snapshots stay: whoever cannot read the newer one has the older, and
/// what happened since. A bounded number of rows goes, however many there are.
void add_snapshot(messages::CommitTransaction& to, const known_schedule& of) {
  const auto& id = of.definition.id;
  const auto sequence = static_cast<std::int64_t>(of.state.sequence());
  const auto bytes = runtime::seal(of.state.to_snapshot().SerializeAsString());
  runtime::add_statement(
    to,
    "INSERT INTO schedule_snapshots (id, sequence, state) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (id, sequence) DO UPDATE SET state = excluded.state",
    {id, sequence, std::vector<std::uint8_t>{bytes.begin(), bytes.end()}});
  runtime::add_statement(
    to,
    "DELETE FROM schedule_history WHERE id = ?1 AND sequence IN (SELECT"
    " sequence FROM schedule_history WHERE id = ?1 AND sequence <= (SELECT"
    " max(sequence) FROM schedule_snapshots WHERE id = ?1 AND sequence < ?2)"
    " ORDER BY sequence LIMIT ?3)",
    {id, sequence, trimmed_max});
  runtime::add_statement(
    to,
    "DELETE FROM schedule_snapshots WHERE id = ?1 AND sequence < (SELECT"
    " max(sequence) FROM schedule_snapshots WHERE id = ?1 AND sequence < ?2)",
    {id, sequence});
}

recorded_schedule to_schedule(const sqlite_row& row) {
  auto schedule = recorded_schedule{};
  schedule.id = row.text(0);
  schedule.text.text = row.text(1);
  schedule.text.file = row.text(2);
  schedule.workflow = row.text(3);
  schedule.is_paused = row.integer(4) != 0;
  schedule.pause_reason = row.text(5);
  schedule.waiting_on = row.text(6);
  schedule.next_check = from_micros(row.integer(7));
  schedule.active = row.integer(8);
  schedule.held = row.integer(9);
  schedule.fired = row.integer(10);
  schedule.skipped = row.integer(11);
  schedule.missed = row.integer(12);
  schedule.failures_in_row = row.integer(13);
  schedule.decided_until = from_micros(row.integer(14));
  return schedule;
}

} // namespace

std::string_view to_string(schedule_waiting::reason on) noexcept {
  switch (on) {
    case schedule_waiting::reason::timer:
      return "timer";
    case schedule_waiting::reason::run:
      return "run";
    case schedule_waiting::reason::dependency:
      return "dependency";
    case schedule_waiting::reason::paused:
      return "paused";
    case schedule_waiting::reason::over:
      break;
  }
  return "over";
}

const runtime::migration_list& scheduler_schema() {
  static const auto schema = runtime::migration_list{
    {"scheduler", 1,
     // Times are microseconds since 1970, UTC.
     "CREATE TABLE schedules ("
     " id TEXT PRIMARY KEY,"
     " text TEXT NOT NULL,"
     " file TEXT NOT NULL,"
     " workflow TEXT NOT NULL,"
     " is_paused INTEGER NOT NULL,"
     " pause_reason TEXT NOT NULL,"
     " waiting_on TEXT NOT NULL,"
     " next_check INTEGER NOT NULL," // 0: as soon as something happens.
     " active INTEGER NOT NULL,"
     " held INTEGER NOT NULL,"
     " fired INTEGER NOT NULL,"
     " skipped INTEGER NOT NULL,"
     " missed INTEGER NOT NULL,"
     " failures_in_row INTEGER NOT NULL,"
     " decided_until INTEGER NOT NULL,"
     " epoch INTEGER NOT NULL);" // Of whoever wrote it last.
     "CREATE TABLE schedule_history ("
     " id TEXT NOT NULL,"
     " sequence INTEGER NOT NULL," // Of the last event in the row.
     " events BLOB NOT NULL,"
     " PRIMARY KEY (id, sequence)) WITHOUT ROWID"},
    {"scheduler", 2,
     "CREATE TABLE schedule_snapshots ("
     " id TEXT NOT NULL,"
     " sequence INTEGER NOT NULL," // Of the last event that is in it.
     " state BLOB NOT NULL," // A sealed ScheduleSnapshot.
     " PRIMARY KEY (id, sequence)) WITHOUT ROWID"},
  };
  return schema;
}

runtime::write_request
store_changes(const std::vector<schedule_change>& changes,
              const schedule_book& book, std::uint64_t epoch) {
  auto request = runtime::write_request{};
  auto& transaction = request.transaction;
  transaction.set_label("schedules");
  auto columns = change_columns{};
  for (const auto& change : changes) {
    if (change.is_removed) {
      runtime::add_statement(transaction, "DELETE FROM schedules WHERE id = ?1",
                             {change.id});
      runtime::add_statement(
        transaction, "DELETE FROM schedule_history WHERE id = ?1", {change.id});
      runtime::add_statement(transaction,
                             "DELETE FROM schedule_snapshots WHERE id = ?1",
                             {change.id});
    }
    const auto* of = book.find(change.id);
    if (of == nullptr)
      continue;
    if (change.has_text)
      runtime::add_statement(transaction, upsert_text,
                             {change.id, of->text.text, of->text.file,
                              of->definition.workflow});
    columns.add(*of);
    if (!change.events.empty())
      columns.add_events(*of, change.events);
  }
  if (columns.ids.offsets.size() > 1)
    runtime::add_row_statement(transaction, update_standing,
                               {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                               {static_cast<std::int64_t>(epoch)});
  if (!columns.sequences.empty())
    runtime::add_row_statement(transaction, insert_events, {12, 13, 14});
  for (const auto& change : changes)
    if (const auto* of = book.find(change.id);
        of != nullptr && change.has_snapshot)
      add_snapshot(transaction, *of);
  request.rows = columns.finish();
  return request;
}

recorded_schedules::recorded_schedules(runtime::snapshot_reader reader)
  : reader_{std::move(reader)} {}

outcome<recorded_schedules> recorded_schedules::open(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  return recorded_schedules{std::move(*reader)};
}

outcome<bool> recorded_schedules::has_any() {
  return reader_.has_table("schedules");
}

outcome<std::vector<recorded_schedule>>
recorded_schedules::select(const std::string& condition,
                           const std::vector<sql_value>& parameters) {
  auto found = std::vector<recorded_schedule>{};
  auto read = reader_.query(schedule_columns + condition + " ORDER BY id",
                            parameters, [&](const sqlite_row& row) {
                              found.push_back(to_schedule(row));
                            });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<std::vector<recorded_schedule>> recorded_schedules::list() {
  return select("", {});
}

outcome<recorded_schedule> recorded_schedules::find(const std::string& id) {
  auto found = select("WHERE id = ?1", {id});
  if (!found)
    return fail(found.error());
  if (found->empty())
    return fail(problem_kind::not_found, "there is no schedule " + id,
                "list them with troupe schedule list");
  return std::move(found->front());
}

outcome<std::vector<messages::ScheduleEvent>>
recorded_schedules::history(const std::string& id, std::uint64_t behind) {
  auto all = std::vector<messages::ScheduleEvent>{};
  auto is_whole = true;
  const auto parameters
    = std::vector<sql_value>{id, static_cast<std::int64_t>(behind)};
  auto read = reader_.query(
    "SELECT events FROM schedule_history WHERE id = ?1 AND sequence > ?2"
    " ORDER BY sequence",
    parameters, [&](const sqlite_row& row) {
      const auto bytes = row.blob(0);
      auto events = messages::ScheduleEvents{};
      is_whole
        &= events.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      for (auto& event : *events.mutable_events())
        all.push_back(std::move(event));
    });
  if (!read)
    return fail(read.error());
  if (!is_whole)
    return fail(problem_kind::failed,
                "an event of schedule " + id + " cannot be decoded",
                "the history is broken: remove the schedule and add it anew");
  return all;
}

/// Newest first; nothing in the place of one that cannot be read.
outcome<std::vector<std::optional<schedule_state>>>
recorded_schedules::snapshots(const std::string& id) {
  auto found = std::vector<std::optional<schedule_state>>{};
  const auto parameters = std::vector<sql_value>{id};
  auto read = reader_.query(
    "SELECT state FROM schedule_snapshots WHERE id = ?1 ORDER BY sequence DESC",
    parameters, [&](const sqlite_row& row) {
      const auto bytes = runtime::unseal(row.blob(0));
      auto snapshot = messages::ScheduleSnapshot{};
      found.emplace_back();
      if (bytes
          && snapshot.ParseFromArray(bytes->data(),
                                     static_cast<int>(bytes->size())))
        found.back() = schedule_state::from_snapshot(snapshot);
    });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<folded_schedule> recorded_schedules::fold(const std::string& id) {
  auto known = snapshots(id);
  if (!known)
    return fail(known.error());
  auto result = folded_schedule{};
  for (auto& each : *known) {
    if (each) {
      result.snapshot = each->sequence();
      result.state = std::move(*each);
      break;
    }
    ++result.broken;
  }
  const auto events = history(id, result.snapshot);
  if (!events)
    return fail(events.error());
  result.events = events->size();
  for (const auto& event : *events)
    if (auto applied = result.state.apply(event); !applied)
      return fail(applied.error());
  return result;
}

outcome<std::uint64_t> recorded_schedules::last_epoch() {
  auto epoch = std::uint64_t{0};
  auto read = reader_.query("SELECT coalesce(max(epoch), 0) FROM schedules", {},
                            [&](const sqlite_row& row) {
                              epoch
                                = static_cast<std::uint64_t>(row.integer(0));
                            });
  if (!read)
    return fail(read.error());
  return epoch;
}

} // namespace troupe::scheduler
