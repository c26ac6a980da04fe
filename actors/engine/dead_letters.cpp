#include "actors/engine/dead_letters.hpp"

#include "messages/engine.pb.h"
#include "runtime/store/transactions.hpp"

#include <charconv>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using runtime::sql_value;

namespace {

constexpr auto insert_letter
  = "INSERT INTO engine_dead_letters (run, sequence, run_id, workflow_id, step,"
    " item, compensation, attempts, kind, message, at, state, changed_at,"
    " changed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'open',"
    " ?11, '')";

/// What is too old, or more than is kept.
constexpr auto surplus
  = " at < ?1 OR (at, run, sequence) < (SELECT at, run, sequence FROM"
    " engine_dead_letters ORDER BY at DESC, run DESC, sequence DESC LIMIT 1"
    " OFFSET ?2)";

constexpr auto letter_columns
  = "SELECT run, sequence, run_id, workflow_id, step, item, compensation,"
    " attempts, kind, message, at, state, changed_at, changed_by"
    " FROM engine_dead_letters";

/// Only such a run can have anything that is not tried again.
bool has_trouble(const run_state& run) {
  return run.failed_steps() != 0 || run.failed_undos() != 0
         || (run.is_cancelling() && run.cancellation()->timed_out());
}

bool is_dead(const messages::RunEvent& event) {
  return (event.has_failed() && event.failed().last())
         || (event.has_cancel_requested()
             && event.cancel_requested().timed_out());
}

void add_letter(messages::CommitTransaction& to, run_number number,
                const run_state& run, const messages::RunEvent& event) {
  auto step = std::string{};
  auto key = task_key{};
  auto attempts = std::int64_t{0};
  auto kind = std::string{"run_timeout"};
  auto message = event.cancel_requested().reason();
  if (event.has_failed()) {
    const auto& task = event.failed().task();
    key = {task.step(), task.item(), task.compensation()};
    step = run.definition().steps[task.step()].id;
    if (const auto* work = run.find(key))
      attempts = work->attempts;
    kind = event.failed().error().kind();
    message = event.failed().error().message();
  }
  runtime::add_statement(
    to, insert_letter,
    {number, static_cast<std::int64_t>(event.sequence()),
     run.submission().run_id(), run.submission().workflow_id(), step,
     std::int64_t{key.item}, std::int64_t{key.compensation ? 1 : 0}, attempts,
     kind, message, event.at()});
}

dead_letter to_letter(const runtime::sqlite_row& row) {
  auto letter = dead_letter{};
  letter.run = row.integer(0);
  letter.sequence = static_cast<std::uint64_t>(row.integer(1));
  letter.run_id = row.text(2);
  letter.workflow_id = row.text(3);
  letter.step = row.text(4);
  letter.item = static_cast<std::uint32_t>(row.integer(5));
  letter.compensation = row.integer(6) != 0;
  letter.attempts = static_cast<std::uint32_t>(row.integer(7));
  letter.kind = row.text(8);
  letter.message = row.text(9);
  letter.at = runtime::from_microseconds(row.integer(10));
  letter.state = row.text(11);
  letter.changed_at = runtime::from_microseconds(row.integer(12));
  letter.changed_by = row.text(13);
  return letter;
}

} // namespace

std::string name_of(const dead_letter& letter) {
  return std::to_string(letter.run) + "-" + std::to_string(letter.sequence);
}

std::optional<messages::DropDeadLetters::Id>
parse_dead_letter_name(std::string_view name) {
  auto run = run_number{0};
  auto sequence = std::uint64_t{0};
  const auto* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, run);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-')
    return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, sequence);
  if (second.ec != std::errc{} || second.ptr != end)
    return std::nullopt;
  auto id = messages::DropDeadLetters::Id{};
  id.set_run(run);
  id.set_sequence(sequence);
  return id;
}

const runtime::migration_list& dead_letter_schema() {
  // A subsystem of its own: its versions depend on nobody else's.
  static const auto schema = runtime::migration_list{
    {"engine_dead_letters", 1,
     "CREATE TABLE engine_dead_letters ("
     " run INTEGER NOT NULL,"
     " sequence INTEGER NOT NULL," // The input follows from what is before it.
     " run_id TEXT NOT NULL,"
     " workflow_id TEXT NOT NULL,"
     " step TEXT NOT NULL,"
     " item INTEGER NOT NULL,"
     " compensation INTEGER NOT NULL,"
     " attempts INTEGER NOT NULL,"
     " kind TEXT NOT NULL,"
     " message TEXT NOT NULL,"
     " at INTEGER NOT NULL,"
     " state TEXT NOT NULL,"
     " changed_at INTEGER NOT NULL,"
     " changed_by TEXT NOT NULL,"
     " PRIMARY KEY (run, sequence));"
     "CREATE INDEX engine_dead_letters_age"
     " ON engine_dead_letters (at, run, sequence);"
     "CREATE TABLE engine_dead_letters_trimmed (trimmed INTEGER NOT NULL);"
     "INSERT INTO engine_dead_letters_trimmed (trimmed) VALUES (0)"},
  };
  return schema;
}

