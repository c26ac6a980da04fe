#include "actors/engine/recorded_runs.hpp"

#include "actors/engine/run_blobs.hpp"
#include "actors/engine/run_snapshots.hpp"
#include "actors/engine/workflow_file.hpp"

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
    " waiting_for, next_check, ";

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
  run.deadline_at = runtime::from_microseconds(row.integer(14));
  run.deadline = row.text(15);
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

recorded_runs::recorded_runs(runtime::snapshot_reader reader,
                             bool has_deadlines)
  : reader_{std::move(reader)}, has_deadlines_{has_deadlines} {}

outcome<recorded_runs> recorded_runs::open(const std::string& path,
                                           runtime::read_patience patience) {
  auto reader = runtime::snapshot_reader::open(path, patience);
  if (!reader)
    return fail(reader.error());
  const auto has_deadlines = reader->has_table("engine_deadlines");
  if (!has_deadlines)
    return fail(has_deadlines.error());
  return recorded_runs{std::move(*reader), *has_deadlines};
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
    std::string{run_columns}
      + (has_deadlines_ ? "coalesce(deadline_at, 0), coalesce(said, '') FROM"
                          " engine_runs LEFT JOIN engine_deadlines ON run ="
                          " number "
                        : "0, '' FROM engine_runs ")
      + condition + " ORDER BY number DESC LIMIT " + std::to_string(limit),
    parameters, [&](const sqlite_row& row) { runs.push_back(to_run(row)); });
  if (!read)
    return fail(read.error());
  if (auto marked = mark_set_aside(runs); !marked)
    return fail(marked.error());
  return runs;
}

outcome<void> recorded_runs::mark_set_aside(std::vector<recorded_run>& runs) {
  const auto marks = set_aside();
  if (!marks)
    return fail(marks.error());
  for (auto& run : runs)
    if (const auto found = marks->find(run.number);
        found != marks->end() && !run.is_over)
      run.set_aside = found->second;
  return {};
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
  const auto compare = [&](const char* comparison, std::int64_t value) {
    parameters.emplace_back(value);
    condition += (condition.empty() ? "WHERE " : " AND ")
                 + std::string{comparison} + std::to_string(parameters.size());
  };
  if (filter.before)
    compare("number < ?", *filter.before);
  if (filter.since)
    compare("submitted_at >= ?", runtime::to_microseconds(*filter.since));
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
  for (auto& event : events)
    if (auto whole = put_back(
          event, [this](const std::string& digest) { return blob(digest); });
        !whole)
      return fail(whole.error());
  return events;
}

/// What was stored apart.
outcome<std::string> recorded_runs::blob(const std::string& digest) {
  auto contents = std::optional<std::string>{};
  const auto parameters = std::vector<sql_value>{
    std::vector<std::uint8_t>{digest.begin(), digest.end()}};
  auto read = reader_.query("SELECT bytes FROM engine_blobs WHERE digest = ?1",
                            parameters, [&](const sqlite_row& row) {
                              const auto bytes = row.blob(0);
                              contents.emplace(bytes.begin(), bytes.end());
                            });
  if (!read)
    return fail(read.error());
  if (!contents)
    return broken("a payload of the run is not in the store");
  if (auto sound = check_blob(*contents, digest); !sound)
    return fail(sound.error());
  return std::move(*contents);
}

