#include "actors/engine/recorded_runs.hpp"

#include "actors/engine/workflow_file.hpp"

#include <google/protobuf/arena.h>

#include <charconv>
#include <utility>

namespace troupe::engine {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;
using runtime::sql_value;
using runtime::sqlite_row;

namespace {

/// Workflows kept at most; beyond that all are read anew.
constexpr auto versions_max = std::size_t{1'000};

constexpr auto run_columns
  = "SELECT number, run_id, workflow_id, workflow_digest, status, is_over,"
    " submitted_by, parent_run, submitted_at, updated_at, reason, waiting_on,"
    " waiting_for, next_check FROM engine_runs ";

recorded_run to_run(const sqlite_row& row) {
  auto run = recorded_run{};
  run.number = row.integer(0);
  run.run_id = row.text(1);
  run.workflow_id = row.text(2);
  run.workflow_digest = static_cast<std::uint64_t>(row.integer(3));
  run.status = row.text(4);
  run.is_over = row.integer(5) != 0;
  run.submitted_by = row.text(6);
  run.parent_run = row.text(7);
  run.submitted_at = runtime::from_microseconds(row.integer(8));
  run.updated_at = runtime::from_microseconds(row.integer(9));
  run.reason = row.text(10);
  run.waiting_on = row.text(11);
  run.waiting_for = row.text(12);
  run.next_check = runtime::from_microseconds(row.integer(13));
  return run;
}

auto no_such_run(std::string_view name) {
  return fail(problem_kind::not_found, "no run " + std::string{name},
              "list them with troupe run list");
}

auto broken(std::string what) {
  return fail(problem_kind::failed, std::move(what),
              "the history is broken: run troupe doctor");
}

/// Appends the events of one row. False if they cannot be decoded.
bool append_events(std::vector<messages::RunEvent>& to, const sqlite_row& row,
                   std::size_t column) {
  const auto bytes = row.blob(column);
  auto events = messages::RunEvents{};
  if (!events.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return false;
  for (auto& event : *events.mutable_events())
    to.push_back(std::move(event));
  return true;
}

/// Lets the events of one row happen; their memory is the arena's.
outcome<void> apply_row(run_state& run, const sqlite_row& row,
                        std::size_t column, google::protobuf::Arena& arena) {
  arena.Reset();
  auto& events
    = *google::protobuf::Arena::CreateMessage<messages::RunEvents>(&arena);
  const auto bytes = row.blob(column);
  if (!events.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(problem_kind::failed, "an event cannot be decoded");
  for (const auto& event : events.events())
    if (auto applied = run.apply(event); !applied)
      return applied;
  return {};
}

outcome<std::unique_ptr<run_state>>
fold_events(const pinned_workflow& of,
            const std::vector<messages::RunEvent>& history) {
  auto run = std::make_unique<run_state>(of.definition);
  for (const auto& event : history)
    if (auto applied = run->apply(event); !applied)
      return fail(applied.error());
  static_cast<void>(run->take_touched());
  return run;
}

} // namespace

recorded_runs::recorded_runs(runtime::snapshot_reader reader)
  : reader_{std::move(reader)} {}

outcome<recorded_runs> recorded_runs::open(const std::string& path) {
  auto reader = runtime::snapshot_reader::open(path);
  if (!reader)
    return fail(reader.error());
  return recorded_runs{std::move(*reader)};
}

outcome<bool> recorded_runs::has_any() {
  return reader_.has_table("engine_runs");
}

outcome<std::vector<recorded_run>>
recorded_runs::select(const std::string& condition,
                      const std::vector<sql_value>& parameters,
                      std::size_t limit) {
  auto runs = std::vector<recorded_run>{};
  auto read = reader_.query(
    run_columns + condition + " ORDER BY number DESC LIMIT "
      + std::to_string(limit),
    parameters, [&](const sqlite_row& row) { runs.push_back(to_run(row)); });
  if (!read)
    return fail(read.error());
  return runs;
}

outcome<std::vector<recorded_run>>
recorded_runs::list(const run_filter& filter) {
  auto condition = std::string{};
  auto parameters = std::vector<sql_value>{};
  const auto restrict = [&](const char* column,
                            const std::optional<std::string>& value) {
    if (!value)
      return;
    parameters.emplace_back(*value);
    condition += (condition.empty() ? "WHERE " : " AND ") + std::string{column}
                 + " = ?" + std::to_string(parameters.size());
  };
  restrict("status", filter.status);
  restrict("workflow_id", filter.workflow_id);
  if (filter.before) {
    parameters.emplace_back(*filter.before);
    condition += (condition.empty() ? "WHERE number < ?" : " AND number < ?")
                 + std::to_string(parameters.size());
  }
  return select(condition, parameters, filter.limit);
}

outcome<recorded_run> recorded_runs::find(std::string_view name) {
  constexpr auto prefix_min = std::size_t{8};
  auto condition = std::string{"WHERE run_id = ?1"};
  auto parameters = std::vector<sql_value>{std::string{name}};
  auto number = run_number{0};
  const auto read
    = std::from_chars(name.data(), name.data() + name.size(), number);
  if (name == "latest") {
    condition.clear();
    parameters.clear();
    const auto newest = select(condition, parameters, 1);
    if (!newest)
      return fail(newest.error());
    return newest->empty() ? outcome<recorded_run>{no_such_run(name)}
                           : outcome<recorded_run>{newest->front()};
  }
  if (read.ec == std::errc{} && read.ptr == name.data() + name.size()
      && name.size() < prefix_min) {
    condition = "WHERE number = ?1";
    parameters = {number};
  } else if (name.size() >= prefix_min && name.size() < 36) {
    condition = "WHERE run_id >= ?1 AND run_id < ?2";
    parameters.emplace_back(std::string{name} + '~');
  }
  auto found = select(condition, parameters, 2);
  if (!found)
    return fail(found.error());
  if (found->empty())
    return no_such_run(name);
  if (found->size() > 1)
    return fail(problem_kind::conflict,
                "several runs begin with " + std::string{name},
                "write more of the id");
  return std::move(found->front());
}

outcome<std::vector<messages::RunEvent>>
recorded_runs::history(run_number run) {
  auto events = std::vector<messages::RunEvent>{};
  auto is_whole = true;
  const auto parameters = std::vector<sql_value>{run};
  auto read = reader_.query(
    "SELECT events FROM engine_history WHERE run = ?1 ORDER BY sequence",
    parameters,
    [&](const sqlite_row& row) { is_whole &= append_events(events, row, 0); });
  if (!read)
    return fail(read.error());
  if (!is_whole)
    return broken("an event of run " + std::to_string(run)
                  + " cannot be decoded");
  return events;
}

outcome<pinned_workflow> recorded_runs::version(std::uint64_t digest) {
  if (const auto known = versions_.find(digest); known != versions_.end())
    return known->second;
  auto text = std::optional<std::string>{};
  const auto parameters
    = std::vector<sql_value>{static_cast<std::int64_t>(digest)};
  auto read = reader_.query(
    "SELECT text FROM engine_workflow_versions WHERE digest = ?1", parameters,
    [&](const sqlite_row& row) { text = row.text(0); });
  if (!read)
    return fail(read.error());
  if (!text)
    return broken("the workflow of a run is not in the store");
  auto parsed = parse_workflow(*text, "stored workflow");
  if (!parsed)
    return fail(parsed.error().front());
  if (versions_.size() >= versions_max)
    versions_.clear();
  const auto result = pinned_workflow{
    std::make_shared<const workflow>(std::move(*parsed)), digest};
  versions_[digest] = result;
  return result;
}

outcome<std::vector<recorded_workflow>> recorded_runs::workflows() {
  auto found = std::vector<recorded_workflow>{};
  auto read = reader_.query(
    "SELECT workflow_id, digest, applied_at, applied_by FROM engine_workflows"
    " ORDER BY workflow_id",
    {}, [&](const sqlite_row& row) {
      found.push_back(
        {std::string{row.text(0)}, static_cast<std::uint64_t>(row.integer(1)),
         runtime::from_microseconds(row.integer(2)), std::string{row.text(3)}});
    });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<pinned_workflow> recorded_runs::newest(const std::string& workflow_id) {
  auto digest = std::optional<std::uint64_t>{};
  const auto parameters = std::vector<sql_value>{workflow_id};
  auto read = reader_.query(
    "SELECT digest FROM engine_workflows WHERE workflow_id = ?1", parameters,
    [&](const sqlite_row& row) {
      digest = static_cast<std::uint64_t>(row.integer(0));
    });
  if (!read)
    return fail(read.error());
  if (!digest)
    return fail(problem_kind::not_found, "there is no workflow " + workflow_id,
                "apply it with troupe workflow apply");
  return version(*digest);
}

outcome<std::unique_ptr<run_state>> recorded_runs::fold(run_number run,
                                                        std::uint64_t digest) {
  const auto of = version(digest);
  if (!of)
    return fail(of.error());
  const auto events = history(run);
  if (!events)
    return fail(events.error());
  return fold_events(*of, *events);
}

/// The versions that open runs have.
outcome<std::map<std::uint64_t, outcome<pinned_workflow>>>
recorded_runs::open_versions() {
  auto digests = std::vector<std::uint64_t>{};
  auto read = reader_.query(
    "SELECT DISTINCT workflow_digest FROM engine_runs WHERE is_over = 0", {},
    [&](const sqlite_row& row) {
      digests.push_back(static_cast<std::uint64_t>(row.integer(0)));
    });
  if (!read)
    return fail(read.error());
  auto found = std::map<std::uint64_t, outcome<pinned_workflow>>{};
  for (const auto digest : digests)
    found.emplace(digest, version(digest));
  return found;
}

outcome<void> recorded_runs::for_each_open(
  const std::function<void(run_number, std::unique_ptr<run_state>)>& handle,
  const std::function<void(run_number, const runtime::problem&)>& set_aside) {
  const auto versions = open_versions();
  if (!versions)
    return fail(versions.error());
  auto number = run_number{0};
  auto run = std::unique_ptr<run_state>{};
  const auto finish = [&] {
    if (!run)
      return;
    static_cast<void>(run->take_touched());
    handle(number, std::move(run));
  };
  const auto give_up = [&](const runtime::problem& reason) {
    set_aside(number, reason);
    run.reset();
  };
  auto arena = google::protobuf::Arena{};
  return reader_
    .query("SELECT r.number, r.workflow_digest, h.events FROM engine_runs r"
           " JOIN engine_history h ON h.run = r.number WHERE r.is_over = 0"
           " ORDER BY r.number, h.sequence",
           {},
           [&](const sqlite_row& row) {
             if (row.integer(0) != number) {
               finish();
               number = row.integer(0);
               const auto& of
                 = versions->at(static_cast<std::uint64_t>(row.integer(1)));
               if (!of)
                 return give_up(of.error());
               run = std::make_unique<run_state>(of->definition);
             }
             if (!run)
               return;
             if (auto applied = apply_row(*run, row, 2, arena); !applied)
               give_up(applied.error());
           })
    .map([&] { finish(); });
}

outcome<std::optional<submitted_run>>
recorded_runs::find_key(const std::string& idempotency_key) {
  auto found = std::optional<submitted_run>{};
  const auto parameters = std::vector<sql_value>{idempotency_key};
  auto read = reader_.query(
    // The second is of runs that are gone.
    "SELECT run_id, number FROM engine_runs WHERE idempotency_key = ?1 UNION"
    " ALL SELECT run_id, run FROM engine_kept_keys WHERE idempotency_key = ?1"
    " LIMIT 1",
    parameters, [&](const sqlite_row& row) {
      found = submitted_run{std::string{row.text(0)}, row.integer(1), true};
    });
  if (!read)
    return fail(read.error());
  return found;
}

outcome<std::int64_t> recorded_runs::number_from(const std::string& sql) {
  auto number = std::int64_t{0};
  auto read = reader_.query(sql, {}, [&](const sqlite_row& row) {
    number = row.integer(0);
  });
  if (!read)
    return fail(read.error());
  return number;
}

outcome<run_number> recorded_runs::last_number() {
  return number_from("SELECT coalesce(max(number), 0) FROM engine_runs");
}

outcome<std::int64_t> recorded_runs::orphans() {
  // Those of runs that are being deleted are on their way.
  const auto may_prune = reader_.has_table("engine_pruned");
  if (!may_prune)
    return fail(may_prune.error());
  return number_from(
    std::string{"SELECT count(*) FROM engine_history WHERE run NOT IN"
                " (SELECT number FROM engine_runs)"}
    + (*may_prune ? " AND run NOT IN (SELECT run FROM engine_pruned)" : ""));
}

outcome<std::uint64_t> recorded_runs::last_epoch() {
  const auto epoch
    = number_from("SELECT coalesce(max(epoch), 0) FROM engine_epochs");
  if (!epoch)
    return fail(epoch.error());
  return static_cast<std::uint64_t>(*epoch);
}

} // namespace troupe::engine