std::optional<int> add_dead_letters(messages::CommitTransaction& to,
                                    const std::vector<run_change>& changes,
                                    const run_ledger& ledger,
                                    const dead_letter_retention& keep,
                                    instant now) {
  const auto before = to.statements_size();
  for (const auto& change : changes) {
    const auto& run = *ledger.find(change.number);
    if (!has_trouble(run))
      continue;
    auto events = messages::RunEvents{};
    if (!events.ParseFromString(*change.events))
      continue;
    for (const auto& event : events.events())
      if (is_dead(event))
        add_letter(to, change.number, run, event);
  }
  if (to.statements_size() == before)
    return std::nullopt;
  const auto bounds = std::vector<sql_value>{
    runtime::to_microseconds(now - keep.age_max), keep.count_max - 1};
  runtime::add_statement(
    to,
    std::string{"UPDATE engine_dead_letters_trimmed SET trimmed = trimmed +"
                " (SELECT count(*) FROM engine_dead_letters WHERE"}
      + surplus + ")",
    bounds);
  runtime::add_statement(
    to, std::string{"DELETE FROM engine_dead_letters WHERE"} + surplus, bounds);
  return to.statements_size() - 1;
}

void add_replay(messages::CommitTransaction& to, run_number run,
                const std::string& step, const std::string& by, instant now) {
  runtime::add_statement(
    to,
    "UPDATE engine_dead_letters SET state = 'replayed', changed_at = ?3,"
    " changed_by = ?4 WHERE run = ?1 AND step = ?2 AND state = 'open'",
    {run, step, runtime::to_microseconds(now), by});
}

messages::CommitTransaction
drop_transaction(const messages::DropDeadLetters& wanted, instant now) {
  auto transaction = messages::CommitTransaction{};
  transaction.set_label("dead letters");
  for (const auto& id : wanted.ids())
    runtime::add_statement(
      transaction,
      "UPDATE engine_dead_letters SET state = 'dropped', changed_at = ?3,"
      " changed_by = ?4 WHERE run = ?1 AND sequence = ?2 AND state = 'open'",
      {std::int64_t{id.run()}, static_cast<std::int64_t>(id.sequence()),
       runtime::to_microseconds(now), wanted.by()});
  return transaction;
}

outcome<recorded_dead_letters>
recorded_dead_letters::open(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  const auto has_any = reader->has_table("engine_dead_letters");
  if (!has_any)
    return fail(has_any.error());
  if (!*has_any)
    return fail(problem_kind::not_found,
                "the store has no dead letters: " + path,
                "a server of this version makes room for them");
  return recorded_dead_letters{std::move(*reader)};
}

outcome<std::vector<dead_letter>>
recorded_dead_letters::list(const dead_letter_filter& filter) {
  auto found = std::vector<dead_letter>{};
  const auto parameters
    = std::vector<sql_value>{filter.workflow, filter.kind, filter.state,
                             runtime::to_microseconds(filter.since),
                             static_cast<std::int64_t>(filter.limit)};
  auto read = reader_.query(
    std::string{letter_columns}
      + " WHERE (?1 = '' OR workflow_id = ?1) AND (?2 = '' OR kind = ?2)"
        " AND (?3 = '' OR state = ?3) AND at >= ?4"
        " ORDER BY at DESC, run DESC, sequence DESC LIMIT ?5",
    parameters,
    [&](const runtime::sqlite_row& row) { found.push_back(to_letter(row)); });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<dead_letter> recorded_dead_letters::find(const std::string& name) {
  const auto id = parse_dead_letter_name(name);
  if (!id)
    return fail(problem_kind::invalid_input, "no id of a dead letter: " + name,
                "ids look like 12-34; list them with troupe dead-letter list");
  auto found = std::optional<dead_letter>{};
  const auto parameters = std::vector<sql_value>{
    std::int64_t{id->run()}, static_cast<std::int64_t>(id->sequence())};
  auto read = reader_.query(
    std::string{letter_columns} + " WHERE run = ?1 AND sequence = ?2",
    parameters,
    [&](const runtime::sqlite_row& row) { found = to_letter(row); });
  if (!read)
    return fail(read.error());
  if (!found)
    return fail(problem_kind::not_found, "no dead letter " + name,
                "list them with troupe dead-letter list");
  return std::move(*found);
}

outcome<std::int64_t> recorded_dead_letters::trimmed() {
  auto count = std::int64_t{0};
  auto read = reader_.query("SELECT trimmed FROM engine_dead_letters_trimmed",
                            {}, [&](const runtime::sqlite_row& row) {
                              count = row.integer(0);
                            });
  if (!read)
    return fail(read.error());
  return count;
}

} // namespace troupe::engine