/// Lets the events of one row happen; their memory is the arena's.
outcome<void> recorded_runs::apply_row(run_state& run,
                                       std::span<const std::uint8_t> bytes,
                                       google::protobuf::Arena& arena) {
  arena.Reset();
  auto& events
    = *google::protobuf::Arena::CreateMessage<messages::RunEvents>(&arena);
  if (!events.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(problem_kind::failed, "an event cannot be decoded");
  const auto source
    = [this](const std::string& digest) { return blob(digest); };
  for (auto& event : *events.mutable_events()) {
    if (auto whole = put_back(event, source); !whole)
      return whole;
    if (auto applied = run.apply(event); !applied)
      return applied;
  }
  return {};
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
outcome<recorded_runs::version_map>
recorded_runs::open_versions(const run_range& in) {
  auto digests = std::vector<std::uint64_t>{};
  auto read = reader_.query(
    "SELECT DISTINCT workflow_digest FROM engine_runs"
    " WHERE number BETWEEN ?1 AND ?2 AND is_over = 0",
    std::vector<sql_value>{in.first, in.last}, [&](const sqlite_row& row) {
      digests.push_back(static_cast<std::uint64_t>(row.integer(0)));
    });
  if (!read)
    return fail(read.error());
  auto found = version_map{};
  for (const auto digest : digests)
    found.emplace(digest, version(digest));
  return found;
}

/// Runs as their snapshots have them. In the place of one that cannot be read,
/// as the whole history makes it, which is not read twice; null if that is
/// broken, too.
outcome<std::map<run_number, std::unique_ptr<run_state>>>
recorded_runs::open_snapshots(const run_range& in, const version_map& versions,
                              const problem_handler& ignore) {
  auto found = std::map<run_number, std::unique_ptr<run_state>>{};
  auto unreadable = std::map<run_number, std::uint64_t>{};
  auto read = reader_.query(
    "SELECT s.run, r.workflow_digest, s.state FROM engine_snapshots s"
    " JOIN engine_runs r ON r.number = s.run"
    " WHERE r.number BETWEEN ?1 AND ?2 AND r.is_over = 0",
    std::vector<sql_value>{in.first, in.last}, [&](const sqlite_row& row) {
      const auto digest = static_cast<std::uint64_t>(row.integer(1));
      const auto& of = versions.at(digest);
      if (!of)
        return; // There is nothing to make the run of.
      auto run = read_snapshot(row.blob(2), of->definition,
                               [this](const std::string& wanted) {
                                 return blob(wanted);
                               });
      if (run) {
        found.emplace(row.integer(0), std::move(*run));
        return;
      }
      ignore(row.integer(0), run.error());
      unreadable.emplace(row.integer(0), digest);
    });
  if (!read)
    return fail(read.error());
  for (const auto& [number, digest] : unreadable) {
    auto run = fold(number, digest);
    found.emplace(number, run ? std::move(*run) : nullptr);
  }
  return found;
}

outcome<void> recorded_runs::for_each_open(
  const std::function<void(run_number, std::unique_ptr<run_state>)>& handle,
  const problem_handler& set_aside, const problem_handler& ignore) {
  const auto ranges = read_open_ranges(reader_);
  if (!ranges)
    return fail(ranges.error());
  for (const auto& range : *ranges)
    if (auto done = for_each_open_in(range, handle, set_aside, ignore); !done)
      return done;
  return {};
}

outcome<void> recorded_runs::for_each_open_in(
  const run_range& in,
  const std::function<void(run_number, std::unique_ptr<run_state>)>& handle,
  const problem_handler& set_aside, const problem_handler& ignore) {
  const auto versions = open_versions(in);
  if (!versions)
    return fail(versions.error());
  auto begun = open_snapshots(in, *versions, ignore);
  if (!begun)
    return fail(begun.error());
  auto number = run_number{0};
  auto run = std::unique_ptr<run_state>{};
  const auto give_up = [&](const runtime::problem& reason) {
    set_aside(number, reason);
    run.reset();
  };
  const auto finish = [&] {
    if (run && run->sequence() == 0)
      give_up(broken("a run without a history").value());
    if (!run)
      return;
    static_cast<void>(run->take_touched());
    handle(number, std::move(run));
  };
  const auto begin = [&](const sqlite_row& row) {
    number = row.integer(0);
    const auto& of = versions->at(static_cast<std::uint64_t>(row.integer(1)));
    if (!of)
      return give_up(of.error());
    const auto known = begun->find(number);
    if (known == begun->end())
      run = std::make_unique<run_state>(of->definition);
    else if (known->second)
      run = std::move(known->second);
    else
      give_up(broken("its history cannot be folded").value());
  };
  auto arena = google::protobuf::Arena{};
  return reader_
    .query("SELECT r.number, r.workflow_digest, h.sequence, h.events"
           " FROM engine_runs r LEFT JOIN engine_snapshots s"
           " ON s.run = r.number LEFT JOIN engine_history h"
           " ON h.run = r.number AND h.sequence > coalesce(s.sequence, 0)"
           " WHERE r.number BETWEEN ?1 AND ?2 AND r.is_over = 0"
           " ORDER BY r.number, h.sequence",
           std::vector<sql_value>{in.first, in.last},
           [&](const sqlite_row& row) {
             if (row.integer(0) != number) {
               finish();
               begin(row);
             }
             const auto last = static_cast<std::uint64_t>(row.integer(2));
             if (!run || last <= run->sequence())
               return;
             if (auto applied = apply_row(*run, row.blob(3), arena); !applied)
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

} // namespace troupe::engine
